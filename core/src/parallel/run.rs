//! Calls that return when all is done.

use std::sync::Arc;

use super::attempt::{At, Rules, info};
use super::collect::{Collect, Failure};
use super::dispatch::Dispatch;
use super::flow::Flow;
use super::options::{Backend, Parallel};
use super::panics::watching;
use super::place::Place;
use super::plan::Plan;
use super::setup::Setup;
use super::task_error::TaskError;
use super::{Delayed, TryError};
use crate::{Error, ErrorKind, Result};

impl Parallel {
    /// The results of all tasks, in their order.
    ///
    /// # Errors
    /// The first task that failed, as [`Error::task`] tells; the rest is cancelled. Or the call itself: there is no such
    /// backend, an option is out of range, the [token](Self::cancel_token) was cancelled.
    ///
    /// # Panics
    /// As the iterator of tasks does, once nothing runs any more.
    pub fn run<'a, R, T>(&self, tasks: T) -> Result<Vec<R>>
    where
        R: Send,
        T: IntoIterator<Item = Delayed<'a, R>, IntoIter: Send>,
    {
        match self.collect(tasks, |_| false, true)? {
            Ok(results) => Ok(results.into_iter().collect::<Result<_, _>>()?),
            Err(Failure::Task(error)) => Err(error.into()),
            Err(Failure::Returned(..)) => unreachable!("what returns has not failed"),
        }
    }

    /// What became of each task, in their order: a failure is that of one task, and the others go on.
    ///
    /// ```
    /// use larder_core::{Parallel, delayed};
    ///
    /// let each = Parallel::new().run_each((0..3).map(|i| delayed(move || 6 / i)))?;
    /// assert_eq!(each[2].as_ref().ok(), Some(&3));
    /// assert!(each[0].as_ref().unwrap_err().message().contains("divide by zero"));
    /// # Ok::<(), larder_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// The call itself, as for [`run`](Self::run).
    ///
    /// # Panics
    /// As the iterator of tasks does, once nothing runs any more.
    pub fn run_each<'a, R, T>(&self, tasks: T) -> Result<Vec<Result<R, TaskError>>>
    where
        R: Send,
        T: IntoIterator<Item = Delayed<'a, R>, IntoIter: Send>,
    {
        match self.collect(tasks, |_| false, false)? {
            Ok(results) => Ok(results),
            Err(_) => unreachable!("no failure ends this call"),
        }
    }

    /// As [`run`](Self::run), of tasks that return a `Result`: what is `Ok` in all of them, or the first `Err`, as it is.
    ///
    /// ```
    /// use larder_core::{Parallel, delayed, parallel::TryError};
    ///
    /// let texts = ["1", "2", "x"];
    /// let error = Parallel::new().try_run(texts.iter().map(|text| delayed(|| text.parse::<i32>()))).unwrap_err();
    /// match error {
    ///     TryError::Returned { error, task } => {
    ///         assert_eq!((error, task.index), ("x".parse::<i32>().unwrap_err(), 2));
    ///     }
    ///     other => panic!("{other}"),
    /// }
    /// ```
    ///
    /// # Errors
    /// [`TryError::Returned`] with the error of the first task that returned one; the rest is cancelled.
    /// [`TryError::Other`] with what is an error of [`run`](Self::run).
    ///
    /// # Panics
    /// As the iterator of tasks does, once nothing runs any more.
    pub fn try_run<'a, V, E, T>(&self, tasks: T) -> Result<Vec<V>, TryError<E>>
    where
        V: Send,
        E: Send,
        T: IntoIterator<Item = Delayed<'a, Result<V, E>>, IntoIter: Send>,
    {
        match self.collect(tasks, Result::is_err, true)? {
            Ok(results) => results
                .into_iter()
                .map(|result| match result {
                    Ok(Ok(value)) => Ok(value),
                    _ => unreachable!("a failure ended the call"),
                })
                .collect(),
            Err(Failure::Returned(Err(error), task)) => Err(TryError::Returned { error, task }),
            Err(Failure::Returned(Ok(_), _)) => unreachable!("a success does not end the call"),
            Err(Failure::Task(error)) => Err(TryError::Other(error.into())),
        }
    }

