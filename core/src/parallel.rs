//! The one trait a parallel backend implements, and the one it is served by. What programs use is [`Parallel`].

mod attempt;
mod batch;
mod cancel;
mod capabilities;
mod collect;
mod delayed;
mod dispatch;
mod flow;
mod in_a_loop;
mod iter;
mod lanes;
mod n_jobs;
mod options;
mod panics;
mod place;
mod plan;
mod pre_dispatch;
mod progress;
mod results;
mod run;
mod scope;
mod sequential;
mod setup;
mod sizing;
mod stream;
mod surroundings;
mod task_error;
pub mod tasks;
mod transfer;
mod try_error;
mod twins;
mod typed_batch;

use std::fmt;
use std::task::Waker;
use std::time::Duration;

pub use self::batch::{Batch, Outcome, Pull};
pub use self::cancel::{CancelGuard, CancelToken};
pub use self::capabilities::ParallelCapabilities;
pub use self::delayed::{Delayed, PortableTask, delayed, repeatable};
pub use self::lanes::drive;
pub use self::n_jobs::{NJobs, cpu_count};
pub use self::options::{IntoBackend, Parallel, Prefer, Require};
pub use self::panics::{Panic, Trace};
pub use self::pre_dispatch::PreDispatch;
pub use self::progress::ProgressUpdate;
pub use self::results::{Results, Unordered};
pub use self::sequential::Sequential;
pub use self::surroundings::{Around, Surroundings};
pub use self::task_error::{TaskError, TaskErrorKind, TaskInfo};
pub use self::transfer::{MaxNbytes, Transfer};
pub use self::try_error::TryError;
pub use self::twins::{ResultStream, UnorderedStream};
use crate::Result;

/// A way of running many tasks: on threads, in processes, on a cluster.
///
/// A backend *pulls*: it is given a whole [`Call`], takes batches of tasks from it while it has room for them, and
/// returns when all are done. So tasks may borrow from the caller, back-pressure is nothing but not pulling, and a backend
/// never sees the type of a result.
///
/// Order, batching, retries, progress, errors and nested calls are larder's, above the trait; so are the time limits and
/// the initializer of tasks that run [here](Batch::run_here).
///
/// ```
/// use larder_core::parallel::{Call, NJobs, ParallelBackend, ParallelCapabilities};
/// use larder_core::{Parallel, Result, delayed};
///
/// #[derive(Debug)]
/// struct Scoped;
///
/// impl ParallelBackend for Scoped {
///     fn capabilities(&self) -> ParallelCapabilities {
///         ParallelCapabilities::shared_memory()
///     }
///     fn workers(&self, n_jobs: NJobs) -> Result<usize> {
///         Ok(n_jobs.of(larder_core::cpu_count()))
///     }
///     fn run(&self, call: &dyn Call) -> Result<()> {
///         std::thread::scope(|scope| {
///             for worker in 0..call.workers() {
///                 scope.spawn(move || {
///                     while let Some(batch) = call.next_batch(worker) {
///                         batch.run_here();
///                     }
///                 });
///             }
///         });
///         Ok(())
///     }
/// }
///
/// let words = ["pear", "fig"]; // tasks may borrow
/// let lengths = Parallel::new().backend(Scoped).n_jobs(2).run(words.iter().map(|w| delayed(|| w.len())))?;
/// assert_eq!(lengths, [4, 3]);
/// # Ok::<(), larder_core::Error>(())
/// ```
///
/// # Contract
///
/// * **All of it.** [`run`](Self::run) returns `Ok` only once [`next_batch`](Call::next_batch) has answered `None` (or
///   [`try_next_batch`](Call::try_next_batch) [`Pull::Done`]) and every batch taken has been dropped. larder checks.
/// * **Once.** A task handed out is run once, whatever becomes of a worker; unless it is known not to have begun, or
///   may run [again](Batch::is_repeatable).
/// * **A task's failure is its own.** A panic, an abort, an argument that cannot be sent ends that task with an
///   [`Outcome`] and harms no other. An error of `run` means that the backend itself cannot go on.
/// * **Cancelling is prompt.** After [`on_cancel`](Call::on_cancel) a backend that can interrupt tasks does; every other
///   stops pulling. Either way `run` returns as soon as nothing runs any more. Of a task that was ended so, nothing is
///   [set](Batch::set): it is cancelled, and has not failed.
/// * **Time limits are kept** of tasks that run elsewhere: see [`timeout`](Call::timeout).
/// * **Nothing is left behind** when `run` returns: no task still runs, nothing of the call is referred to.
/// * **Any number of calls at once**, from any threads, also from inside of tasks.
/// * **No pool of others**: who waits in [`next_batch`](Call::next_batch) must not hold up code that the tasks need, as
///   a job in a pool that the tasks use would. [`drive`] lends threads that are right.
///
/// The suite in `larder-conformance` checks all of this.
pub trait ParallelBackend: fmt::Debug + Send + Sync + 'static {
    /// What this backend can do. The answer must not change.
    fn capabilities(&self) -> ParallelCapabilities;

    /// How many workers there would be for `n_jobs`: at least 1. A hint: clusters grow and shrink.
    ///
    /// # Errors
    /// The backend cannot know, such as a cluster that cannot be reached.
    fn workers(&self, n_jobs: NJobs) -> Result<usize>;

    /// Runs all of `call`.
    ///
    /// # Errors
    /// The backend cannot go on. What was not done is then cancelled, and the caller of the call gets this error.
    fn run(&self, call: &dyn Call) -> Result<()>;
}

