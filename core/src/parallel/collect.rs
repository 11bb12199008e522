//! Results in order, all at once.

use std::sync::{Arc, Mutex, PoisonError};

use super::dispatch::{GoOn, Sink};
use super::flow::Flow;
use super::task_error::{TaskError, TaskErrorKind, TaskInfo};
use crate::{Error, ErrorKind, Result};

/// Keeps results until all are there.
pub(super) struct Collect<R> {
    flow: Arc<Flow>,
    chunks: Mutex<Vec<Chunk<R>>>,
    /// Whether what a task returned is a failure.
    is_failure: fn(&R) -> bool,
    /// Whether the call is over with the first failure.
    stops: bool,
    /// Tasks that returned a failure.
    failed: Mutex<Vec<TaskInfo>>,
}

struct Chunk<R> {
    start: usize,
    results: Vec<Result<R, TaskError>>,
}

impl<R> Collect<R> {
    pub(super) fn new(flow: Arc<Flow>, is_failure: fn(&R) -> bool, stops: bool) -> Self {
        Self { flow, chunks: Mutex::default(), is_failure, stops, failed: Mutex::default() }
    }

    /// The results of `count` tasks, in their order.
    ///
    /// # Errors
    /// One is missing, or there twice.
    pub(super) fn ordered(self, count: usize) -> Result<Vec<Result<R, TaskError>>> {
        let mut chunks = self.chunks.into_inner().unwrap_or_else(PoisonError::into_inner);
        chunks.sort_unstable_by_key(|chunk| chunk.start);
        let mut next = 0;
        for chunk in &chunks {
            if chunk.start != next {
                break;
            }
            next += chunk.results.len();
        }
        if next != count {
            return Err(Error::new(
                ErrorKind::Bug,
                format!("a parallel backend lost the results of tasks from {next} on"),
            ));
        }
        let mut ordered = Vec::with_capacity(count);
        chunks.into_iter().for_each(|chunk| ordered.extend(chunk.results));
        Ok(ordered)
    }

    /// The failure that ended the call, of the first task if there are more; `None` where nothing ended it.
    pub(super) fn failure(self) -> Option<Failure<R>> {
        let chunks = self.chunks.into_inner().unwrap_or_else(PoisonError::into_inner);
        let failed = self.failed.into_inner().unwrap_or_else(PoisonError::into_inner);
        let results = chunks.into_iter().flat_map(|chunk| {
            chunk.results.into_iter().enumerate().map(move |(i, result)| (chunk.start + i, result))
        });
        let failures = results.filter_map(|(index, result)| match result {
            Err(error) if error.kind() == TaskErrorKind::Cancelled => None,
            Err(error) => Some((index, Failure::Task(error))),
            Ok(returned) if (self.is_failure)(&returned) => {
                let task = failed.iter().find(|task| task.index == index).cloned();
                Some((index, Failure::Returned(returned, task.unwrap_or_default())))
            }
            Ok(_) => None,
        });
        failures.min_by_key(|(index, _)| *index).map(|(_, failure)| failure)
    }
}

/// What ended a call.
pub(super) enum Failure<R> {
    /// A task without a result.
    Task(TaskError),
    /// This result, of this task.
    Returned(R, TaskInfo),
}

impl<R: Send> Sink<R> for Collect<R> {
    fn deliver(&self, start: usize, results: Vec<Result<R, TaskError>>) -> GoOn {
        let failed = |result: &Result<R, _>| result.as_ref().map_or(true, self.is_failure);
        let ends = self.stops && results.iter().any(failed);
        let count = results.len();
        let mut chunks = self.chunks.lock().unwrap_or_else(PoisonError::into_inner);
        chunks.push(Chunk { start, results });
        drop(chunks);
        self.flow.retire(count);
        if ends { GoOn::No } else { GoOn::Yes }
    }

    fn failed(&self, task: TaskInfo) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).push(task);
    }
}
