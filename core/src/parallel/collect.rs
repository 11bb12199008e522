//! Results in order, all at once.

use std::sync::{Arc, Mutex, PoisonError};

use super::dispatch::{GoOn, Sink};
use super::flow::Flow;
use super::task_error::{TaskError, TaskErrorKind, TaskInfo};
use crate::{Error, ErrorKind, Result};

/// What the caller is given of a result; one given back ends the call.
pub(super) trait Keep<R, V>:
    Fn(Result<R, TaskError>) -> Result<V, Result<R, TaskError>> + Send + Sync
{
}

impl<R, V, K> Keep<R, V> for K where
    K: Fn(Result<R, TaskError>) -> Result<V, Result<R, TaskError>> + Send + Sync
{
}

/// Keeps results until all are there.
pub(super) struct Collect<R, V, K> {
    flow: Arc<Flow>,
    keep: K,
    kept: Mutex<Kept<V>>,
    /// The failure of the first task that has one, and its number.
    failure: Mutex<Option<(usize, Result<R, TaskError>)>>,
    /// Tasks that returned a failure.
    failed: Mutex<Vec<TaskInfo>>,
}

/// What ended a call.
pub(super) enum Failure<R> {
    /// A task without a result.
    Task(TaskError),
    /// This result, of this task.
    Returned(R, TaskInfo),
}

/// Results by the numbers of their tasks, in pieces.
pub(super) struct Kept<V>(Vec<(usize, Vec<V>)>);

impl<R, V, K> Collect<R, V, K> {
    pub(super) fn new(flow: Arc<Flow>, keep: K) -> Self {
        let (failure, failed) = Default::default();
        Self { flow, keep, kept: Mutex::new(Kept(Vec::new())), failure, failed }
    }

    /// All there is, or the failure that ended the call: of the first task, if there are more.
    pub(super) fn outcome(self) -> Result<Kept<V>, Failure<R>> {
        let failed = inner(self.failed);
        match inner(self.failure) {
            None => Ok(inner(self.kept)),
            Some((_, Err(error))) => Err(Failure::Task(error)),
            Some((index, Ok(returned))) => {
                let task = failed.into_iter().find(|task| task.index == index);
                Err(Failure::Returned(returned, task.unwrap_or_default()))
            }
        }
    }
}

impl<V> Kept<V> {
    /// The results of `count` tasks, in their order.
    ///
    /// # Errors
    /// One is missing.
    pub(super) fn in_order(self, count: usize) -> Result<Vec<V>> {
        let Self(mut pieces) = self;
        pieces.sort_unstable_by_key(|(start, _)| *start);
        let mut ordered = Vec::with_capacity(count);
        for (start, piece) in pieces {
            if start != ordered.len() {
                break;
            }
            ordered.extend(piece);
        }
        if ordered.len() == count {
            return Ok(ordered);
        }
        let message =
            format!("a parallel backend lost the results of tasks from {} on", ordered.len());
        Err(Error::new(ErrorKind::Bug, message))
    }
}

impl<R: Send, V: Send, K: Keep<R, V>> Sink<R> for Collect<R, V, K> {
    fn deliver(&self, start: usize, results: Vec<Result<R, TaskError>>) -> GoOn {
        let count = results.len();
        let mut piece = Vec::with_capacity(count);
        let mut go_on = GoOn::Yes;
        for (i, result) in results.into_iter().enumerate() {
            match (self.keep)(result) {
                Ok(value) => piece.push(value),
                Err(failure) => {
                    go_on = GoOn::No;
                    self.fail(start + i, failure);
                }
            }
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.0.push((start, piece));
        drop(kept);
        self.flow.retire(count);
        go_on
    }

    fn failed(&self, task: TaskInfo) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).push(task);
    }
}

impl<R, V, K> Collect<R, V, K> {
    /// A task that was only cancelled has not failed.
    fn fail(&self, index: usize, failure: Result<R, TaskError>) {
        if matches!(&failure, Err(error) if error.kind() == TaskErrorKind::Cancelled) {
            return;
        }
        let mut first = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        if first.as_ref().is_none_or(|(number, _)| index < *number) {
            *first = Some((index, failure));
        }
    }
}

fn inner<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}
