//! What a program says about its parallel calls.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::cancel::CancelToken;
use super::progress::{Listeners, ProgressUpdate};
use super::setup::Initializer;
use super::transfer::TransferOptions;
use super::{Delayed, ParallelBackend, PreDispatch};
use crate::{BackendConfig, Error, Result};

/// Runs tasks in parallel. Start from [`new`](Self::new), say what is to be different, and [`run`](Self::run).
///
/// ```
/// use larder_core::{Parallel, delayed};
///
/// let parallel = Parallel::new().n_jobs(2);
/// let squares = parallel.run((0..1000u64).map(|i| delayed(move || i * i)))?;
/// assert_eq!(squares[30], 900); // in order, whatever finished first
/// # Ok::<(), larder_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Parallel {
    pub(super) options: Options,
}

/// What was said; the rest comes from configuration, or is the default.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    pub(crate) n_jobs: Option<isize>,
    pub(crate) backend: Option<Backend>,
    pub(crate) batch_size: Option<usize>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) retries: Option<usize>,
    pub(crate) cancel: Option<CancelToken>,
    pub(crate) pre_dispatch: Option<PreDispatch>,
    pub(crate) prefer: Option<Prefer>,
    pub(crate) require: Option<Require>,
    pub(crate) inner_max_num_threads: Option<usize>,
    pub(crate) initializer: Option<Initializer>,
    pub(crate) transfer: TransferOptions,
    pub(crate) listeners: Listeners,
    /// What was said that cannot be meant: the first of it is the error of every call.
    pub(crate) invalid: Option<Arc<str>>,
}

/// A hint, for where the backend is left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Prefer {
    /// Tasks wait, or leave Rust: threads are enough.
    Threads,
    /// Tasks should not share a process.
    Processes,
}

/// What a backend has to have, whichever was asked for.
///
/// ```
/// use std::sync::Mutex;
///
/// use larder_core::parallel::Require;
/// use larder_core::{Parallel, delayed};
///
/// let found = Mutex::new(Vec::new()); // tasks elsewhere would fill another one
/// let tasks = (0..4).map(|n| {
///     let found = &found;
///     delayed(move || found.lock().unwrap().push(n))
/// });
/// Parallel::new().require(Require::SharedMemory).run(tasks)?;
/// assert_eq!(found.lock().unwrap().len(), 4);
/// # Ok::<(), larder_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Require {
    /// Tasks see this process's memory: where the backend asked for runs them elsewhere, threads are used.
    SharedMemory,
}

/// A backend, or the name of one.
#[derive(Debug, Clone)]
pub(crate) enum Backend {
    Named(BackendConfig),
    Instance(Arc<dyn ParallelBackend>),
    /// By this name, and kept.
    Opened(String, Arc<dyn ParallelBackend>),
}

/// What [`Parallel::backend`] takes: the name of a backend, as in a configuration (`"dask?endpoint=tcp://host:8786"`), a
/// [`BackendConfig`], a backend, or a shared one.
pub trait IntoBackend {
    #[doc(hidden)]
    fn into_backend(self, _: Hidden) -> BackendChoice;
}

/// Keeps [`IntoBackend`] from being called elsewhere.
#[doc(hidden)]
#[derive(Debug)]
pub struct Hidden(());

/// A backend, or the name of one.
#[doc(hidden)]
#[derive(Debug)]
pub struct BackendChoice(Result<Backend>);

impl IntoBackend for &str {
    fn into_backend(self, _: Hidden) -> BackendChoice {
        BackendChoice(self.parse().map(Backend::Named))
    }
}

impl IntoBackend for String {
    fn into_backend(self, hidden: Hidden) -> BackendChoice {
        self.as_str().into_backend(hidden)
    }
}

impl IntoBackend for BackendConfig {
    fn into_backend(self, _: Hidden) -> BackendChoice {
        BackendChoice(Ok(Backend::Named(self)))
    }
}

impl IntoBackend for &BackendConfig {
    fn into_backend(self, hidden: Hidden) -> BackendChoice {
        self.clone().into_backend(hidden)
    }
}

impl IntoBackend for Arc<dyn ParallelBackend> {
    fn into_backend(self, _: Hidden) -> BackendChoice {
        BackendChoice(Ok(Backend::Instance(self)))
    }
}

impl<B: ParallelBackend> IntoBackend for B {
    fn into_backend(self, _: Hidden) -> BackendChoice {
        BackendChoice(Ok(Backend::Instance(Arc::new(self))))
    }
}

