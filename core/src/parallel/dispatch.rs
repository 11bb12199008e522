//! A call under way: tasks taken from the caller's iterator, handed out in batches, and delivered to a sink.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::task::Waker;
use std::time::Duration;

use super::attempt::Rules;
use super::batch::{Batch, Pull};
use super::cancel::CancelGuard;
use super::flow::Flow;
use super::place::Place;
use super::plan::Plan;
use super::progress::Progress;
use super::setup::Setup;
use super::sizing::Sizing;
use super::task_error::{TaskError, TaskInfo};
use super::typed_batch::TypedBatch;
use super::{Call, Delayed, PortableTask, Surroundings, Transfer, scope, sealed};
use crate::{Error, ErrorKind, Result};

/// Where results go.
pub(super) trait Sink<R>: Sync {
    /// The results of consecutive tasks, from `start`. Says whether the call goes on.
    fn deliver(&self, start: usize, results: Vec<Result<R, TaskError>>) -> GoOn;

    /// The task that is to be delivered with a returned failure: the result itself does not tell.
    fn failed(&self, task: TaskInfo) {
        let _ = task;
    }
}

/// Whether a call goes on after a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GoOn {
    Yes,
    No,
}

/// The call of tasks from `I`, with results for `S`.
pub(super) struct Dispatch<'a, R, I, S> {
    pub(super) sink: S,
    pub(super) plan: Plan,
    pub(super) rules: Rules<R>,
    pub(super) place: Arc<Place>,
    pub(super) flow: Arc<Flow>,
    pub(super) sizing: Sizing,
    /// How many there may be at present: never fewer than before.
    workers: AtomicUsize,
    setup: Setup,
    progress: Option<Progress>,
    feed: Mutex<Feed<I>>,
    /// Tasks that were handed out and came back.
    returned: Mutex<VecDeque<Chunk<'a, R>>>,
    misuse: Mutex<Option<Error>>,
    /// Of the caller's iterator, or of who listens to the progress.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

/// Consecutive tasks, from `start`.
pub(super) struct Chunk<'a, R> {
    pub(super) start: usize,
    pub(super) tasks: Vec<Option<Delayed<'a, R>>>,
    /// How often they have failed already.
    pub(super) failures: usize,
}

struct Feed<I> {
    /// `None` once it has ended: it is not asked again.
    tasks: Option<I>,
    next: usize,
    panic: Option<Box<dyn Any + Send>>,
}

/// The caller's iterator could not be asked just now.
struct Busy;

