//! Results one by one, as a consumer sees them.

use std::fmt;

use super::stream::{Consumer, Numbered};
use super::task_error::TaskError;

/// The results of a call in the order of its tasks, each as soon as it and all before it are there: what
/// [`iter`](super::Parallel::iter) returns. Dropped, it cancels the call and waits until nothing runs any more.
///
/// A failure is that of one task. An error of the call itself is the last item.
///
/// ```
/// use larder_core::{Parallel, delayed};
///
/// let squares = Parallel::new().iter((0u64..).map(|n| delayed(move || n * n)))?; // without end
/// let first: Vec<u64> = squares.take(4).collect::<Result<_, _>>()?;
/// assert_eq!(first, [0, 1, 4, 9]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Results<'a, R>(Inner<'a, R>);

/// The results of a call as they come, with the numbers of their tasks: what
/// [`iter_unordered`](super::Parallel::iter_unordered) returns. Dropped, it cancels the call and waits until nothing runs
/// any more.
pub struct Unordered<'a, R>(Inner<'a, R>);

pub(super) enum Inner<'a, R> {
    /// Each task runs when its result is asked for.
    Here(Box<dyn Iterator<Item = Numbered<R>> + Send + 'a>),
    Elsewhere(Consumer<R>),
}

impl<'a, R> Results<'a, R> {
    pub(super) fn new(inner: Inner<'a, R>) -> Self {
        Self(inner)
    }
}

impl<'a, R> Unordered<'a, R> {
    pub(super) fn new(inner: Inner<'a, R>) -> Self {
        Self(inner)
    }
}

impl<R> Inner<'_, R> {
    fn take(&mut self, in_order: bool) -> Option<Numbered<R>> {
        match self {
            Self::Here(results) => results.next(),
            Self::Elsewhere(consumer) => consumer.take(in_order),
        }
    }
}

impl<R> Iterator for Results<'_, R> {
    type Item = Result<R, TaskError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take(true).map(|(_, result)| result)
    }
}

impl<R> Iterator for Unordered<'_, R> {
    type Item = Numbered<R>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.take(false)
    }
}

impl<R> std::iter::FusedIterator for Results<'_, R> {}
impl<R> std::iter::FusedIterator for Unordered<'_, R> {}

impl<R> Drop for Inner<'_, R> {
    fn drop(&mut self) {
        if let Self::Elsewhere(consumer) = self {
            consumer.join();
        }
    }
}

impl<R> fmt::Debug for Results<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Results").finish_non_exhaustive()
    }
}

impl<R> fmt::Debug for Unordered<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unordered").finish_non_exhaustive()
    }
}
