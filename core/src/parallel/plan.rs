//! What a call is going to be, once everybody has had their say.

use std::iter::Peekable;
use std::sync::{Arc, Once};
use std::time::Duration;

use super::attempt::Rules;
use super::cancel::{CancelGuard, CancelToken};
use super::flow::{Flow, Limit};
use super::options::{Backend, Options, Prefer, Require};
use super::place::Place;
use super::progress::{Listeners, Progress};
use super::setup::Initializer;
use super::{Delayed, NJobs, ParallelBackend, PreDispatch, Transfer, cpu_count, scope};
use crate::{BackendConfig, Error, Registry, Result};

/// The backend of a call, and how it is used.
#[derive(Debug)]
pub(super) struct Plan {
    /// As it is called in messages.
    pub(super) name: String,
    pub(super) backend: Arc<dyn ParallelBackend>,
    pub(super) shared_memory: bool,
    /// Whether a plain loop does it.
    pub(super) is_loop: bool,
    pub(super) workers: usize,
    /// What the backend was asked for, unless the call is inside of another.
    pub(super) n_jobs: Option<NJobs>,
    pub(super) threads_per_worker: usize,
    pub(super) batch_size: Option<usize>,
    pub(super) pre_dispatch: PreDispatch,
    pub(super) initializer: Option<Initializer>,
    pub(super) transfer: Transfer,
    cancel: Option<CancelToken>,
    timeout: Option<Duration>,
    retries: usize,
    listeners: Listeners,
}

impl Plan {
    /// The plan for a call with these options, made here; `can_leave` tells whether its tasks can be sent elsewhere, and
    /// is asked only if they are to be.
    ///
    /// # Errors
    /// An option is out of range, or there is no such backend.
    pub(super) fn new(options: &Options, can_leave: impl FnOnce() -> bool) -> Result<Self> {
        let options = &*scope::settle(options)?;
        if let Some(invalid) = &options.invalid {
            return Err(Error::invalid(&**invalid));
        }
        let n_jobs = NJobs::new(options.n_jobs.unwrap_or(1))?;
        let budget = Place::budget();
        let chosen = choose(options, budget.is_some(), can_leave)?;
        let workers = match budget {
            // Inside of another call: no more than its share.
            Some(cpus) => n_jobs.of(cpus).min(cpus),
            None => chosen.backend.workers(n_jobs).map_err(|error| chosen.named(error))?.max(1),
        };
        let cpus = budget.unwrap_or_else(cpu_count);
        let able = chosen.backend.capabilities();
        let shared_memory = able.shared_memory;
        if let Some(initializer) = options.initializer.as_ref().filter(|_| !shared_memory) {
            initializer.check_portable().map_err(|error| chosen.named(error))?;
        }
        Ok(Self {
            is_loop: workers == 1 && shared_memory && !chosen.in_code,
            shared_memory,
            name: chosen.name,
            backend: chosen.backend,
            workers,
            n_jobs: budget.is_none().then_some(n_jobs),
            threads_per_worker: options
                .inner_max_num_threads
                .unwrap_or_else(|| if able.remote { 1 } else { (cpus / workers).max(1) }),
            batch_size: options.batch_size,
            pre_dispatch: options.pre_dispatch.unwrap_or_default(),
            initializer: options.initializer.clone(),
            transfer: if shared_memory {
                Transfer::default()
            } else {
                options.transfer.settle()?
            },
            cancel: options.cancel.clone(),
            timeout: options.timeout,
            retries: options.retries.unwrap_or(0),
            listeners: options.listeners.clone(),
        })
    }

    /// The flow of the call, which its token cancels until the guard is dropped; `taken` where results are taken one by
    /// one.
    pub(super) fn flow(&self, taken: bool) -> (Arc<Flow>, Option<CancelGuard>) {
        let flow = Arc::new(Flow::new(self.limit(taken)));
        let follow = self.cancel.as_ref().map(|token| flow.follow(token));
        (flow, follow)
    }