impl Options {
    pub(super) fn note_invalid(&mut self, message: &str) {
        self.invalid.get_or_insert_with(|| message.into());
    }
}

impl Parallel {
    /// One worker on this process's threads, unless a [scope](Self::scope), the [installed](Self::install) options or the
    /// environment say otherwise.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many tasks run at once: so many, or with -1 as many as there are [processors](super::cpu_count), with -2 all
    /// but one, and so on. 0 is an error of the call.
    #[must_use]
    pub fn n_jobs(mut self, n: isize) -> Self {
        self.options.n_jobs = Some(n);
        self
    }

    /// Where they run: the name of a backend, or one that was built in code.
    #[must_use]
    pub fn backend(mut self, backend: impl IntoBackend) -> Self {
        let BackendChoice(backend) = backend.into_backend(Hidden(()));
        match backend {
            Ok(backend) => self.options.backend = Some(backend),
            Err(error) => self.options.note_invalid(error.message()),
        }
        self
    }

    /// How many tasks are handed to a worker at once. Unset, batches are sized by how long they take.
    #[must_use]
    pub fn batch_size(mut self, tasks: usize) -> Self {
        if tasks == 0 {
            self.options.note_invalid("batch_size = 0 would run nothing");
        }
        self.options.batch_size = Some(tasks);
        self
    }

    /// How long each task may take, from its start. Backends that cannot end a running task report it when it ends.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.options.timeout = Some(limit);
        self
    }

    /// How often a task that fails is tried again, if it can be: a `#[task]` function's, or one made by
    /// [`repeatable`](super::repeatable).
    #[must_use]
    pub fn retries(mut self, times: usize) -> Self {
        self.options.retries = Some(times);
        self
    }

    /// How many tasks are taken from their iterator beforehand: `"all"`, a number, or `"1.5 * n_jobs"`.
    #[must_use]
    pub fn pre_dispatch(mut self, tasks: impl TryInto<PreDispatch, Error: Into<Error>>) -> Self {
        match tasks.try_into().map_err(Into::into) {
            Ok(tasks) => self.options.pre_dispatch = Some(tasks),
            Err(error) => self.options.note_invalid(error.message()),
        }
        self
    }

    /// What kind of backend suits these tasks, where none is chosen.
    #[must_use]
    pub fn prefer(mut self, kind: Prefer) -> Self {
        self.options.prefer = Some(kind);
        self
    }

    /// What the backend has to have: this beats every choice of one.
    #[must_use]
    pub fn require(mut self, what: Require) -> Self {
        self.options.require = Some(what);
        self
    }

    /// How many threads each task may use for itself, in a rayon pool or a parallel call of its own. Unset, its share of
    /// the processors.
    #[must_use]
    pub fn inner_max_num_threads(mut self, threads: usize) -> Self {
        if threads == 0 {
            self.options.note_invalid("inner_max_num_threads = 0: every task needs a thread");
        }
        self.options.inner_max_num_threads = Some(threads);
        self
    }

    /// A task that every worker runs before its first of a call: a `#[task]` function's, or a
    /// [`repeatable`](super::repeatable) closure's. If it panics, the call fails.
    #[must_use]
    pub fn initializer(mut self, task: Delayed<'static, ()>) -> Self {
        if !task.object().is_repeatable() {
            self.options.note_invalid(
                "an initializer runs once for every worker: make it with `repeatable`",
            );
        }
        self.options.initializer = Some(Initializer::new(task));
        self
    }

    /// Shows a bar on a terminal (with the feature `progress`), or prints lines to standard error.
    #[must_use]
    pub fn progress(mut self, show: bool) -> Self {
        self.options.listeners.bar = Some(show);
        self
    }

    /// Calls `listener` whenever tasks are done, one call at a time.
    #[must_use]
    pub fn on_progress(
        mut self,
        listener: impl Fn(&ProgressUpdate) + Send + Sync + 'static,
    ) -> Self {
        self.options.listeners.callback = Some(Arc::new(listener));
        self
    }

    /// Prints lines about the progress to standard error: none with 0, a few with 1, about ten with 10, one for
    /// every batch from 11 on.
    #[must_use]
    pub fn verbose(mut self, level: u32) -> Self {
        self.options.listeners.verbose = Some(level);
        self
    }

    /// Ends calls from outside.
    #[must_use]
    pub fn cancel_token(mut self, token: &CancelToken) -> Self {
        self.options.cancel = Some(token.clone());
        self
    }
}
