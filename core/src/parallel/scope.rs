//! Options for calls that say nothing themselves: of a scope, of the process, of the environment.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use super::Parallel;
use super::options::{Backend, Options};
use super::progress::Listeners;
use crate::units::TimeSpan;
use crate::{BackendConfig, Config, ParallelConfig, Registry, Result};

/// The options of the scopes around some code, merged.
pub(super) type Current = Option<Arc<Options>>;

thread_local! {
    static SCOPE: RefCell<Current> = const { RefCell::new(None) };
}
static INSTALLED: RwLock<Current> = RwLock::new(None);

impl Parallel {
    /// Runs `f` with these options for the parallel calls made in it, on this thread and in the tasks of such calls,
    /// where they say nothing themselves. Scopes nest, and end with a panic as well.
    ///
    /// What a call says itself comes first, then the innermost scope, what is [installed](Self::install), and the
    /// environment. Where a scope or something installed leaves `n_jobs` open, all processors are used.
    ///
    /// ```
    /// use larder_core::{Parallel, delayed};
    ///
    /// let loops = || Parallel::new().run((0..3).map(|i| delayed(move || i * 2)));
    /// let doubled = Parallel::new().backend("sequential").scope(loops)?;
    /// assert_eq!(doubled, [0, 2, 4]);
    /// # Ok::<(), larder_core::Error>(())
    /// ```
    pub fn scope<R>(&self, f: impl FnOnce() -> R) -> R {
        let options = match current() {
            Some(outer) => self.options.clone().over(&outer),
            None => self.options.clone(),
        };
        within(Some(Arc::new(options)), f)
    }

    /// Makes these the options of every parallel call of the process that says nothing itself and is in no
    /// [scope](Self::scope). The last one installed counts.
    ///
    /// ```
    /// use larder_core::{Config, Parallel};
    ///
    /// let config = Config::from_json(r#"{"parallel": {"backend": "sequential", "n_jobs": 2}}"#)?;
    /// Parallel::from(&config.parallel).install();
    /// # Parallel::uninstall();
    /// # Ok::<(), larder_core::Error>(())
    /// ```
    pub fn install(&self) {
        let options = Some(Arc::new(self.options.clone()));
        *INSTALLED.write().unwrap_or_else(PoisonError::into_inner) = options;
    }

    /// Ends what [`install`](Self::install) began.
    pub fn uninstall() {
        *INSTALLED.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// The scopes around this code.
pub(super) fn current() -> Current {
    SCOPE.with_borrow(Clone::clone)
}

/// Runs `f` in these scopes.
pub(super) fn within<R>(scope: Current, f: impl FnOnce() -> R) -> R {
    struct Leave(Current);
    impl Drop for Leave {
        fn drop(&mut self) {
            SCOPE.set(self.0.take());
        }
    }
    let _leave = Leave(SCOPE.replace(scope));
    f()
}

/// What these scopes and what is installed say, as far as another process can have it. Of backends, names alone: inside
/// of a call only what runs tasks in the process itself counts, and other options may be secret.
pub(super) fn to_travel(scope: &Current) -> Option<ParallelConfig> {
    let installed = INSTALLED.read().unwrap_or_else(PoisonError::into_inner).clone();
    let all = scope.iter().chain(&installed).map(|options| Options::clone(options));
    let options = all.reduce(|options, outer| options.over(&outer))?;
    let backend = options.backend.and_then(|backend| match backend {
        Backend::Named(config) if config.options.is_empty() => Some(config),
        _ => None,
    });
    Some(ParallelConfig {
        backend,
        n_jobs: options.n_jobs,
        prefer: options.prefer,
        batch_size: options.batch_size,
        pre_dispatch: options.pre_dispatch,
        timeout: options.timeout.map(TimeSpan),
        retries: options.retries,
        max_nbytes: options.transfer.max_nbytes,
        temp_folder: options.transfer.temp_folder,
        mmap_mode: options.transfer.mmap_mode,
        codec: options.transfer.codec,
        inner_max_num_threads: options.inner_max_num_threads,
        verbose: options.listeners.verbose,
        progress: options.listeners.bar,
    })
}

/// The scope that [`to_travel`] told of, in another process.
pub(super) fn elsewhere(config: &ParallelConfig) -> Current {
    let mut options = Parallel::from(config).options;
    // Registered there by somebody else, or not at all.
    let opens = |config: &BackendConfig| Registry::global().open_parallel(config).is_ok();
    options.backend = options.backend.filter(|backend| match backend {
        Backend::Named(config) => opens(config),
        _ => true,
    });
    Some(Arc::new(options))
}

/// `options`, with what they leave open.
///
/// # Errors
/// A variable of the environment that cannot be.
pub(super) fn settle(options: &Options) -> Result<Cow<'_, Options>> {
    let scope = current();
    let installed = INSTALLED.read().unwrap_or_else(PoisonError::into_inner).clone();
    let environment = environment()?;
    let configured = scope.is_some() || installed.is_some();
    if !configured && environment.is_none() {
        return Ok(Cow::Borrowed(options));
    }
    let all = scope.as_deref().into_iter().chain(installed.as_deref()).chain(environment);
    let mut options = all.fold(options.clone(), Options::over);
    if configured {
        options.n_jobs.get_or_insert(-1);
    }
    Ok(Cow::Owned(options))
}

/// What the environment says, as it was at the first call; `None` where it says nothing.
fn environment() -> Result<Option<&'static Options>> {
    static FOUND: OnceLock<Result<Option<Options>, String>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let config = Config::parallel_from_env().map_err(|error| error.to_string())?;
        Ok((config != ParallelConfig::default()).then(|| Parallel::from(&config).options))
    });
    match found {
        Ok(options) => Ok(options.as_ref()),
        Err(why) => Err(crate::Error::invalid(why)),
    }
}

