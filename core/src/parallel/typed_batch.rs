//! A batch behind its type: runs its tasks or is told of them, and delivers when dropped.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::batch::{BatchObject, Outcome};
use super::dispatch::{Chunk, Dispatch, GoOn, Sink};
use super::task_error::{TaskError, TaskErrorKind, TaskInfo};
use super::{Call, Delayed, PortableTask};
use crate::memory::host;
use crate::{ArgsWriter, Error, ErrorKind, Result};

pub(super) struct TypedBatch<'c, 'a, R, I, S>
where
    R: Send,
    I: Iterator<Item = Delayed<'a, R>> + Send,
    S: Sink<R>,
{
    call: &'c Dispatch<'a, R, I, S>,
    worker: usize,
    start: usize,
    tasks: Vec<Delayed<'a, R>>,
    results: Vec<Option<Result<R, TaskError>>>,
    /// Whether tasks of it may go back to the call.
    may_return: bool,
    pulled: Instant,
    took: Option<Duration>,
}

impl<'c, 'a, R, I, S> TypedBatch<'c, 'a, R, I, S>
where
    R: Send,
    I: Iterator<Item = Delayed<'a, R>> + Send,
    S: Sink<R>,
{
    pub(super) fn new(
        call: &'c Dispatch<'a, R, I, S>,
        worker: usize,
        chunk: Chunk<'a, R>,
        may_return: bool,
    ) -> Self {
        let Chunk { start, tasks } = chunk;
        let results = Vec::with_capacity(tasks.len());
        Self { call, worker, start, tasks, results, may_return, pulled: Instant::now(), took: None }
    }

    fn run_one(&mut self, i: usize) -> Result<R, TaskError> {
        let begun = self.call.timeout().map(|limit| (Instant::now(), limit));
        let task = &mut self.tasks[i];
        match catch_unwind(AssertUnwindSafe(|| task.run())) {
            Ok(_) if begun.is_some_and(|(begun, limit)| begun.elapsed() > limit) => {
                Err(self.error(i, TaskErrorKind::TimedOut, too_long(self.call.timeout()), ""))
            }
            Ok(result) => Ok(result),
            Err(panic) => Err(self.error(i, TaskErrorKind::Panicked, text_of(&*panic), "")),
        }
    }

    fn error(
        &self,
        i: usize,
        kind: TaskErrorKind,
        message: impl Into<String>,
        at: &str,
    ) -> TaskError {
        let task = self.tasks[i].object();
        let mut arguments = Vec::new();
        task.describe(&mut ArgsWriter::new(&mut arguments));
        let info = TaskInfo {
            index: self.start + i,
            function: task.portable().map_or("", PortableTask::function),
            arguments,
            worker: Some(self.worker),
            host: if at.is_empty() { host() } else { at }.to_owned(),
        };
        TaskError::new(kind, message, info)
    }

    /// Gives the tasks from `i` on back to the call.
    fn return_from(&mut self, i: usize) {
        let tasks = self.tasks.split_off(i);
        self.call.take_back(Chunk { start: self.start + i, tasks });
    }
}

impl<'a, R, I, S> BatchObject for TypedBatch<'_, 'a, R, I, S>
where
    R: Send,
    I: Iterator<Item = Delayed<'a, R>> + Send,
    S: Sink<R>,
{
    fn start(&self) -> usize {
        self.start
    }

    fn len(&self) -> usize {
        self.tasks.len()
    }

    fn run_here(&mut self) {
        let begun = Instant::now();
        // A clock read costs as much as a small task: 64 of them a batch at most.
        let stride = self.tasks.len().div_ceil(64);
        let may_be_cut = self.may_return && !self.call.sizing.is_fixed();
        for i in 0..self.tasks.len() {
            if self.call.is_cancelled() {
                break;
            }
            if may_be_cut
                && i > 0
                && i % stride == 0
                && begun.elapsed() > self.call.sizing.at_most()
            {
                self.return_from(i);
                break;
            }
            let result = self.run_one(i);
            self.results.push(Some(result));
        }
    }

    fn portable(&self, i: usize) -> Option<&dyn PortableTask> {
        self.tasks.get(i)?.object().portable()
    }

    fn is_repeatable(&self, i: usize) -> bool {
        self.tasks.get(i).is_some_and(|task| task.object().is_repeatable())
    }

    fn set(&mut self, i: usize, outcome: Outcome, at: &str) -> Result<()> {
        let taken = self.results.get(i).is_some_and(Option::is_some);
        if i >= self.tasks.len() || taken {
            let message = match taken {
                true => {
                    format!("a parallel backend set the outcome of task {} twice", self.start + i)
                }
                false => {
                    format!("a parallel backend set the outcome of task {i} of {}", self.len())
                }
            };
            self.call.note_misuse(&|| Error::new(ErrorKind::Bug, message.clone()));
            return Err(Error::new(ErrorKind::Bug, message));
        }
        let result = match outcome {
            Outcome::Returned(encoded) => self.tasks[i].object().decode(encoded).map_err(|error| {
                self.error(
                    i,
                    TaskErrorKind::Failed,
                    format!("its result cannot be read: {error}"),
                    at,
                )
            }),
            Outcome::Panicked { message, backtrace } => {
                Err(self.error(i, TaskErrorKind::Panicked, message, at).with_backtrace(backtrace))
            }
            Outcome::Failed(error) => {
                Err(self.error(i, TaskErrorKind::Failed, error.to_string(), at))
            }
            Outcome::TimedOut => {
                Err(self.error(i, TaskErrorKind::TimedOut, too_long(self.call.timeout()), at))
            }
            Outcome::WorkerDied(why) => Err(self.error(i, TaskErrorKind::WorkerDied, why, at)),
        };
        if self.results.len() <= i {
            self.results.resize_with(i + 1, || None);
        }
        self.results[i] = Some(result);
        Ok(())
    }

    fn took(&mut self, duration: Duration) {
        self.took = Some(duration);
    }
}

impl<'a, R, I, S> Drop for TypedBatch<'_, 'a, R, I, S>
where
    R: Send,
    I: Iterator<Item = Delayed<'a, R>> + Send,
    S: Sink<R>,
{
    fn drop(&mut self) {
        let call = self.call;
        let took = self.took.unwrap_or_else(|| self.pulled.elapsed());
        call.sizing.learn(self.results.len(), took);
        self.results.resize_with(self.tasks.len(), || None);
        let start = self.start;
        let results = std::mem::take(&mut self.results).into_iter().enumerate();
        let results = results
            .map(|(i, result)| result.unwrap_or_else(|| Err(TaskError::cancelled(start + i))))
            .collect();
        if call.sink.deliver(start, results) == GoOn::No {
            call.flow.cancel();
        }
        if self.may_return {
            call.flow.give_back();
        }
    }
}

fn too_long(limit: Option<Duration>) -> String {
    format!("it took longer than {:?}", limit.unwrap_or_default())
}

/// What a panic said.
pub(super) fn text_of(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "it panicked with a value that is no text",
    }
}
