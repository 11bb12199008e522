//! What a backend holds: some tasks of a call, and the duty to say what became of them.

use std::fmt;
use std::time::Duration;

use super::{Panic, PortableTask};
use crate::codec::Encoded;
use crate::{Error, Result};

/// Consecutive tasks of one call. Run them [here](Self::run_here), or send them elsewhere and [set](Self::set) what
/// became of each.
///
/// Dropping a batch delivers it to its call. A task of which nothing is known by then counts as cancelled.
pub struct Batch<'c>(Box<dyn BatchObject + 'c>);

/// What a backend says of one task.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// It returned this, [encoded](crate::codec::encode): what
    /// [`RegisteredTask::run`](super::tasks::RegisteredTask::run) made, put together by [`Encoded::new`] where it came
    /// from elsewhere.
    Returned(Encoded),
    /// It panicked.
    Panicked(Panic),
    /// It could not be sent, run or brought back; the worker lives.
    Failed(Error),
    /// It took longer than [allowed](super::Call::timeout).
    TimedOut,
    /// The worker it ran on is gone, for this reason. Not where it was ended because the call was cancelled: nothing is
    /// set of such a task.
    WorkerDied(String),
}

/// What [`try_next_batch`](super::Call::try_next_batch) found.
#[derive(Debug)]
pub enum Pull<'c> {
    /// Tasks.
    Batch(Batch<'c>),
    /// Nothing now: the waker will be woken.
    Later,
    /// Nothing any more.
    Done,
}

impl<'c> Batch<'c> {
    pub(super) fn new(batch: impl BatchObject + 'c) -> Self {
        Self(Box::new(batch))
    }

    /// The number of the first task, counted over the whole call.
    pub fn start(&self) -> usize {
        self.0.start()
    }

    /// How many tasks these are: at least 1.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Never.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Runs the tasks on this thread, but those whose outcome was [set](Self::set). The rest of the batch is left out when
    /// the call is cancelled, and goes back to the call when it takes much longer than expected. Panics are caught.
    pub fn run_here(mut self) {
        self.0.run_here();
    }

    /// Gives the tasks back to the call, but those whose outcome was [set](Self::set): whoever pulls next has them.
    pub fn give_back(mut self) {
        self.0.give_back();
    }

    /// Task `i` of this batch in the form that can be sent elsewhere; `None` for a closure.
    pub fn portable(&self, i: usize) -> Option<&dyn PortableTask> {
        self.0.portable(i)
    }

    /// Whether task `i` of this batch may run twice.
    pub fn is_repeatable(&self, i: usize) -> bool {
        self.0.is_repeatable(i)
    }

    /// Says what became of task `i` of this batch, counted from 0, run by the worker the batch was pulled for, on `host`
    /// (empty: this one).
    ///
    /// # Errors
    /// There is no task `i`, or its outcome was set before; [`run`](super::ParallelBackend::run) ends with this error
    /// even when it is ignored here.
    pub fn set(&mut self, i: usize, outcome: Outcome, host: &str) -> Result<()> {
        self.0.set(i, outcome, host)
    }

    /// Says how long the whole batch took, sending included: the next ones are sized by it. Without this, the time from
    /// pulling to dropping counts.
    pub fn took(&mut self, duration: Duration) {
        self.0.took(duration);
    }
}

impl fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("start", &self.start()).field("len", &self.len()).finish()
    }
}

/// A [`Batch`] behind its type. Implementors deliver when dropped.
pub(super) trait BatchObject: Send {
    fn start(&self) -> usize;
    fn len(&self) -> usize;
    fn run_here(&mut self);
    fn give_back(&mut self);
    fn portable(&self, i: usize) -> Option<&dyn PortableTask>;
    fn is_repeatable(&self, i: usize) -> bool;
    fn set(&mut self, i: usize, outcome: Outcome, host: &str) -> Result<()>;
    fn took(&mut self, duration: Duration);
}