    /// The same, with the backend opened now: whatever it needs is found and kept, as long as this or a clone of it is.
    ///
    /// ```
    /// use larder_core::{Parallel, delayed};
    ///
    /// let pool = Parallel::new().backend("sequential").open()?;
    /// for round in 0..3 {
    ///     pool.run((0..4).map(|i| delayed(move || i * round)))?;
    /// }
    /// # Ok::<(), larder_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is no such backend, or it cannot be reached.
    pub fn open(&self) -> Result<Self> {
        let plan = Plan::new(&self.options)?;
        let mut open = self.clone();
        if !matches!(open.options.backend, Some(Backend::Instance(_))) {
            open.options.backend = Some(Backend::Opened(plan.name, plan.backend));
        }
        Ok(open)
    }

    /// All results in order, or the failure that ended the call, if `stops` says that one does.
    fn collect<'a, R, T>(
        &self,
        tasks: T,
        is_failure: fn(&R) -> bool,
        stops: bool,
    ) -> Result<Collected<R>>
    where
        R: Send,
        T: IntoIterator<Item = Delayed<'a, R>, IntoIter: Send>,
    {
        let plan = Plan::new(&self.options)?;
        let rules = self.rules(is_failure);
        let flow = Arc::new(Flow::new(plan.limit(false), plan.workers));
        let _follow = self.options.cancel.as_ref().map(|token| flow.follow(token));
        let tasks = tasks.into_iter();
        if plan.is_loop {
            return in_a_loop(tasks, &plan, &rules, &flow, stops);
        }
        let sink = Collect::new(flow.clone(), is_failure, stops);
        let call = Dispatch::new(tasks, sink, plan, rules, flow.clone());
        let count = call.run()?;
        let (sink, plan) = (call.sink, call.plan);
        if flow.is_cancelled() {
            let failure = if stops { sink.failure() } else { None };
            return failure.map(Err).ok_or_else(cancelled);
        }
        sink.ordered(count).map(Ok).map_err(|error| plan.named(error))
    }

    pub(super) fn rules<R>(&self, is_failure: fn(&R) -> bool) -> Rules<R> {
        let (timeout, retries) = (self.options.timeout, self.options.retries.unwrap_or(0));
        Rules { timeout, retries, is_failure }
    }
}

/// All results, or what ended the call.
type Collected<R> = Result<Vec<Result<R, TaskError>>, Failure<R>>;

/// Room for more results than this is made when they come: an iterator may say that it has no end.
const MAX_RESERVED: usize = 1 << 20;

/// One after the other, here, with no more machinery than that takes.
fn in_a_loop<'a, R>(
    tasks: impl Iterator<Item = Delayed<'a, R>>,
    plan: &Plan,
    rules: &Rules<R>,
    flow: &Flow,
    stops: bool,
) -> Result<Collected<R>> {
    let place = Place::new(flow.call(), 1);
    let setup = Setup::new(plan.initializer.clone(), 1);
    let progress = plan.progress(tasks.size_hint());
    let mut results = Vec::with_capacity(tasks.size_hint().0.min(MAX_RESERVED));
    let looping = || {
        if !setup.ready(0) {
            return None;
        }
        let mut tasks = tasks.enumerate();
        while !flow.is_cancelled()
            && let Some((index, mut task)) = tasks.next()
        {
            let at = At { index, worker: 0 };
            let result = rules.run(&mut task, at);
            let failed = rules.failed(&result);
            if let Some(progress) = &progress {
                progress.advance(1, usize::from(failed));
            }
            if failed && stops {
                return Some(match result {
                    Ok(returned) => Failure::Returned(returned, info(&task, at, "")),
                    Err(error) => Failure::Task(error),
                });
            }
            results.push(result);
        }
        None
    };
    let failure = place.within(|| watching(looping));
    setup.outcome()?;
    match failure {
        Some(failure) => Ok(Err(failure)),
        None if flow.is_cancelled() => Err(cancelled()),
        None => Ok(Ok(results)),
    }
}

pub(super) fn cancelled() -> Error {
    Error::new(ErrorKind::Cancelled, "the parallel call was cancelled")
}
