//! Calls that return when all is done.

use std::sync::Arc;

use super::collect::Collect;
use super::dispatch::Dispatch;
use super::flow::Flow;
use super::options::Parallel;
use super::plan::Plan;
use super::task_error::TaskError;
use super::{Call, Delayed};
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
        match self.collect(tasks, Result::is_err)? {
            Ended::All(results) => Ok(results.collect::<Result<_, _>>()?),
            Ended::Early(Err(error)) => Err(error.into()),
            Ended::Early(Ok(_)) => unreachable!("only failures end this call"),
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
        match self.collect(tasks, |_| false)? {
            Ended::All(results) => Ok(results.collect()),
            Ended::Early(_) => unreachable!("nothing ends this call"),
        }
    }

    fn collect<'a, R, T>(
        &self,
        tasks: T,
        ends: fn(&Result<R, TaskError>) -> bool,
    ) -> Result<Ended<R, impl Iterator<Item = Result<R, TaskError>> + use<R, T>>>
    where
        R: Send,
        T: IntoIterator<Item = Delayed<'a, R>, IntoIter: Send>,
    {
        let plan = Plan::new(self)?;
        let flow = Arc::new(Flow::new(plan.limit, plan.workers));
        let _hook = self.options.cancel.as_ref().map(|token| {
            let flow = flow.clone();
            token.on_cancel(Box::new(move || flow.cancel()))
        });
        let sink = Collect::new(flow.clone(), ends);
        let call = Dispatch::new(tasks.into_iter(), sink, plan, flow);
        let count = call.run();
        let cancelled = call.is_cancelled();
        let (sink, backend) = (call.sink, call.plan.backend);
        let count = count.map_err(|error| error.with("backend", format_args!("{backend:?}")))?;
        if cancelled {
            let cancelled = || Error::new(ErrorKind::Cancelled, "the parallel call was cancelled");
            return sink.failure().map(Ended::Early).ok_or_else(cancelled);
        }
        let ordered = sink.ordered(count);
        ordered.map(Ended::All).map_err(|error| error.with("backend", format_args!("{backend:?}")))
    }
}

/// How a call ended.
enum Ended<R, I> {
    /// With a result of every task.
    All(I),
    /// With this one.
    Early(Result<R, TaskError>),
}
