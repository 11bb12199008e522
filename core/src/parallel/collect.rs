//! Results in order, all at once.

use std::sync::{Arc, Mutex, PoisonError};

use super::dispatch::{GoOn, Sink};
use super::flow::Flow;
use super::task_error::{TaskError, TaskErrorKind};
use crate::{Error, ErrorKind, Result};

/// Keeps results until all are there.
pub(super) struct Collect<R> {
    flow: Arc<Flow>,
    chunks: Mutex<Vec<Chunk<R>>>,
    /// Whether the call is over with this result.
    ends: fn(&Result<R, TaskError>) -> bool,
}

struct Chunk<R> {
    start: usize,
    results: Vec<Result<R, TaskError>>,
}

impl<R> Collect<R> {
    pub(super) fn new(flow: Arc<Flow>, ends: fn(&Result<R, TaskError>) -> bool) -> Self {
        Self { flow, chunks: Mutex::default(), ends }
    }

    /// The results of `count` tasks, in their order.
    ///
    /// # Errors
    /// One is missing, or there twice.
    pub(super) fn ordered(
        self,
        count: usize,
    ) -> Result<impl Iterator<Item = Result<R, TaskError>>> {
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
        Ok(chunks.into_iter().flat_map(|chunk| chunk.results))
    }

    /// The failure that ended the call, of the first task if there are more; `None` where nothing ended it.
    pub(super) fn failure(self) -> Option<Result<R, TaskError>> {
        let ends = self.ends;
        let cancelled = |result: &Result<R, TaskError>| matches!(result, Err(error) if error.kind() == TaskErrorKind::Cancelled);
        let chunks = self.chunks.into_inner().unwrap_or_else(PoisonError::into_inner);
        let failures = chunks.into_iter().flat_map(|chunk| {
            chunk.results.into_iter().enumerate().map(move |(i, result)| (chunk.start + i, result))
        });
        failures
            .filter(|(_, result)| ends(result) && !cancelled(result))
            .min_by_key(|(index, _)| *index)
            .map(|(_, result)| result)
    }
}

impl<R: Send> Sink<R> for Collect<R> {
    fn deliver(&self, start: usize, results: Vec<Result<R, TaskError>>) -> GoOn {
        let go_on = if results.iter().any(self.ends) { GoOn::No } else { GoOn::Yes };
        let count = results.len();
        let mut chunks = self.chunks.lock().unwrap_or_else(PoisonError::into_inner);
        chunks.push(Chunk { start, results });
        drop(chunks);
        self.flow.retire(count);
        go_on
    }
}
