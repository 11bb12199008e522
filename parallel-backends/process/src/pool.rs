//! Workers that are warm: shared by all calls of this process with the same options.

use std::mem;
use std::sync::Arc;
use std::time::Instant;

use larder_core::Result;
use larder_worker::Launch;

use crate::ProcessOptions;
use crate::copies::Copies;
use crate::sync::{Mutex, MutexGuard, PoisonError, thread};
use crate::worker::Worker;

static POOLS: Mutex<Vec<Arc<Pool>>> = Mutex::new(Vec::new());

/// The workers that were started with the same options.
#[derive(Debug)]
pub(crate) struct Pool {
    options: ProcessOptions,
    idle: Mutex<Idle>,
    /// Of arrays that its workers have mapped, or will.
    copies: Mutex<Copies>,
}

#[derive(Debug, Default)]
struct Idle {
    /// The most recently used last: those used least go first.
    workers: Vec<(Instant, Worker)>,
    has_sweeper: bool,
}

impl Pool {
    /// The pool of these options. It stays, as its workers may.
    pub(crate) fn of(options: ProcessOptions) -> Arc<Self> {
        let mut pools = lock(&POOLS);
        if let Some(pool) = pools.iter().find(|pool| pool.options == options) {
            return pool.clone();
        }
        let pool = Arc::new(Self { options, idle: Mutex::default(), copies: Mutex::default() });
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

    /// A worker for this call alone, whose libraries use so many threads: a warm one where there is one.
    ///
    /// # Errors
    /// None can be started.
    pub(crate) fn take(&self, threads: usize) -> Result<Worker> {
        loop {
            let mut idle = lock(&self.idle);
            let warm = idle.workers.iter().rposition(|(_, worker)| worker.threads == threads);
            let Some(at) = warm else { break };
            let (_, mut worker) = idle.workers.remove(at);
            drop(idle);
            if worker.is_alive() {
                return Ok(worker);
            }
        }
        let worker = Worker::start(&self.options, threads)?;
        tracing::debug!(target: "larder::parallel", pid = worker.pid(), "a worker was started");
        Ok(worker)
    }

    /// Keeps a worker that has done its work.
    pub(crate) fn keep(self: &Arc<Self>, worker: Worker) {
        let mut idle = lock(&self.idle);
        idle.workers.push((Instant::now(), worker));
        if !idle.has_sweeper {
            let pool = self.clone();
            let sweeper = thread::Builder::new().name("larder-idle".to_owned());
            idle.has_sweeper = sweeper.spawn(move || pool.sweep()).is_ok();
        }
    }

    /// Ends the workers that nobody uses.
    pub(crate) fn shut_down(&self) {
        let idle = mem::take(&mut lock(&self.idle).workers);
        dismiss(idle);
        self.copies().clear();
    }

    /// Ends the workers that nobody has used for a while, and itself once there are none.
    fn sweep(&self) {
        let limit = self.options.idle.0;
        loop {
            let mut idle = lock(&self.idle);
            let kept = idle.workers.iter().position(|(since, _)| since.elapsed() < limit);
            let kept = kept.unwrap_or(idle.workers.len());
            let over: Vec<_> = idle.workers.drain(..kept).collect();
            let Some((oldest, _)) = idle.workers.first() else {
                idle.has_sweeper = false;
                drop(idle);
                dismiss(over);
                return self.copies().clear();
            };
            let wait = limit.saturating_sub(oldest.elapsed());
            drop(idle);
            dismiss(over);
            thread::sleep(wait);
        }
    }
}

/// Has all of these leave, and waits until they have.
fn dismiss(workers: Vec<(Instant, Worker)>) {
    workers.iter().for_each(|(_, worker)| worker.dismiss());
    workers.into_iter().for_each(|(_, worker)| worker.leave());
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
