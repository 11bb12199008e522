//! How many calls of a function wait for another one: larder tells each, once it is bound to be woken.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, Once, PoisonError};

use larder::{Memoize, Memory};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

static COUNTS: Mutex<Option<HashMap<String, usize>>> = Mutex::new(None);
static CHANGED: Condvar = Condvar::new();

fn counts() -> MutexGuard<'static, Option<HashMap<String, usize>>> {
    COUNTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts from now on.
pub(crate) fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| tracing::subscriber::set_global_default(Listener).unwrap());
}

/// The waits of one function's calls.
#[derive(Debug, Clone)]
pub(crate) struct Waits(String);

impl Waits {
    pub(crate) fn of<F: Memoize + std::ops::Deref<Target = larder::Handle<F>>>() -> Self {
        listen();
        Self(Memory::disabled().cache::<F>().name().to_owned())
    }

    /// How many there were so far.
    pub(crate) fn count(&self) -> usize {
        self.count_in(&counts())
    }

    /// Waits until there were `wanted` in all.
    pub(crate) fn reach(&self, wanted: usize) {
        drop(CHANGED.wait_while(counts(), |counts| self.count_in(counts) < wanted).unwrap());
    }

    /// [`reach`](Self::reach), for asynchronous code: lets others run as long as there is something to wait for.
    pub(crate) async fn reached(&self, wanted: usize) {
        while self.count() < wanted {
            yield_now().await;
        }
    }

    fn count_in(&self, counts: &Option<HashMap<String, usize>>) -> usize {
        counts.as_ref().and_then(|counts| counts.get(&self.0)).copied().unwrap_or(0)
    }
}

/// Lets every other task of whatever executor run.
pub(crate) async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|cx| {
        if yielded {
            return std::task::Poll::Ready(());
        }
        yielded = true;
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

/// Counts the events that tell of waits.
struct Listener;

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "larder::wait"
    }

    fn event(&self, event: &Event<'_>) {
        struct Function(String);
        impl Visit for Function {
            fn record_str(&mut self, field: &Field, value: &str) {
                if field.name() == "function" {
                    self.0 = value.to_owned();
                }
            }
            fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
        }
        let mut function = Function(String::new());
        event.record(&mut function);
        *counts().get_or_insert_default().entry(function.0).or_default() += 1;
        CHANGED.notify_all();
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