/// A call under way, as a backend sees it: where batches come from. Only larder implements it.
///
/// Workers are numbered from 0. The number says where a task ran, no more: a backend may use as many as it likes, one
/// thread may pull for several, and none has to pull at all.
pub trait Call: Sync + sealed::Sealed {
    /// How many workers the caller wants at most: what [`ParallelBackend::workers`] answered, or fewer.
    fn workers(&self) -> usize;

    /// Tells that there is room for so many workers by now, for backends to which workers come while a call runs: of a
    /// caller who wants all there are, [`workers`](Self::workers) grows.
    fn grown(&self, to: usize);

    /// How many threads each task may use for itself, such as in a rayon pool of its own.
    fn threads_per_worker(&self) -> usize;

    /// The next tasks for `worker`; `None` when there are no more, or the call was cancelled.
    ///
    /// # Behavior
    /// Waits while the caller wants no more tasks to be under way, which may be until a batch already handed out is
    /// dropped: one thread a worker, and not while it holds a batch. To take more beforehand, or to serve many workers
    /// on one thread, there is [`try_next_batch`](Self::try_next_batch).
    fn next_batch(&self, worker: usize) -> Option<Batch<'_>>;

    /// As [`next_batch`](Self::next_batch), but never waits for other batches: with [`Pull::Later`], `wake` is woken once
    /// it is worth asking again. It may take as long as the caller's iterator does to produce a task.
    fn try_next_batch(&self, worker: usize, wake: &Waker) -> Pull<'_>;

    /// Calls `hook` when the call is cancelled (at once, if it was already), on whichever thread cancels, until the guard
    /// is dropped. The hook should not wait.
    fn on_cancel(&self, hook: Box<dyn FnOnce() + Send>) -> CancelGuard;

    /// Shows `look` the task that every worker is to run before its first, where there is one and it can be sent
    /// elsewhere. Of tasks that run [here](Batch::run_here), larder sees to it.
    fn initializer(&self, look: &mut dyn FnMut(&dyn PortableTask));

    /// How arguments and results travel, for backends whose tasks run elsewhere.
    fn transfer(&self) -> &Transfer;

    /// What the tasks find around them, for backends whose tasks run elsewhere.
    fn surroundings(&self) -> Surroundings;

    /// Whether the call was cancelled: by its caller, or by the failure of a task.
    fn is_cancelled(&self) -> bool;

    /// How long each task may take, from its start. Of tasks that run [here](Batch::run_here), larder sees to it. Of one
    /// that runs elsewhere only the backend knows when it began, and reports [`Outcome::TimedOut`]: at once, having
    /// ended it, where it is [preemptive](ParallelCapabilities::preemptive), otherwise in place of its late result.
    fn timeout(&self) -> Option<Duration>;
}

mod sealed {
    pub trait Sealed {}
}

const _: () = {
    const fn is_send_sync<T: Send + Sync + ?Sized>() {}
    is_send_sync::<dyn ParallelBackend>();
};
