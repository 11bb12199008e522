//! The tasks of a call, of which the first may have been looked at.

use super::Delayed;

/// Tasks from `I`, in their order.
#[derive(Debug)]
pub(super) struct Looked<'a, R, I> {
    /// Taken already, by [`can_leave`](Self::can_leave).
    first: Option<Delayed<'a, R>>,
    rest: I,
}

impl<'a, R, I: Iterator<Item = Delayed<'a, R>>> Looked<'a, R, I> {
    pub(super) fn at(tasks: impl IntoIterator<IntoIter = I>) -> Self {
        Self { first: None, rest: tasks.into_iter() }
    }

    /// Whether the tasks can be sent elsewhere, as the first one tells: it is what all of a call are made by.
    pub(super) fn can_leave(&mut self) -> bool {
        self.first = self.rest.next();
        self.first.as_ref().is_none_or(|task| task.portable().is_some())
    }
}

impl<'a, R, I: Iterator<Item = Delayed<'a, R>>> Iterator for Looked<'a, R, I> {
    type Item = Delayed<'a, R>;

    fn next(&mut self) -> Option<Self::Item> {
        self.first.take().or_else(|| self.rest.next())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (least, most) = self.rest.size_hint();
        let first = usize::from(self.first.is_some());
        (least.saturating_add(first), most.and_then(|most| most.checked_add(first)))
    }
}
