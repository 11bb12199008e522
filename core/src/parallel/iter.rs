//! Calls whose results are taken one by one.

use std::iter::Peekable;
use std::sync::Arc;

use super::Delayed;
use super::attempt::{At, Rules};
use super::flow::Flow;
use super::lanes::Lease;
use super::options::Parallel;
use super::panics::watching;
use super::place::Place;
use super::plan::{Plan, can_leave};
use super::results::{Inner, Results, Unordered};
use super::run::cancelled;
use super::setup::Setup;
use super::stream::{Consumer, Numbered, channel};
use super::task_error::TaskError;
use crate::Result;

impl Parallel {
    /// The results in the order of the tasks, each as soon as it and all before it are there.
    ///
    /// Tasks are taken from their iterator as results are taken: see [`pre_dispatch`](Self::pre_dispatch). With one
    /// worker, each runs when its result is asked for.
    ///
    /// ```
    /// use larder_core::{Parallel, delayed};
    ///
    /// let endless = (0u64..).map(|i| delayed(move || i * i));
    /// let first: Result<Vec<_>, _> = Parallel::new().iter(endless)?.take(3).collect();
    /// assert_eq!(first?, [0, 1, 4]);
    /// # Ok::<(), larder_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// There is no such backend, or an option is out of range. What happens later is an item.
    ///
    /// # Panics
    /// The results' `next` panics as the iterator of tasks does.
    pub fn iter<R, T>(&self, tasks: T) -> Result<Results<'static, R>>
    where
        R: Send + 'static,
        T: IntoIterator<Item = Delayed<'static, R>, IntoIter: Send + 'static>,
    {
        self.begin(tasks).map(Results::new)
    }

    /// The results as they come, with the numbers of their tasks; otherwise as [`iter`](Self::iter).
    ///
    /// # Errors
    /// As for [`iter`](Self::iter).
    pub fn iter_unordered<R, T>(&self, tasks: T) -> Result<Unordered<'static, R>>
    where
        R: Send + 'static,
        T: IntoIterator<Item = Delayed<'static, R>, IntoIter: Send + 'static>,
    {
        self.begin(tasks).map(Unordered::new)
    }

    /// As [`iter`](Self::iter), of tasks that borrow: `consume` is given the results, and once it returns, what still
    /// runs is cancelled and waited for.
    ///
    /// ```
    /// use larder_core::{Parallel, delayed};
    ///
    /// let words = vec!["fig".to_owned(), "pear".to_owned()];
    /// let tasks = words.iter().map(|word| delayed(|| word.len()));
    /// let longest = Parallel::new().scoped_iter(tasks, |lengths| lengths.flatten().max())?;
    /// assert_eq!(longest, Some(4));
    /// # Ok::<(), larder_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`iter`](Self::iter).
    pub fn scoped_iter<'a, R, T, O>(
        &self,
        tasks: T,
        consume: impl FnOnce(&mut Results<'a, R>) -> O,
    ) -> Result<O>
    where
        R: Send + 'a,
        T: IntoIterator<Item = Delayed<'a, R>, IntoIter: Send + 'a>,
    {
        self.scoped(tasks, |results| consume(&mut Results::new(results)))
    }

    /// As [`scoped_iter`](Self::scoped_iter), with the results as they come.
    ///
    /// # Errors
    /// As for [`iter`](Self::iter).
    pub fn scoped_iter_unordered<'a, R, T, O>(
        &self,
        tasks: T,
        consume: impl FnOnce(&mut Unordered<'a, R>) -> O,
    ) -> Result<O>
    where
        R: Send + 'a,
        T: IntoIterator<Item = Delayed<'a, R>, IntoIter: Send + 'a>,
    {
        self.scoped(tasks, |results| consume(&mut Unordered::new(results)))
    }

