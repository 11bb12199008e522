//! Where a task panicked: known only while it panics, and to nobody but the panic hook.

use std::any::Any;
use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Once};

thread_local! {
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<Option<Panic>> = const { RefCell::new(None) };
}

/// What is known of a task's panic.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Panic {
    /// What it said.
    pub message: String,
    /// The place in the source: `src/main.rs:7:13`.
    pub location: Option<String>,
    /// How it came there.
    pub backtrace: Option<Trace>,
}

/// A backtrace, as text or yet to become text, which takes a while.
#[derive(Clone)]
pub struct Trace(Arc<dyn fmt::Display + Send + Sync>);

impl Panic {
    /// A panic of which only this is known.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), location: None, backtrace: None }
    }

    /// Adds the place in the source.
    #[must_use]
    pub fn location(mut self, location: impl Into<String>) -> Self {
        self.location = Some(location.into());
        self
    }

    /// Adds the backtrace.
    #[must_use]
    pub fn backtrace(mut self, backtrace: impl fmt::Display + Send + Sync + 'static) -> Self {
        self.backtrace = Some(Trace(Arc::new(backtrace)));
        self
    }

    /// Runs `task`, and catches its panic with all that can be known of it. The program's panic hook runs as usual.
    ///
    /// # Errors
    /// It panicked.
    pub fn catch<R>(task: impl FnOnce() -> R) -> Result<R, Self> {
        watching(|| Self::caught(task))
    }

    /// As [`catch`](Self::catch), where the thread is [watched](watching) already.
    pub(super) fn caught<R>(task: impl FnOnce() -> R) -> Result<R, Self> {
        catch_unwind(AssertUnwindSafe(task)).map_err(|payload| Self::of(&*payload))
    }

    /// What is known of the panic just caught on this thread.
    pub(super) fn of(payload: &(dyn Any + Send)) -> Self {
        let message = text_of(payload);
        match LAST.take() {
            Some(panic) if panic.message == message => panic,
            // Of another thread, or raised again: the hook did not see it here.
            _ => Self::new(message),
        }
    }
}

/// Notes where `run` panics on this thread.
pub(super) fn watching<R>(run: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            WATCHED.set(self.0);
        }
    }
    install();
    let _restore = Restore(WATCHED.replace(true));
    run()
}

/// Hooks in front of the program's own panic hook, once. A hook that the program sets later may not call this one:
/// panics are then still caught, without location and backtrace.
#[inline]
fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if WATCHED.try_with(Cell::get).unwrap_or(false) {
                let seen =
                    Panic::new(text_of(panic.payload())).backtrace(Backtrace::force_capture());
                let seen = match panic.location() {
                    Some(location) => seen.location(location.to_string()),
                    None => seen,
                };
                LAST.set(Some(seen));
            }
            others(panic);
        }));
    });
}

fn text_of(payload: &(dyn Any + Send)) -> &str {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "(a value that is no text)",
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trace")
    }
}