impl<'a, R, I, S> Dispatch<'a, R, I, S>
where
    R: Send,
    I: Iterator<Item = Delayed<'a, R>> + Send,
    S: Sink<R>,
{
    pub(super) fn new(tasks: I, sink: S, plan: Plan, rules: Rules<R>, flow: Arc<Flow>) -> Self {
        let able = plan.backend.capabilities();
        Self {
            sink,
            rules,
            place: Place::new(flow.call(), plan.workers),
            setup: Setup::new(plan.initializer.clone(), plan.workers),
            progress: plan.progress(tasks.size_hint()),
            sizing: Sizing::new(plan.batch_size, able.batch_window, able.batch_bytes),
            workers: plan.workers.into(),
            plan,
            flow,
            feed: Mutex::new(Feed { tasks: Some(tasks), next: 0, panic: None }),
            returned: Mutex::default(),
            misuse: Mutex::default(),
            panic: Mutex::default(),
        }
    }

    /// Has the backend run all of it, and checks that it did. Says how many tasks there were.
    ///
    /// # Errors
    /// The backend's own, or that it broke its contract. The failures of tasks are the sink's.
    ///
    /// # Panics
    /// As the caller's iterator did, or who listens to the progress.
    pub(super) fn run(&self) -> Result<usize> {
        self.run_checked().map_err(|error| self.plan.named(error))
    }

    fn run_checked(&self) -> Result<usize> {
        let ran = self.plan.backend.run(self);
        if let Some(panic) = lock(&self.panic).take() {
            resume_unwind(panic);
        }
        if let Some(error) = lock(&self.misuse).take() {
            return Err(error);
        }
        ran?;
        self.setup.outcome()?;
        let feed = lock(&self.feed);
        if !self.is_cancelled() && (feed.tasks.is_some() || !lock(&self.returned).is_empty()) {
            let message = "a parallel backend returned before all tasks were done";
            return Err(Error::new(ErrorKind::Bug, message));
        }
        Ok(feed.next)
    }

    fn pull(
        &self,
        worker: usize,
        wait_for_feed: bool,
    ) -> Result<Option<TypedBatch<'_, 'a, R, I, S>>, Busy> {
        if self.is_cancelled() {
            return Ok(None);
        }
        if let Some(chunk) = lock(&self.returned).pop_front() {
            return Ok(Some(self.hand_out(worker, chunk)));
        }
        let mut feed = self.feed(wait_for_feed)?;
        let drawn = self.draw(&mut feed);
        let panic = feed.panic.take();
        drop(feed);
        self.flow.left_feed();
        if let Some(panic) = panic {
            self.note_panic(panic);
        }
        match drawn? {
            Some(chunk) if chunk.tasks.is_empty() => self.pull(worker, wait_for_feed),
            chunk => Ok(chunk.map(|chunk| self.hand_out(worker, chunk))),
        }
    }

    /// The caller's iterator, which only one at a time can ask.
    fn feed(&self, wait: bool) -> Result<MutexGuard<'_, Feed<I>>, Busy> {
        if wait {
            return Ok(lock(&self.feed));
        }
        let attempt = || match self.feed.try_lock() {
            Ok(feed) => Ok(feed),
            Err(TryLockError::Poisoned(feed)) => Ok(feed.into_inner()),
            Err(TryLockError::WouldBlock) => Err(Busy),
        };
        attempt().or_else(|Busy| {
            // From now on, whoever leaves it tells; it may just have been left.
            self.flow.turned_away();
            attempt()
        })
    }

    /// The next tasks of the iterator; none of them when it has just ended, `None` when it had.
    fn draw(&self, feed: &mut Feed<I>) -> Result<Option<Chunk<'a, R>>, Busy> {
        let Some(left) = feed.tasks.as_ref().map(Iterator::size_hint) else {
            return if self.flow.may_return() { Err(Busy) } else { Ok(None) };
        };
        let workers = self.workers();
        let want = self.sizing.next(workers, left);
        let admitted = self.flow.admit(want, self.sizing.size(), workers);
        if admitted == 0 {
            return Err(Busy);
        }
        let chunk = self.place.within(|| feed.take(admitted, self.sizing.bytes()));
        if chunk.tasks.len() < admitted {
            self.flow.retire(admitted - chunk.tasks.len());
        }
        Ok(Some(chunk))
    }

    fn hand_out(&self, worker: usize, chunk: Chunk<'a, R>) -> TypedBatch<'_, 'a, R, I, S> {
        let may_return = self.rules.retries > 0
            || (!self.sizing.is_fixed() && self.plan.shared_memory && chunk.tasks.len() > 1);
        if may_return {
            self.flow.lend();
        }
        TypedBatch::new(self, worker, chunk, may_return)
    }

    /// Takes back tasks that did not run, or are to run again.
    pub(super) fn take_back(&self, chunk: Chunk<'a, R>) {
        lock(&self.returned).push_back(chunk);
        self.flow.stir();
    }

    pub(super) fn deliver(&self, start: usize, results: Vec<Result<R, TaskError>>) -> GoOn {
        if let Some(progress) = &self.progress {
            let failed = results.iter().filter(|result| self.rules.failed(result)).count();
            let advance = AssertUnwindSafe(|| progress.advance(results.len(), failed));
            if let Err(panic) = catch_unwind(advance) {
                self.note_panic(panic);
            }
        }
        self.sink.deliver(start, results)
    }

    /// Whether `worker` is ready for tasks; if not, the call is over.
    pub(super) fn initialized(&self, worker: usize) -> bool {
        let ready = self.setup.ready(worker);
        if !ready {
            self.flow.cancel();
        }
        ready
    }

    /// Notes that the backend broke its contract; the first time counts.
    pub(super) fn note_misuse(&self, message: String) {
        lock(&self.misuse).get_or_insert_with(|| Error::new(ErrorKind::Bug, message));
    }

    /// Ends the call with a panic of the caller's code; the first time counts.
    fn note_panic(&self, panic: Box<dyn Any + Send>) {
        lock(&self.panic).get_or_insert(panic);
        self.flow.cancel();
    }
}

