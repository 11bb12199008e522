//! One task after the other, on the caller's thread: no more machinery than that takes.

use std::ops::ControlFlow::{self, Break, Continue};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::Delayed;
use super::attempt::{At, Rules, info};
use super::collect::{Failure, Keep};
use super::flow::Flow;
use super::panics::{Panic, watching};
use super::place::Place;
use super::plan::Plan;
use super::progress::Progress;
use super::run::cancelled;
use super::setup::Setup;
use super::task_error::TaskError;
use crate::Result;

/// Room for more results than this is made when they come: an iterator may say that it has no end.
const MAX_RESERVED: usize = 1 << 20;

/// All results, as far as `keep` keeps them: what it gives back ends the call.
pub(super) fn in_a_loop<'a, R, V, K>(
    tasks: impl Iterator<Item = Delayed<'a, R>>,
    plan: &Plan,
    rules: &Rules<R>,
    flow: &Flow,
    keep: K,
) -> Result<Result<Vec<V>, Failure<R>>>
where
    K: Keep<R, V>,
{
    let place = Place::new(flow.call(), 1);
    let setup = Setup::new(plan.initializer.clone(), 1);
    let mut looping = Looping {
        progress: plan.progress(tasks.size_hint()),
        kept: Vec::with_capacity(tasks.size_hint().0.min(MAX_RESERVED)),
        tasks,
        running: None,
        rules,
        keep,
    };
    let ended = place.within(|| {
        if !setup.ready(0) {
            return Break(None);
        }
        watching(|| {
            loop {
                match looping.until_panic(flow) {
                    Continue(()) => {}
                    Break(ended) => return Break(ended),
                }
            }
        })
    });
    setup.outcome()?;
    match ended {
        Continue(()) => unreachable!("the loop goes on until it ends"),
        Break(Some(failure)) => Ok(Err(failure)),
        Break(None) if flow.is_cancelled() => Err(cancelled()),
        Break(None) => Ok(Ok(looping.kept)),
    }
}

struct Looping<'r, 'a, R, V, I, K> {
    tasks: I,
    /// The task that runs: of a panic, it tells whose it is.
    running: Option<Delayed<'a, R>>,
    kept: Vec<V>,
    progress: Option<Progress>,
    rules: &'r Rules<R>,
    keep: K,
}

/// The failure that ended it, if one did.
type Ended<R> = Option<Failure<R>>;

impl<'a, R, V, I, K> Looping<'_, 'a, R, V, I, K>
where
    I: Iterator<Item = Delayed<'a, R>>,
    K: Keep<R, V>,
{
    /// Catches once for all tasks, and again after each that panicked.
    fn until_panic(&mut self, flow: &Flow) -> ControlFlow<Ended<R>> {
        match catch_unwind(AssertUnwindSafe(|| self.run(flow))) {
            Ok(ended) => ended,
            Err(payload) => match self.running.take() {
                None => resume_unwind(payload),
                Some(task) => {
                    let info = info(&task, self.at(), "");
                    let error = TaskError::panicked(Panic::of(&*payload), info);
                    self.finish(Err(error), &task)
                }
            },
        }
    }

    fn run(&mut self, flow: &Flow) -> ControlFlow<Ended<R>> {
        let plain = self.rules.timeout.is_none() && self.rules.retries == 0;
        while !flow.is_cancelled() {
            let Some(task) = self.tasks.next() else { break };
            let at = self.at();
            let running = self.running.insert(task);
            let result = if plain { Ok(running.run_last()) } else { self.rules.run(running, at) };
            if let Some(task) = self.running.take() {
                self.finish(result, &task)?;
            }
        }
        Break(None)
    }

    #[inline]
    fn finish(
        &mut self,
        result: Result<R, TaskError>,
        task: &Delayed<'a, R>,
    ) -> ControlFlow<Ended<R>> {
        if let Some(progress) = &self.progress {
            progress.advance(1, usize::from(self.rules.failed(&result)));
        }
        match (self.keep)(result) {
            Ok(value) => {
                self.kept.push(value);
                Continue(())
            }
            Err(Ok(returned)) => {
                Break(Some(Failure::Returned(returned, info(task, self.at(), ""))))
            }
            Err(Err(error)) => Break(Some(Failure::Task(error))),
        }
    }

    /// Every task before this one left something in `kept`.
    fn at(&self) -> At {
        At { index: self.kept.len(), worker: 0 }
    }
}
