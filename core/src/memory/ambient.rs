//! The memory that transparent calls use: a scope's, or the installed one, or none.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};
use std::task::{Context, Poll};

use serde::{Deserialize, Serialize};

use super::{Async, FunctionInfo, Memory, RunAsync, RunSync, Sync};

thread_local! {
    static SCOPES: RefCell<Vec<Memory>> = const { RefCell::new(Vec::new()) };
}
static INSTALLED: RwLock<Option<(Memory, Packages)>> = RwLock::new(None);
/// Whether there was ever anything to look for: a program without a memory pays one relaxed load a call.
static ANY: AtomicBool = AtomicBool::new(false);

/// Whose functions an [installed](Memory::install) memory serves.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Packages {
    /// Packages of the user's own tree. What was built from a registry or a git checkout runs as if there were no
    /// memory, so that a library's functions are not cached unasked.
    #[default]
    Own,
    /// All packages.
    All,
    /// Packages by name.
    Only(Vec<String>),
}

impl Packages {
    fn contain(&self, function: &FunctionInfo) -> bool {
        match self {
            Self::Own => !function.foreign,
            Self::All => true,
            Self::Only(names) => names.iter().any(|name| name == function.package),
        }
    }
}

impl Memory {
    /// Makes this the memory of all transparent calls of the process, of the user's own packages.
    ///
    /// ```
    /// # use larder_core::Memory;
    /// let memory = Memory::open("memory:")?;
    /// memory.install();
    /// assert!(Memory::current().is_some());
    /// Memory::uninstall();
    /// assert!(Memory::current().is_none());
    /// # Ok::<(), larder_core::Error>(())
    /// ```
    pub fn install(&self) {
        self.install_for(Packages::Own);
    }

    /// Makes this the memory of all transparent calls of the process, of the given packages.
    pub fn install_for(&self, packages: Packages) {
        *INSTALLED.write().unwrap_or_else(PoisonError::into_inner) = Some((self.clone(), packages));
        ANY.store(true, Ordering::Relaxed);
    }

    /// Ends what [`install`](Self::install) began: transparent calls outside of any scope only compute.
    pub fn uninstall() {
        *INSTALLED.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Runs `f` with this as the memory of all transparent calls made on this thread, and, for `f`'s duration, by
    /// larder's own tasks that it starts. Threads and pools of others do not inherit it. Scopes nest.
    pub fn scope<R>(&self, f: impl FnOnce() -> R) -> R {
        struct Pop;
        impl Drop for Pop {
            fn drop(&mut self) {
                SCOPES.with_borrow_mut(Vec::pop);
            }
        }
        ANY.store(true, Ordering::Relaxed);
        SCOPES.with_borrow_mut(|scopes| scopes.push(self.clone()));
        let _pop = Pop;
        f()
    }

    /// Runs `future` with this as the memory of all transparent calls made while it is polled, on whichever thread.
    pub fn scope_async<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        Scoped { memory: self.clone(), future: Box::pin(future) }
    }

    /// The memory of transparent calls made here, of the user's own packages.
    pub fn current() -> Option<Self> {
        Self::ambient(|packages| *packages != Packages::Only(Vec::new()))
    }

    /// The memory of the innermost scope of this thread.
    pub(crate) fn innermost_scope() -> Option<Self> {
        if !ANY.load(Ordering::Relaxed) {
            return None;
        }
        SCOPES.with_borrow(|scopes| scopes.last().cloned())
    }

    /// The installed memory, and whose functions it serves.
    pub(crate) fn installed() -> Option<(Self, Packages)> {
        INSTALLED.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Installs this for the duration of `f`, in place of what was: for processes that do one thing at a time.
    pub(crate) fn with_installed<R>(
        installed: Option<(Self, Packages)>,
        f: impl FnOnce() -> R,
    ) -> R {
        fn replace(installed: Option<(Memory, Packages)>) -> Option<(Memory, Packages)> {
            ANY.store(true, Ordering::Relaxed);
            let mut here = INSTALLED.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *here, installed)
        }
        struct Restore(Option<(Memory, Packages)>);
        impl Drop for Restore {
            fn drop(&mut self) {
                replace(self.0.take());
            }
        }
        let _restore = Restore(replace(installed));
        f()
    }

    fn ambient(serves: impl FnOnce(&Packages) -> bool) -> Option<Self> {
        if !ANY.load(Ordering::Relaxed) {
            return None;
        }
        Self::innermost_scope().or_else(|| {
            let installed = INSTALLED.read().unwrap_or_else(PoisonError::into_inner);
            installed
                .as_ref()
                .filter(|(_, packages)| serves(packages))
                .map(|(memory, _)| memory.clone())
        })
    }
}

struct Scoped<F> {
    memory: Memory,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let memory = self.memory.clone();
        memory.scope(|| self.future.as_mut().poll(cx))
    }
}

/// A transparent call of a memoized `fn`.
///
/// # Panics
/// With the error of a store, where the memory was told to [fail on store errors](crate::OnStoreError::Fail): there is
/// no other way to tell the caller.
pub fn ambient<F: RunSync<Mode = Sync>>(args: F::Args<'_>) -> F::Output {
    match Memory::ambient(|packages| packages.contain(&F::FUNCTION)) {
        Some(memory) => match memory.handle::<F>() {
            Ok(handle) => answer(handle.call_sync(args)),
            Err(error) => {
                not_cached(&error);
                F::run(args)
            }
        },
        None => F::run(args),
    }
}

/// A transparent call of a memoized `async fn`.
///
/// # Panics
/// As [`ambient`].
pub async fn ambient_async<F: RunAsync<Mode = Async>>(args: F::Args<'_>) -> F::Output {
    match Memory::ambient(|packages| packages.contain(&F::FUNCTION)) {
        Some(memory) => match memory.handle::<F>() {
            Ok(handle) => answer(handle.call_async(args).await),
            Err(error) => {
                not_cached(&error);
                F::run(args).await
            }
        },
        None => F::run(args).await,
    }
}

/// An option of the function's that this memory does not know; `memory.cache` tells the same as an error.
fn not_cached(error: &crate::Error) {
    tracing::warn!(target: "larder::function", %error, "not cached");
}

fn answer<T>(result: crate::Result<T>) -> T {
    result.unwrap_or_else(|error| panic!("a memoized call failed: {error:?}"))
}
