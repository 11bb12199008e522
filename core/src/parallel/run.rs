//! Calls that return when all is done.

use super::collect::{Collect, Failure, Keep};
use super::dispatch::Dispatch;
use super::in_a_loop::in_a_loop;
use super::options::{Backend, Parallel};
use super::plan::{Plan, can_leave};
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
        match self.collect(tasks, |_| false, |result| result.map_err(Err))? {
            Ok(results) => Ok(results),
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
        match self.collect(tasks, |_| false, Ok)? {
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
        let keep = |result| match result {
            Ok(Ok(value)) => Ok(value),
            failure => Err(failure),
        };
        match self.collect(tasks, Result::is_err, keep)? {
            Ok(results) => Ok(results),
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
        let plan = Plan::new(&self.options, || true)?;
        let mut open = self.clone();
        if !matches!(open.options.backend, Some(Backend::Instance(_))) {
            open.options.backend = Some(Backend::Opened(plan.name, plan.backend));
        }
        Ok(open)
    }

    /// All results in order, as far as `keep` keeps them: what it gives back ends the call.
    fn collect<'a, R, V, T, K>(
        &self,
        tasks: T,
        is_failure: fn(&R) -> bool,
        keep: K,
    ) -> Result<Result<Vec<V>, Failure<R>>>
    where
        R: Send,
        V: Send,
        T: IntoIterator<Item = Delayed<'a, R>, IntoIter: Send>,
        K: Keep<R, V>,
    {
        let mut tasks = tasks.into_iter().peekable();
        let plan = Plan::new(&self.options, || can_leave(&mut tasks))?;
        let rules = plan.rules(is_failure);
        let (flow, _follow) = plan.flow(false);
        if plan.is_loop {
            return in_a_loop(tasks, &plan, &rules, &flow, keep);
        }
        let sink = Collect::new(flow.clone(), keep);
        let call = Dispatch::new(tasks, sink, plan, rules, flow.clone());
        let count = call.run()?;
        let (sink, plan) = (call.sink, call.plan);
        match sink.outcome() {
            Err(failure) => Ok(Err(failure)),
            Ok(_) if flow.is_cancelled() => Err(cancelled()),
            Ok(kept) => kept.in_order(count).map(Ok).map_err(|error| plan.named(error)),
        }
    }
}

pub(super) fn cancelled() -> Error {
    Error::new(ErrorKind::Cancelled, "the parallel call was cancelled")
}
