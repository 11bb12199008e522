//! What each worker does before its first task.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::Delayed;
use super::panics::Panic;
use crate::{Error, ErrorKind, Result};

/// A task that every worker runs first.
#[derive(Debug, Clone)]
pub(crate) struct Initializer(Arc<Mutex<Delayed<'static, ()>>>);

impl Initializer {
    pub(crate) fn new(task: Delayed<'static, ()>) -> Self {
        Self(Arc::new(Mutex::new(task)))
    }

    /// # Errors
    /// It is a closure: other processes cannot run it.
    pub(super) fn check_portable(&self) -> Result<()> {
        match self.with(|task| task.portable().is_some()) {
            true => Ok(()),
            false => Err(Error::invalid(
                "the initializer is a closure, which no other process can run: make it a #[task] function",
            )),
        }
    }

    /// Lets `look` at the task.
    pub(super) fn with<R>(&self, look: impl FnOnce(&mut Delayed<'static, ()>) -> R) -> R {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Which workers of a call have begun.
pub(super) struct Setup {
    initializer: Option<Initializer>,
    workers: Vec<OnceLock<bool>>,
    failure: OnceLock<Panic>,
}

impl Setup {
    pub(super) fn new(initializer: Option<Initializer>, workers: usize) -> Self {
        let begun = if initializer.is_some() { workers } else { 0 };
        let workers = std::iter::repeat_with(OnceLock::new).take(begun).collect();
        Self { initializer, workers, failure: OnceLock::new() }
    }

    /// Whether `worker` may begin: its first time, it runs the initializer.
    pub(super) fn ready(&self, worker: usize) -> bool {
        let Some(initializer) = &self.initializer else { return true };
        let begin = || match initializer.with(|task| Panic::catch(|| task.run())) {
            Ok(()) => true,
            Err(panic) => {
                let _ = self.failure.set(panic);
                false
            }
        };
        // Backends may have more workers than they said.
        let at = worker % self.workers.len();
        *self.workers[at].get_or_init(begin)
    }

    /// # Errors
    /// The initializer panicked.
    pub(super) fn outcome(&self) -> Result<()> {
        match self.failure.get() {
            None => Ok(()),
            Some(Panic { message, location, .. }) => {
                let error =
                    Error::new(ErrorKind::Task, format!("the initializer panicked: {message}"));
                Err(location.iter().fold(error, |error, location| error.with("location", location)))
            }
        }
    }
}
