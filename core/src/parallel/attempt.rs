//! Running one task here, as often as it may.

use std::time::{Duration, Instant};

use super::panics::Panic;
use super::task_error::{TaskError, TaskErrorKind, TaskInfo};
use super::{Delayed, PortableTask};
use crate::ArgsWriter;
use crate::memory::host;

/// What holds for every task of a call.
#[derive(Debug)]
pub(super) struct Rules<R> {
    pub(super) timeout: Option<Duration>,
    pub(super) retries: usize,
    /// Whether a task that returned this has failed all the same.
    pub(super) is_failure: fn(&R) -> bool,
}

/// A task's place among those of its call, and the worker it runs on.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    pub(super) index: usize,
    pub(super) worker: usize,
}

impl<R> Rules<R> {
    /// Runs `task`, again if it fails and can.
    pub(super) fn run(&self, task: &mut Delayed<'_, R>, at: At) -> Result<R, TaskError> {
        let mut result = self.run_once(task, at, self.retries);
        for left in (0..self.retries).rev() {
            if !self.failed(&result) || !task.object().is_repeatable() {
                break;
            }
            result = self.run_once(task, at, left);
        }
        result
    }

    /// Whether there is reason to try again.
    pub(super) fn failed(&self, result: &Result<R, TaskError>) -> bool {
        match result {
            Ok(result) => (self.is_failure)(result),
            Err(_) => true,
        }
    }

    fn run_once(
        &self,
        task: &mut Delayed<'_, R>,
        at: At,
        retries_left: usize,
    ) -> Result<R, TaskError> {
        let begun = self.timeout.map(|limit| (Instant::now(), limit));
        let run = || if retries_left == 0 { task.run_last() } else { task.run() };
        match Panic::caught(run) {
            Ok(_) if begun.is_some_and(|(begun, limit)| begun.elapsed() > limit) => {
                Err(TaskError::new(TaskErrorKind::TimedOut, self.too_long(), info(task, at, "")))
            }
            Ok(result) => Ok(result),
            Err(panic) => Err(TaskError::panicked(panic, info(task, at, ""))),
        }
    }

    pub(super) fn too_long(&self) -> String {
        format!("it took longer than {:?}", self.timeout.unwrap_or_default())
    }
}

/// Which task it is, and that it ran here, or on `host`.
pub(super) fn info<R>(task: &Delayed<'_, R>, at: At, on: &str) -> TaskInfo {
    let task = task.object();
    let mut arguments = Vec::new();
    task.describe(&mut ArgsWriter::new(&mut arguments));
    TaskInfo {
        index: at.index,
        function: task.portable().map_or("", PortableTask::function),
        arguments,
        worker: Some(at.worker),
        host: if on.is_empty() { host() } else { on }.to_owned(),
    }
}
