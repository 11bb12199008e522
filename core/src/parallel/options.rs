//! What a program says about its parallel calls.

use std::sync::Arc;
use std::time::Duration;

use super::ParallelBackend;
use super::cancel::CancelToken;

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
}

/// A backend, or the name of one.
#[derive(Debug, Clone)]
pub(crate) enum Backend {
    Named(String),
    Instance(Arc<dyn ParallelBackend>),
}

/// What [`Parallel::backend`] takes: the name of a backend, a backend, or a shared one.
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
pub struct BackendChoice(Backend);

impl IntoBackend for &str {
    fn into_backend(self, _: Hidden) -> BackendChoice {
        BackendChoice(Backend::Named(self.to_owned()))
    }
}

impl IntoBackend for String {
    fn into_backend(self, _: Hidden) -> BackendChoice {
        BackendChoice(Backend::Named(self))
    }
}

impl IntoBackend for Arc<dyn ParallelBackend> {
    fn into_backend(self, _: Hidden) -> BackendChoice {
        BackendChoice(Backend::Instance(self))
    }
}

impl<B: ParallelBackend> IntoBackend for B {
    fn into_backend(self, _: Hidden) -> BackendChoice {
        BackendChoice(Backend::Instance(Arc::new(self)))
    }
}

impl Parallel {
    /// One worker, unless the configuration says otherwise.
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
        self.options.backend = Some(backend);
        self
    }

    /// How many tasks are handed to a worker at once. Unset, batches are sized by how long they take.
    #[must_use]
    pub fn batch_size(mut self, tasks: usize) -> Self {
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

    /// Ends calls from outside.
    #[must_use]
    pub fn cancel_token(mut self, token: &CancelToken) -> Self {
        self.options.cancel = Some(token.clone());
        self
    }
}