impl<'a, R, I: Iterator<Item = Delayed<'a, R>>> Feed<I> {
    /// Up to `count` tasks of up to `bytes`, at least one if there is one.
    fn take(&mut self, count: usize, bytes: usize) -> Chunk<'a, R> {
        let mut chunk = Chunk { start: self.next, tasks: Vec::new(), failures: 0 };
        let Some(tasks) = &mut self.tasks else { return chunk };
        chunk.tasks.reserve(count.min(tasks.size_hint().0));
        let mut total = 0usize;
        let taking = catch_unwind(AssertUnwindSafe(|| {
            while chunk.tasks.len() < count && total < bytes {
                let Some(task) = tasks.next() else { return true };
                total = total.saturating_add(task.object().bytes());
                chunk.tasks.push(Some(task));
            }
            false
        }));
        match taking {
            Ok(false) => {}
            Ok(true) => self.tasks = None,
            Err(panic) => {
                self.panic = Some(panic);
                self.tasks = None;
            }
        }
        self.next += chunk.tasks.len();
        chunk
    }
}

impl<'a, R, I, S> sealed::Sealed for Dispatch<'a, R, I, S> {}

impl<'a, R, I, S> Call for Dispatch<'a, R, I, S>
where
    R: Send,
    I: Iterator<Item = Delayed<'a, R>> + Send,
    S: Sink<R>,
{
    fn workers(&self) -> usize {
        self.workers.load(Relaxed)
    }

    fn grown(&self, to: usize) {
        if let Some(n_jobs) = self.plan.n_jobs {
            self.workers.fetch_max(n_jobs.of(to), Relaxed);
            self.flow.stir();
        }
    }

    fn threads_per_worker(&self) -> usize {
        self.plan.threads_per_worker
    }

    fn next_batch(&self, worker: usize) -> Option<Batch<'_>> {
        loop {
            let seen = self.flow.changes();
            match self.pull(worker, true) {
                Ok(batch) => return batch.map(Batch::new),
                Err(Busy) => self.flow.wait(seen),
            }
        }
    }

    fn try_next_batch(&self, worker: usize, wake: &Waker) -> Pull<'_> {
        let seen = self.flow.changes();
        match self.pull(worker, false) {
            Ok(Some(batch)) => Pull::Batch(Batch::new(batch)),
            Ok(None) => Pull::Done,
            Err(Busy) => {
                self.flow.wake_later(seen, wake);
                Pull::Later
            }
        }
    }

    fn on_cancel(&self, hook: Box<dyn FnOnce() + Send>) -> CancelGuard {
        self.flow.token().on_cancel(hook)
    }

    fn initializer(&self, look: &mut dyn FnMut(&dyn PortableTask)) {
        if let Some(initializer) = &self.plan.initializer {
            initializer.with(|task| task.object().portable().into_iter().for_each(look));
        }
    }

    fn transfer(&self) -> &Transfer {
        &self.plan.transfer
    }

    fn surroundings(&self) -> Surroundings {
        let scope = scope::to_travel(self.place.scope());
        Surroundings::of(self.place.memory(), scope, self.plan.threads_per_worker)
    }

    fn is_cancelled(&self) -> bool {
        self.flow.is_cancelled()
    }

    fn timeout(&self) -> Option<Duration> {
        self.rules.timeout
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
