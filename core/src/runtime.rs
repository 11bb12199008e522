//! larder's own threads, and how synchronous code waits for a future.
//!
//! A store over a network runs on a runtime of larder's own, for every caller: a connection that some caller's runtime
//! drives stands still as soon as that caller blocks, and a pooled one is then shared by everybody.

use std::cell::Cell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

thread_local! {
    /// Whether this thread is one of the runtime's.
    static OURS: Cell<bool> = const { Cell::new(false) };
    /// Whether the store call being polled belongs to a caller who waits on this thread.
    static BLOCKING: Cell<bool> = const { Cell::new(false) };
}

/// The runtime, started when first needed: never by synchronous calls of stores that do not await.
/// It is never dropped, since dropping a runtime inside asynchronous code panics.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(64)
            .thread_name("larder-io")
            .on_thread_start(|| OURS.set(true))
            .enable_all()
            .build()
            .expect("the operating system gives no thread for larder's runtime")
    })
}

/// Whether whoever asks now waits on this very thread, so that a store may block it.
pub(crate) fn is_blocking() -> bool {
    BLOCKING.get()
}

/// Runs `f` with [`is_blocking`] set to `blocking`, also when it panics.
pub(crate) fn set_blocking<R>(blocking: bool, f: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            BLOCKING.set(self.0);
        }
    }
    let _restore = Restore(BLOCKING.replace(blocking));
    f()
}

/// Polls `future` on this thread until it is done. Right in plain threads, inside any runtime, `LocalSet` or pool, as
/// long as the future brings its own wake-ups: nothing that it waits for is driven by this thread.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    // Inside of a task of tokio's, only so many steps are let through until it yields, and this does not yield.
    let mut future = pin!(tokio::task::unconstrained(future));
    let mut poll = |waker: &Waker| {
        set_blocking(true, || future.as_mut().poll(&mut Context::from_waker(waker)))
    };
    // Most calls are ready at once: no waker is made for them.
    if let Poll::Ready(value) = poll(Waker::noop()) {
        return value;
    }
    let signal = Arc::new(Signal::default());
    let waker = Waker::from(signal.clone());
    loop {
        if let Poll::Ready(value) = poll(&waker) {
            return value;
        }
        if OURS.get() {
            tokio::task::block_in_place(|| signal.wait());
        } else {
            signal.wait();
        }
    }
}

/// A wake-up of its own rather than `thread::park`, whose one token the caller's code may be using.
#[derive(Default)]
struct Signal {
    woken: Mutex<bool>,
    wake: Condvar,
}

impl Signal {
    fn wait(&self) {
        let mut woken = self.woken.lock().unwrap_or_else(PoisonError::into_inner);
        while !*woken {
            woken = self.wake.wait(woken).unwrap_or_else(PoisonError::into_inner);
        }
        *woken = false;
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        *self.woken.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.wake.notify_one();
    }
}

/// `future`, or `None` once `limit` has passed. The clock is the runtime's, so that any executor may poll this.
pub(crate) async fn timeout<F: Future + Unpin>(
    limit: Duration,
    mut future: F,
) -> Option<F::Output> {
    let mut timer = AbortOnDrop(runtime().spawn(async move { tokio::time::sleep(limit).await }));
    std::future::poll_fn(|cx| {
        if let Poll::Ready(value) = Pin::new(&mut future).poll(cx) {
            return Poll::Ready(Some(value));
        }
        Pin::new(&mut timer.0).poll(cx).map(|_| None)
    })
    .await
}

struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wakes itself `n` times from another thread.
    struct Later(u32);
    impl Future for Later {
        type Output = &'static str;
        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<&'static str> {
            assert!(is_blocking());
            if self.0 == 0 {
                return Poll::Ready("done");
            }
            self.0 -= 1;
            let waker = cx.waker().clone();
            std::thread::spawn(move || waker.wake());
            Poll::Pending
        }
    }

    #[test]
    fn waits_in_every_kind_of_context() {
        assert_eq!(block_on(Later(3)), "done");
        let multi = Builder::new_multi_thread().worker_threads(1).build().unwrap();
        assert_eq!(
            multi.block_on(async { tokio::spawn(async { block_on(Later(3)) }).await.unwrap() }),
            "done"
        );
        let current = Builder::new_current_thread().build().unwrap();
        assert_eq!(current.block_on(async { block_on(Later(3)) }), "done");
        let local = tokio::task::LocalSet::new();
        assert_eq!(local.block_on(&current, async { block_on(Later(3)) }), "done");
        let own = runtime()
            .spawn(async { block_on(async { runtime().spawn(async { 1 }).await.unwrap() }) });
        assert_eq!(block_on(own).unwrap(), 1);
        assert!(!is_blocking());
    }

    #[test]
    fn a_limit_ends_a_wait() {
        assert_eq!(block_on(timeout(Duration::from_millis(1), std::future::pending::<()>())), None);
        assert_eq!(block_on(timeout(Duration::from_secs(3600), std::future::ready(1))), Some(1));
    }
}
