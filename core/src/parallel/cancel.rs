//! Ending a call early.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::sync::atomic::AtomicBool;
use crate::sync::atomic::Ordering::{Acquire, Release};
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// Ends calls from outside: give it to [`Parallel::cancel_token`](super::Parallel::cancel_token), keep a clone, and
/// [`cancel`](Self::cancel) from any thread, such as a signal handler's. A token cancelled stays so.
///
/// ```
/// use larder_core::{Parallel, delayed, parallel::CancelToken};
///
/// let token = CancelToken::new();
/// let parallel = Parallel::new().cancel_token(&token);
/// let first = token.clone();
/// let tasks = (0..100).map(|i| delayed({
///     let first = first.clone();
///     move || if i == 3 { first.cancel() }
/// }));
/// assert!(parallel.run(tasks).unwrap_err().is_cancelled());
/// ```
#[derive(Clone, Default)]
pub struct CancelToken(Arc<Inner>);

#[derive(Default)]
struct Inner {
    cancelled: AtomicBool,
    hooks: Mutex<Hooks>,
}

#[derive(Default)]
struct Hooks {
    last: u64,
    waiting: BTreeMap<u64, Box<dyn FnOnce() + Send>>,
}

/// Keeps a hook in place; dropped, the hook is forgotten.
#[must_use = "dropping it forgets the hook"]
pub struct CancelGuard {
    token: CancelToken,
    number: Option<u64>,
}

impl CancelToken {
    /// A token that nobody has cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels the calls that have this token, present and future.
    pub fn cancel(&self) {
        let hooks = {
            let mut hooks = self.hooks();
            self.0.cancelled.store(true, Release);
            std::mem::take(&mut hooks.waiting)
        };
        hooks.into_values().for_each(|hook| hook());
    }

    /// Whether it was cancelled.
    #[inline]
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Acquire)
    }

    /// Calls `hook` when this is cancelled, or now if it was.
    pub(super) fn on_cancel(&self, hook: Box<dyn FnOnce() + Send>) -> CancelGuard {
        let mut hooks = self.hooks();
        if self.is_cancelled() {
            drop(hooks);
            hook();
            return CancelGuard { token: self.clone(), number: None };
        }
        hooks.last += 1;
        let number = hooks.last;
        hooks.waiting.insert(number, hook);
        drop(hooks);
        CancelGuard { token: self.clone(), number: Some(number) }
    }

    fn hooks(&self) -> MutexGuard<'_, Hooks> {
        self.0.hooks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for CancelGuard {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let hook = self.token.hooks().waiting.remove(&number);
            drop(hook);
        }
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CancelToken").field(&self.is_cancelled()).finish()
    }
}

impl fmt::Debug for CancelGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CancelGuard").field(&self.token).finish()
    }
}
