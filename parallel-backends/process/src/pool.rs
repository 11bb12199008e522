//! Workers that are warm: shared by all calls of this process with the same options.

use std::ptr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use larder_core::Result;
use larder_worker::{Launch, Socket};

use crate::ProcessOptions;
use crate::copies::Copies;
use crate::start::NotStarted;
use crate::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use crate::watch::{Watch, watch};
use crate::worker::Worker;

static POOLS: Mutex<Vec<Arc<Pool>>> = Mutex::new(Vec::new());

/// The workers that were started with the same options.
#[derive(Debug)]
pub(crate) struct Pool {
    options: ProcessOptions,
    workers: Mutex<Workers>,
    /// The watch has looked after those that ended.
    buried: Condvar,
    /// Of arrays that its workers have mapped, or will.
    copies: Mutex<Copies>,
}

#[derive(Debug, Default)]
pub(crate) struct Workers {
    /// The most recently used last: those used least go first.
    pub(crate) idle: Vec<(Instant, Worker)>,
    /// The connections to all there are, in use or not. Who ends is taken out by the watch.
    pub(crate) watched: Vec<Socket>,
    /// As long as there are any.
    pub(crate) watch: Option<Watch>,
}

impl Pool {
    /// The pool of these options. It stays, as its workers may.
    pub(crate) fn of(options: ProcessOptions) -> Arc<Self> {
        let mut pools = lock(&POOLS);
        if let Some(pool) = pools.iter().find(|pool| pool.options == options) {
            return pool.clone();
        }
        let (workers, buried, copies) = Default::default();
        let pool = Arc::new(Self { options, workers, buried, copies });
        pools.push(pool.clone());
        pool
    }

    /// # Errors
    /// This program cannot be a worker.
    pub(crate) fn can_start(&self) -> Result<()> {
        match self.options.exe {
            Some(_) => Ok(()),
            None => Launch::of_this_program().map(drop),
        }
    }

    pub(crate) fn options(&self) -> &ProcessOptions {
        &self.options
    }

    /// Copies of arrays that several calls may be given.
    pub(crate) fn copies(&self) -> MutexGuard<'_, Copies> {
        lock(&self.copies)
    }

    pub(crate) fn workers(&self) -> MutexGuard<'_, Workers> {
        lock(&self.workers)
    }

    /// A worker for this call alone, whose libraries use so many threads: a warm one where there is one.
    ///
    /// # Errors
    /// None can be started.
    pub(crate) fn take(self: &Arc<Self>, threads: usize) -> Result<Worker, NotStarted> {
        if let Some(worker) = self.warm(threads) {
            return Ok(worker);
        }
        match self.start(threads) {
            Err(NotStarted::NoRoom(error)) => match self.warm(threads) {
                // Another driver has left it meanwhile.
                Some(worker) => Ok(worker),
                // Those that wait for other calls are in the way of this one.
                None if self.dismiss_idle(|worker| worker.threads != threads) => {
                    self.start(threads)
                }
                None => Err(NotStarted::NoRoom(error)),
            },
            started => started,
        }
    }

    fn warm(&self, threads: usize) -> Option<Worker> {
        loop {
            let mut workers = self.workers();
            let at = workers.idle.iter().rposition(|(_, worker)| worker.threads == threads)?;
            let (_, mut worker) = workers.idle.remove(at);
            drop(workers);
            if worker.is_alive() {
                return Some(worker);
            }
        }
    }

    fn start(self: &Arc<Self>, threads: usize) -> Result<Worker, NotStarted> {
        let worker = Worker::start(&self.options, threads)?;
        let mut workers = self.workers();
        workers.watched.push(worker.sink.again());
        if let Err(error) = watch(self, &mut workers) {
            workers.watched.pop();
            return Err(error.into());
        }
        tracing::debug!(target: "larder::parallel", pid = worker.pid(), "a worker was started");
        Ok(worker)
    }

    /// Keeps a worker that has done its work, if it is still there.
    pub(crate) fn keep(&self, worker: Worker) {
        let mut workers = self.workers();
        if workers.watched.iter().any(|watched| is_of(watched, &worker)) {
            workers.idle.push((Instant::now(), worker));
        }
    }

    /// Ends the workers that nobody uses, and returns when they are gone.
    pub(crate) fn shut_down(&self) {
        self.dismiss_idle(|_| true);
        self.copies().clear();
        let mut workers = self.workers();
        while workers.watch.as_ref().is_some_and(|watch| watch.has_work(&workers.watched)) {
            workers = self.buried.wait(workers).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends those of the workers that nobody uses, if there are any.
    fn dismiss_idle(&self, which: impl Fn(&Worker) -> bool) -> bool {
        let idle: Vec<_> =
            self.workers().idle.extract_if(.., |(_, worker)| which(worker)).collect();
        let any = !idle.is_empty();
        dismiss(idle);
        any
    }

    /// Looks after the workers of these connections, which have ended, and those that nobody has used for a while.
    pub(crate) fn bury(&self, ended: Vec<Socket>) {
        let mut workers = self.workers();
        for connection in ended {
            workers.watched.retain(|watched| !ptr::eq(watched.stream(), connection.stream()));
            // Dropped, it is waited for.
            workers.idle.retain(|(_, worker)| !is_of(&connection, worker));
        }
        let expired = workers.expired(self.options.idle.0);
        drop(workers);
        self.buried.notify_all();
        dismiss(expired);
    }

    /// Says that nobody watches any more.
    pub(crate) fn unwatched(&self, mut workers: MutexGuard<'_, Workers>) {
        workers.watch = None;
        drop(workers);
        self.copies().clear();
        self.buried.notify_all();
    }
}

impl Workers {
    /// Until when nobody will have been idle for so long.
    pub(crate) fn next_expiry(&self, limit: Duration) -> Duration {
        /// Who is in use now may be idle next, and the watch is not told.
        const LEAST: Duration = Duration::from_millis(100);
        self.idle
            .first()
            .map_or(limit.max(LEAST), |(since, _)| limit.saturating_sub(since.elapsed()))
    }

    /// Takes out those that were idle for so long.
    fn expired(&mut self, limit: Duration) -> Vec<(Instant, Worker)> {
        let kept = self.idle.iter().position(|(since, _)| since.elapsed() < limit);
        self.idle.drain(..kept.unwrap_or(self.idle.len())).collect()
    }
}

/// Has all of these leave, and waits until they have.
fn dismiss(workers: Vec<(Instant, Worker)>) {
    workers.iter().for_each(|(_, worker)| worker.dismiss());
    workers.into_iter().for_each(|(_, worker)| worker.leave());
}

fn is_of(connection: &Socket, worker: &Worker) -> bool {
    ptr::eq(connection.stream(), worker.sink.stream())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
