//! The same calls for asynchronous callers: driven on larder's own threads, so that no executor is held up.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use tokio::sync::oneshot;

use super::cancel::{CancelGuard, CancelToken};
use super::iter::Start;
use super::lanes::Lease;
use super::options::Parallel;
use super::place::Place;
use super::stream::{Consumer, Numbered};
use super::task_error::TaskError;
use super::{Delayed, TryError, scope};
use crate::{Error, ErrorKind, Result};

impl Parallel {
    /// As [`run`](Self::run), without blocking. Any executor may poll this; dropping it cancels the call.
    ///
    /// ```
    /// use larder_core::{Parallel, delayed};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let squares = Parallel::new().run_async((0..4).map(|i| delayed(move || i * i))).await?;
    /// assert_eq!(squares, [0, 1, 4, 9]);
    /// # Ok::<(), larder_core::Error>(()) }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`run`](Self::run).
    ///
    /// # Panics
    /// As the iterator of tasks does.
    pub fn run_async<R, T>(
        &self,
        tasks: T,
    ) -> impl Future<Output = Result<Vec<R>>> + Send + use<R, T>
    where
        R: Send + 'static,
        T: IntoIterator<Item = Delayed<'static, R>, IntoIter: Send + 'static>,
    {
        let tasks = tasks.into_iter();
        self.elsewhere(move |parallel| parallel.run(tasks))
    }

    /// As [`run_each`](Self::run_each), without blocking. Dropping it cancels the call.
    ///
    /// # Errors
    /// As [`run_each`](Self::run_each).
    ///
    /// # Panics
    /// As the iterator of tasks does.
    pub fn run_each_async<R, T>(
        &self,
        tasks: T,
    ) -> impl Future<Output = Result<Vec<Result<R, TaskError>>>> + Send + use<R, T>
    where
        R: Send + 'static,
        T: IntoIterator<Item = Delayed<'static, R>, IntoIter: Send + 'static>,
    {
        let tasks = tasks.into_iter();
        self.elsewhere(move |parallel| parallel.run_each(tasks))
    }

    /// As [`try_run`](Self::try_run), without blocking. Dropping it cancels the call.
    ///
    /// # Errors
    /// As [`try_run`](Self::try_run).
    ///
    /// # Panics
    /// As the iterator of tasks does.
    pub fn try_run_async<V, E, T>(
        &self,
        tasks: T,
    ) -> impl Future<Output = Result<Vec<V>, TryError<E>>> + Send + use<V, E, T>
    where
        V: Send + 'static,
        E: Send + 'static,
        T: IntoIterator<Item = Delayed<'static, Result<V, E>>, IntoIter: Send + 'static>,
    {
        let tasks = tasks.into_iter();
        self.elsewhere(move |parallel| parallel.try_run(tasks))
    }

    /// As [`iter`](Self::iter), without blocking. Dropping it cancels the call, without waiting.
    ///
    /// # Errors
    /// As [`iter`](Self::iter).
    pub fn stream<R, T>(&self, tasks: T) -> Result<ResultStream<R>>
    where
        R: Send + 'static,
        T: IntoIterator<Item = Delayed<'static, R>, IntoIter: Send + 'static>,
    {
        Ok(ResultStream(self.consumer(tasks)?))
    }

    /// As [`iter_unordered`](Self::iter_unordered), without blocking. Dropping it cancels the call, without waiting.
    ///
    /// # Errors
    /// As [`iter`](Self::iter).
    pub fn stream_unordered<R, T>(&self, tasks: T) -> Result<UnorderedStream<R>>
    where
        R: Send + 'static,
        T: IntoIterator<Item = Delayed<'static, R>, IntoIter: Send + 'static>,
    {
        Ok(UnorderedStream(self.consumer(tasks)?))
    }

    fn consumer<R, T>(&self, tasks: T) -> Result<Consumer<R>>
    where
        R: Send + 'static,
        T: IntoIterator<Item = Delayed<'static, R>, IntoIter: Send + 'static>,
    {
        let start = Start::new(self, tasks)?;
        Ok(start.on(lane()?))
    }

    /// Makes the call on a thread of larder's once the future is first polled, with what is ambient here.
    fn elsewhere<O, E, F>(
        &self,
        call: F,
    ) -> impl Future<Output = Result<O, E>> + Send + use<O, E, F>
    where
        O: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnOnce(Self) -> Result<O, E> + Send + 'static,
    {
        let place = Place::carried();
        let token = CancelToken::new();
        // Where the options cannot be settled, the call says so.
        let outer = scope::settle(&self.options).ok().and_then(|settled| settled.cancel.clone());
        let mut parallel = self.clone();
        parallel.options.cancel = Some(token.clone());
        async move {
            let lane = lane()?;
            let _cancel = CancelOnDrop(token.clone());
            let _follow: Option<CancelGuard> =
                outer.map(|outer| outer.on_cancel(Box::new(move || token.cancel())));
            let (done, result) = oneshot::channel();
            lane.detach(move || {
                let result = catch_unwind(AssertUnwindSafe(|| place.within(|| call(parallel))));
                // Nobody waits any more when the future was dropped.
                let _ = done.send(result);
            });
            match result.await {
                Ok(result) => result.unwrap_or_else(|panic| resume_unwind(panic)),
                Err(_) => unreachable!("a job on a lane says how it ended"),
            }
        }
    }
}

fn lane() -> Result<Lease> {
    Lease::take(1).ok_or_else(|| {
        Error::new(
            ErrorKind::Unavailable,
            "the operating system gives no thread for a parallel call",
        )
    })
}

struct CancelOnDrop(CancelToken);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// The results of a call in the order of its tasks: what [`stream`](Parallel::stream) returns.
#[must_use = "a stream that nobody polls gives nothing"]
pub struct ResultStream<R>(Consumer<R>);

/// The results of a call as they come: what [`stream_unordered`](Parallel::stream_unordered) returns.
#[must_use = "a stream that nobody polls gives nothing"]
pub struct UnorderedStream<R>(Consumer<R>);

impl<R> Unpin for ResultStream<R> {}
impl<R> Unpin for UnorderedStream<R> {}

impl<R> Stream for ResultStream<R> {
    type Item = Result<R, TaskError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll(cx, true).map(|found| found.map(|(_, result)| result))
    }
}

impl<R> Stream for UnorderedStream<R> {
    type Item = Numbered<R>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll(cx, false)
    }
}

impl<R> fmt::Debug for ResultStream<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResultStream").finish_non_exhaustive()
    }
}

impl<R> fmt::Debug for UnorderedStream<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnorderedStream").finish_non_exhaustive()
    }
}
