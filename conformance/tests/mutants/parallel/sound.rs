//! Sound backends, in pieces that can be put together wrongly: threads that run tasks where they are, and threads that
//! do with every task what other processes do.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use larder_core::codec::{EncodeOptions, Encoded};
use larder_core::parallel::tasks::{self, EncodedTask, TaskBuffer};
use larder_core::parallel::{
    Batch, Call, NJobs, Outcome, Panic, ParallelBackend, ParallelCapabilities, PortableTask,
};
use larder_core::{Error, ErrorKind, Result};

type Run = dyn Fn(&dyn Call) -> Result<()> + Send + Sync;

/// A backend that runs calls like this.
pub(crate) struct Custom {
    pub(crate) declares: Box<dyn Fn() -> ParallelCapabilities + Send + Sync>,
    pub(crate) workers: fn(NJobs) -> usize,
    pub(crate) run: Box<Run>,
}

impl Custom {
    pub(crate) fn new(
        declares: ParallelCapabilities,
        run: impl Fn(&dyn Call) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        let workers = |n_jobs: NJobs| n_jobs.of(4);
        Self { declares: Box::new(move || declares), workers, run: Box::new(run) }
    }
}

impl fmt::Debug for Custom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Custom")
    }
}

impl ParallelBackend for Custom {
    fn capabilities(&self) -> ParallelCapabilities {
        (self.declares)()
    }

    fn workers(&self, n_jobs: NJobs) -> Result<usize> {
        Ok((self.workers)(n_jobs))
    }

    fn run(&self, call: &dyn Call) -> Result<()> {
        (self.run)(call)
    }
}

/// Runs `work(worker)` on a thread for each worker; the first error is that of all.
pub(crate) fn on_threads(call: &dyn Call, work: impl Fn(usize) -> Result<()> + Sync) -> Result<()> {
    thread::scope(|scope| {
        let work = &work;
        let workers: Vec<_> =
            (0..call.workers()).map(|worker| scope.spawn(move || work(worker))).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("it does not panic"))
    })
}

/// Tasks run on threads that take one batch after the other.
pub(crate) fn here(call: &dyn Call) -> Result<()> {
    on_threads(call, |worker| {
        while let Some(batch) = call.next_batch(worker) {
            batch.run_here();
        }
        Ok(())
    })
}

/// Tasks are encoded, found by name, run, and decoded, on threads that take one batch after the other.
pub(crate) fn elsewhere(call: &dyn Call) -> Result<()> {
    batches(call, |batch| each(call, batch, |batch, i| outcome_of(call, batch, i)))
}

/// Gives `deliver` every batch, on threads, once the workers are prepared.
pub(crate) fn batches(
    call: &dyn Call,
    deliver: impl Fn(Batch<'_>) -> Result<()> + Sync,
) -> Result<()> {
    prepare(call)?;
    on_threads(call, |worker| {
        while let Some(batch) = call.next_batch(worker) {
            deliver(batch)?;
        }
        Ok(())
    })
}

/// Sets the outcome of each task of a batch, until the call is cancelled: of a task that was ended, nobody is told.
pub(crate) fn each(
    call: &dyn Call,
    mut batch: Batch<'_>,
    outcome: impl Fn(&Batch<'_>, usize) -> Outcome,
) -> Result<()> {
    for i in 0..batch.len() {
        if call.is_cancelled() {
            break;
        }
        let outcome = outcome(&batch, i);
        if call.is_cancelled() {
            break;
        }
        batch.set(i, outcome, "elsewhere")?;
    }
    Ok(())
}

/// Runs the initializer.
pub(crate) fn prepare(call: &dyn Call) -> Result<()> {
    let mut prepared = Ok(());
    call.initializer(&mut |task| {
        if let Outcome::Panicked(panic) = caught(|| Letter::to(task)?.answer()) {
            let said = format!("the initializer panicked: {}", panic.message);
            prepared = Err(Error::new(ErrorKind::Task, said));
        }
    });
    prepared
}

/// What becomes of a task that is sent there and back.
pub(crate) fn outcome_of(call: &dyn Call, batch: &Batch<'_>, i: usize) -> Outcome {
    let begun = Instant::now();
    let outcome = caught(|| letter(batch, i)?.answer());
    let late = |limit: Duration| begun.elapsed() > limit;
    if call.timeout().is_some_and(late) { Outcome::TimedOut } else { outcome }
}

/// A task as it is sent, where it can be.
pub(crate) fn letter(batch: &Batch<'_>, i: usize) -> Result<Letter> {
    let task = batch.portable(i);
    Letter::to(task.ok_or_else(|| Error::unsupported("elsewhere", "closures"))?)
}

pub(crate) fn caught(answer: impl FnOnce() -> Result<Encoded>) -> Outcome {
    match Panic::catch(answer) {
        Ok(Ok(returned)) => Outcome::Returned(returned),
        Ok(Err(error)) => Outcome::Failed(error),
        Err(panic) => Outcome::Panicked(panic),
    }
}

/// A task on its way.
pub(crate) struct Letter {
    pub(crate) function: &'static str,
    pub(crate) version: u64,
    pub(crate) payload: Vec<u8>,
    pub(crate) buffers: Vec<Bytes>,
}

impl Letter {
    fn to(task: &dyn PortableTask) -> Result<Self> {
        let EncodedTask { payload, buffers, .. } = task.encode(&larder_core::codec::Postcard)?;
        let buffers = buffers.iter().map(TaskBuffer::to_bytes).collect();
        Ok(Self { function: task.function(), version: task.version(), payload, buffers })
    }

    /// What a worker does.
    pub(crate) fn answer(&self) -> Result<Encoded> {
        let function = tasks::find(self.function, self.version)?;
        function.run(&self.payload, self.buffers.clone(), &EncodeOptions::default())
    }
}