    fn begin<R, T>(&self, tasks: T) -> Result<Inner<'static, R>>
    where
        R: Send + 'static,
        T: IntoIterator<Item = Delayed<'static, R>, IntoIter: Send + 'static>,
    {
        let start = Start::new(self, tasks)?;
        Ok(match start.lane() {
            None => Inner::Here(Box::new(start.here())),
            Some(lane) => Inner::Elsewhere(start.on(lane)),
        })
    }

    fn scoped<'a, R, T, O>(&self, tasks: T, consume: impl FnOnce(Inner<'a, R>) -> O) -> Result<O>
    where
        R: Send + 'a,
        T: IntoIterator<Item = Delayed<'a, R>, IntoIter: Send + 'a>,
    {
        let start = Start::new(self, tasks)?;
        Ok(match start.lane() {
            None => consume(Inner::Here(Box::new(start.here()))),
            Some(lane) => {
                let (drive, consumer) = start.apart();
                lane.beside(drive, || consume(Inner::Elsewhere(consumer)))
            }
        })
    }
}

/// A call about to begin.
pub(super) struct Start<R, I: Iterator> {
    tasks: Peekable<I>,
    plan: Plan,
    rules: Rules<R>,
    flow: Arc<Flow>,
    /// Ends with the call.
    follow: Option<super::CancelGuard>,
}

impl<'a, R, I> Start<R, I>
where
    R: Send + 'a,
    I: Iterator<Item = Delayed<'a, R>> + Send + 'a,
{
    pub(super) fn new<T: IntoIterator<IntoIter = I>>(
        parallel: &Parallel,
        tasks: T,
    ) -> Result<Self> {
        let mut tasks = tasks.into_iter().peekable();
        let plan = Plan::new(&parallel.options, || can_leave(&mut tasks))?;
        let (flow, follow) = plan.flow(true);
        let rules = plan.rules(|_| false);
        Ok(Self { tasks, plan, rules, flow, follow })
    }

    /// A thread to drive the call: `None` where a loop does it, or there is none to be had.
    fn lane(&self) -> Option<Lease> {
        if self.plan.is_loop { None } else { Lease::take(self.plan.threads_per_worker) }
    }

    fn apart(self) -> (impl FnOnce() + Send + use<'a, R, I>, Consumer<R>) {
        let Self { tasks, plan, rules, flow, follow } = self;
        let (drive, consumer) = channel(tasks, plan, rules, flow);
        let drive = move || {
            drive();
            drop(follow);
        };
        (drive, consumer)
    }

    /// Each task when its result is asked for.
    fn here(self) -> impl Iterator<Item = Numbered<R>> + Send + use<'a, R, I> {
        let Self { tasks, plan, rules, flow, follow } = self;
        let place = Place::new(flow.call(), 1);
        let setup = Setup::new(plan.initializer.clone(), 1);
        let progress = plan.progress(tasks.size_hint());
        let mut tasks = Some(tasks);
        let mut index = 0;
        std::iter::from_fn(move || {
            let _ = &follow;
            // Gone while the tasks' iterator runs, so that after a panic it is not asked again.
            let mut feed = tasks.take()?;
            let failed = |error| (index, Err(TaskError::of_call(index, error)));
            if flow.is_cancelled() {
                return Some(failed(cancelled()));
            }
            let next = || {
                if !setup.ready(0) {
                    return setup.outcome().err().map(failed);
                }
                let mut task = feed.next()?;
                let result = watching(|| rules.run(&mut task, At { index, worker: 0 }));
                if let Some(progress) = &progress {
                    progress.advance(1, usize::from(result.is_err()));
                }
                tasks = Some(feed);
                Some((index, result))
            };
            let found = place.within(next);
            index += 1;
            found
        })
    }
}

impl<R, I> Start<R, I>
where
    R: Send + 'static,
    I: Iterator<Item = Delayed<'static, R>> + Send + 'static,
{
    /// The call, driven by `lane`.
    pub(super) fn on(self, lane: Lease) -> Consumer<R> {
        let (drive, consumer) = self.apart();
        lane.detach(drive);
        consumer
    }
}