    /// How many tasks may be under way.
    fn limit(&self, taken: bool) -> Limit {
        match (self.pre_dispatch, self.pre_dispatch.tasks(self.workers)) {
            (_, Some(tasks)) => Limit::Tasks(tasks),
            (PreDispatch::All, None) => Limit::None,
            (_, None) if taken => Limit::Taken,
            (_, None) => Limit::Batches,
        }
    }

    /// What holds for every task.
    pub(super) fn rules<R>(&self, is_failure: fn(&R) -> bool) -> Rules<R> {
        Rules { timeout: self.timeout, retries: self.retries, is_failure }
    }

    /// Tells those who listen that the call begins.
    pub(super) fn progress(&self, tasks: (usize, Option<usize>)) -> Option<Progress> {
        self.listeners.begin(&self.name, self.workers, tasks)
    }

    /// `error`, with the name of the backend.
    pub(super) fn named(&self, error: Error) -> Error {
        error.with("backend", &self.name)
    }
}

/// A backend, as somebody asked for it.
pub(super) struct Chosen {
    pub(super) name: String,
    pub(super) backend: Arc<dyn ParallelBackend>,
    /// Built in code: it runs the tasks even where a loop would do.
    in_code: bool,
}

impl Chosen {
    pub(super) fn of(choice: &Backend) -> Result<Self> {
        Ok(match choice {
            Backend::Named(config) => Self::described(config)?,
            Backend::Opened(name, backend) => {
                Self { name: name.clone(), backend: backend.clone(), in_code: false }
            }
            Backend::Instance(backend) => {
                Self { name: format!("{backend:?}"), backend: backend.clone(), in_code: true }
            }
        })
    }

    fn described(config: &BackendConfig) -> Result<Self> {
        let (name, backend) = Registry::global().open_named(config)?;
        Ok(Self { name, backend, in_code: false })
    }

    /// What runs tasks in this process: threads where they are compiled in.
    fn here() -> Result<Self> {
        let threads = Self::described(&BackendConfig::new("threading"));
        threads.or_else(|_| Self::described(&BackendConfig::new("sequential")))
    }

    fn named(&self, error: Error) -> Error {
        error.with("backend", &self.name)
    }
}

/// The backend of a call. Inside of another call, where shared memory is required, and where tasks cannot leave, it runs
/// them in this process.
fn choose(options: &Options, nested: bool, can_leave: impl FnOnce() -> bool) -> Result<Chosen> {
    let chosen = match (&options.backend, options.prefer) {
        (Some(choice), _) => Chosen::of(choice)?,
        (None, Some(Prefer::Processes)) if options.require.is_none() && !nested => {
            Chosen::described(&BackendConfig::new("process")).or_else(|_| Chosen::here())?
        }
        (None, Some(_)) => Chosen::here()?,
        (None, None) => match Registry::global().default_parallel() {
            Some(default) => Chosen::described(&default)?,
            None => Chosen::here()?,
        },
    };
    if chosen.backend.capabilities().shared_memory {
        return Ok(chosen);
    }
    if nested || options.require == Some(Require::SharedMemory) {
        return Chosen::here();
    }
    // One that is over before it begins takes no task, not even to look at it.
    let is_over = options.cancel.as_ref().is_some_and(CancelToken::is_cancelled);
    if is_over || can_leave() {
        return Ok(chosen);
    }
    tell_that_closures_stay(&chosen.name);
    Chosen::here()
}

/// Whether tasks can be sent elsewhere, as the first one tells: all of a call are made by the same lines, as a rule.
pub(super) fn can_leave<'a, R>(tasks: &mut Peekable<impl Iterator<Item = Delayed<'a, R>>>) -> bool {
    tasks.peek().is_none_or(|task| task.portable().is_some())
}

/// Once: who knows does not want to hear it of each call.
fn tell_that_closures_stay(backend: &str) {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        tracing::warn!(
            target: "larder::parallel",
            backend,
            "closures cannot leave this process, and run on threads: `#[task]` functions can (told once)"
        );
    });
}