impl Options {
    /// These, and `outer` where they leave something open.
    fn over(self, outer: &Self) -> Self {
        let Listeners { verbose, bar, callback } = self.listeners;
        Self {
            n_jobs: self.n_jobs.or(outer.n_jobs),
            backend: self.backend.or_else(|| outer.backend.clone()),
            batch_size: self.batch_size.or(outer.batch_size),
            timeout: self.timeout.or(outer.timeout),
            retries: self.retries.or(outer.retries),
            cancel: self.cancel.or_else(|| outer.cancel.clone()),
            pre_dispatch: self.pre_dispatch.or(outer.pre_dispatch),
            prefer: self.prefer.or(outer.prefer),
            require: self.require.or(outer.require),
            inner_max_num_threads: self.inner_max_num_threads.or(outer.inner_max_num_threads),
            initializer: self.initializer.or_else(|| outer.initializer.clone()),
            transfer: self.transfer.over(&outer.transfer),
            listeners: Listeners {
                verbose: verbose.or(outer.listeners.verbose),
                bar: bar.or(outer.listeners.bar),
                callback: callback.or_else(|| outer.listeners.callback.clone()),
            },
            invalid: self.invalid.or_else(|| outer.invalid.clone()),
        }
    }
}

impl From<&ParallelConfig> for Parallel {
    fn from(config: &ParallelConfig) -> Self {
        let mut parallel = Self::new();
        let options = &mut parallel.options;
        options.backend = config.backend.clone().map(Backend::Named);
        options.n_jobs = config.n_jobs;
        options.prefer = config.prefer;
        options.pre_dispatch = config.pre_dispatch;
        options.timeout = config.timeout.map(|limit| limit.0);
        options.retries = config.retries;
        options.transfer.max_nbytes = config.max_nbytes;
        options.transfer.temp_folder = config.temp_folder.clone();
        options.transfer.mmap_mode = config.mmap_mode;
        options.transfer.codec = config.codec.clone();
        options.listeners.verbose = config.verbose;
        options.listeners.bar = config.progress;
        if let Some(tasks) = config.batch_size {
            parallel = parallel.batch_size(tasks);
        }
        if let Some(threads) = config.inner_max_num_threads {
            parallel = parallel.inner_max_num_threads(threads);
        }
        parallel
    }
}

impl From<ParallelConfig> for Parallel {
    fn from(config: ParallelConfig) -> Self {
        (&config).into()
    }
}
