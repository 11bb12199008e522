//! A batch behind its type: runs its tasks or is told of them, and delivers when dropped.

use std::cell::OnceCell;
use std::time::{Duration, Instant};

use super::attempt::{At, info};
use super::batch::{BatchObject, Outcome};
use super::dispatch::{Chunk, Dispatch, GoOn, Sink};
use super::panics::{Panic, watching};
use super::task_error::{TaskError, TaskErrorKind};
use super::{Call, Delayed, PortableTask};
use crate::codec::Codecs;
use crate::{Error, ErrorKind, Registry, Result};

pub(super) struct TypedBatch<'c, 'a, R, I, S>
where
    R: Send,
    I: Iterator<Item = Delayed<'a, R>> + Send,
    S: Sink<R>,
{
    call: &'c Dispatch<'a, R, I, S>,
    worker: usize,
    start: usize,
    /// `None` where it went back to the call.
    tasks: Vec<Option<Delayed<'a, R>>>,
    /// As far as known.
    results: Vec<Option<Result<R, TaskError>>>,
    /// How often these tasks have failed before.
    failures: usize,
    /// Whether tasks of it may go back to the call.
    may_return: bool,
    pulled: Instant,
    took: Option<Duration>,
    /// Those there are, asked for when the first result comes back from elsewhere.
    codecs: OnceCell<Codecs>,
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
        let Chunk { start, tasks, failures } = chunk;
        Self {
            call,
            worker,
            start,
            results: Vec::with_capacity(tasks.len()),
            tasks,
            failures,
            may_return,
            pulled: Instant::now(),
            took: None,
            codecs: OnceCell::new(),
        }
    }

    fn at(&self, i: usize) -> At {
        At { index: self.start + i, worker: self.worker }
    }

    fn run_all(&mut self) {
        let begun = Instant::now();
        // A clock read costs as much as a small task: 64 of them a batch at most.
        let stride = self.tasks.len().div_ceil(64);
        let may_be_cut = self.may_return && !self.call.sizing.is_fixed();
        for i in 0..self.tasks.len() {
            if self.call.is_cancelled() {
                break;
            }
            if self.is_known(i) {
                continue;
            }
            if may_be_cut
                && i > 0
                && self.results.len() <= i
                && i % stride == 0
                && begun.elapsed() > self.call.sizing.at_most()
            {
                let tasks = self.tasks.split_off(i);
                let start = self.start + i;
                self.call.take_back(Chunk { start, tasks, failures: self.failures });
                break;
            }
            let at = self.at(i);
            if let Some(task) = &mut self.tasks[i] {
                let result = self.call.rules.run(task, at);
                if let Ok(returned) = &result
                    && (self.call.rules.is_failure)(returned)
                {
                    self.call.sink.failed(info(task, at, ""));
                }
                self.keep(i, result);
            }
        }
    }

    fn is_known(&self, i: usize) -> bool {
        self.results.get(i).is_some_and(Option::is_some)
    }

    fn keep(&mut self, i: usize, result: Result<R, TaskError>) {
        if self.results.len() < i {
            self.results.resize_with(i, || None);
        }
        match self.results.get_mut(i) {
            Some(place) => *place = Some(result),
            None => self.results.push(Some(result)),
        }
    }

    fn result_of(
        &self,
        task: &Delayed<'a, R>,
        at: At,
        outcome: Outcome,
        on: &str,
    ) -> Result<R, TaskError> {
        let error = |kind, message: String| TaskError::new(kind, message, info(task, at, on));
        Err(match outcome {
            // What reads it is the result's own `Deserialize`, which may do anything.
            Outcome::Returned(encoded) => {
                let codecs = self.codecs.get_or_init(|| Registry::global().codecs());
                match Panic::catch(|| task.object().decode(encoded, codecs)) {
                    Ok(Ok(returned)) => return Ok(returned),
                    Ok(Err(why)) => {
                        error(TaskErrorKind::Failed, format!("its result cannot be read: {why}"))
                    }
                    Err(panic) => TaskError::panicked(panic, info(task, at, on)),
                }
            }
            Outcome::Panicked(panic) => TaskError::panicked(panic, info(task, at, on)),
            Outcome::Failed(why) => error(TaskErrorKind::Failed, why.to_string()).with_source(why),
            Outcome::TimedOut => error(TaskErrorKind::TimedOut, self.call.rules.too_long()),
            Outcome::WorkerDied(why) => error(TaskErrorKind::WorkerDied, why),
        })
    }

    fn misuse(&self, message: String) -> Error {
        self.call.note_misuse(message.clone());
        Error::new(ErrorKind::Bug, message)
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
        let call = self.call;
        call.place.within(|| {
            if call.initialized(self.worker) {
                watching(|| self.run_all());
            }
        });
    }

    fn give_back(&mut self) {
        let mut from = 0;
        while from < self.tasks.len() {
            let is_open = |i: &usize| self.tasks[*i].is_some() && !self.is_known(*i);
            let len = (from..self.tasks.len()).take_while(is_open).count();
            if len > 0 {
                let tasks = self.tasks[from..from + len].iter_mut().map(Option::take).collect();
                let start = self.start + from;
                self.call.take_back(Chunk { start, tasks, failures: self.failures });
            }
            from += len + 1;
        }
    }

    fn portable(&self, i: usize) -> Option<&dyn PortableTask> {
        self.tasks.get(i)?.as_ref()?.object().portable()
    }

    fn is_repeatable(&self, i: usize) -> bool {
        self.tasks.get(i).and_then(Option::as_ref).is_some_and(|task| task.object().is_repeatable())
    }

    fn set(&mut self, i: usize, outcome: Outcome, on: &str) -> Result<()> {
        let Some(slot) = self.tasks.get(i) else {
            let len = self.tasks.len();
            return Err(
                self.misuse(format!("a parallel backend set the outcome of task {i} of {len}"))
            );
        };
        let Some(task) = slot.as_ref().filter(|_| !self.is_known(i)) else {
            let index = self.start + i;
            return Err(
                self.misuse(format!("a parallel backend set the outcome of task {index} twice"))
            );
        };
        let at = self.at(i);
        let result = self.result_of(task, at, outcome, on);
        if self.call.rules.failed(&result) {
            if self.failures < self.call.rules.retries && task.object().is_repeatable() {
                let tasks = vec![self.tasks[i].take()];
                self.call.take_back(Chunk { start: at.index, tasks, failures: self.failures + 1 });
                return Ok(());
            }
            if result.is_ok() {
                self.call.sink.failed(info(task, at, on));
            }
        }
        self.keep(i, result);
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
        let tasks = std::mem::take(&mut self.tasks);
        let mut next = self.start;
        let mut results =
            std::mem::take(&mut self.results).into_iter().zip(&tasks).map(|(result, task)| {
                next += 1;
                task.as_ref().map(|_| result.unwrap_or_else(|| Err(TaskError::cancelled(next - 1))))
            });
        let mut start = self.start;
        loop {
            let mut went_back = false;
            let run = results.by_ref().map_while(|result| {
                went_back = result.is_none();
                result
            });
            let run: Vec<_> = run.collect();
            let len = run.len();
            if len > 0 && call.deliver(start, run) == GoOn::No {
                call.flow.cancel();
            }
            if !went_back {
                break;
            }
            start += len + 1;
        }
        if self.may_return {
            call.flow.give_back();
        }
    }
}
