//! Futures dropped before their end, at every point where they can be.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use futures::future::join_all;
use larder::store::Execution;
use larder::{Memory, memoize};

use crate::executors::{current_thread, multi_thread};
use crate::support::stepped::Stepped;
use crate::support::waits::{Waits, yield_now};
use crate::support::watchdog::watched;
use crate::support::{local, over};

/// Polls until the future has waited `pauses` times; then drops it. Whether it came to its end.
fn poll_for<T>(future: impl Future<Output = T>, pauses: usize) -> Option<T> {
    struct Woken(mpsc::SyncSender<()>);
    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            let _woken_already = self.0.try_send(());
        }
    }
    let (woken, wait) = mpsc::sync_channel(1);
    let waker = Waker::from(Arc::new(Woken(woken)));
    let mut future = pin!(future);
    for pause in 0..=pauses {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(value);
        }
        if pause < pauses {
            wait.recv().unwrap();
        }
    }
    None
}

/// Pauses twice.
#[memoize]
async fn paused(n: usize) -> usize {
    yield_now().await;
    yield_now().await;
    n
}

/// Drops a call after its first pause, another after its second, and so on; whatever it held is free at once, for
/// callers of this memory and of `other`.
fn drop_everywhere(memory: &Memory, other: &Memory) -> usize {
    let (here, there) = (memory.cache::<paused>(), other.cache::<paused>());
    for pauses in 0.. {
        let value = poll_for(here.call(pauses), pauses);
        let (first, second) = if pauses % 2 == 0 { (&here, &there) } else { (&there, &here) };
        assert_eq!(futures::executor::block_on(first.call(pauses)).unwrap(), pauses);
        assert_eq!(futures::executor::block_on(second.call(pauses)).unwrap(), pauses);
        if let Some(value) = value {
            assert_eq!(value.unwrap(), pauses);
            return pauses;
        }
    }
    unreachable!()
}

#[test]
fn a_call_dropped_at_any_point_holds_up_nobody() {
    watched(|| {
        let (dir, memory) = local();
        let other = Memory::open(dir.path()).unwrap();
        let pauses = drop_everywhere(&memory, &other);
        // At least: get, lease, get, the body's two, put.
        assert!(pauses >= 7, "only {pauses} pauses");

        let awaits = over(Stepped::new(Execution::Runtime, |_| yield_now()));
        assert!(drop_everywhere(&awaits, &awaits) >= 7);
    });
}

#[test]
fn one_waiter_takes_the_place_of_a_dropped_leader() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    #[memoize]
    async fn stalls_first(n: u32) -> u32 {
        if RUNS.fetch_add(1, SeqCst) == 0 {
            std::future::pending::<()>().await;
        }
        n
    }
    watched(|| {
        let (_dir, memory) = local();
        let function = memory.cache::<stalls_first>();
        let waits = Waits::of::<stalls_first>();
        let multi = multi_thread();
        let call = || {
            let function = function.clone();
            multi.spawn(async move { function.call(1).await.unwrap() })
        };
        let leader = call();
        while RUNS.load(SeqCst) == 0 {
            std::thread::yield_now();
        }
        let waiters: Vec<_> = (0..5).map(|_| call()).collect();
        waits.reach(5);
        leader.abort();
        assert!(multi.block_on(leader).unwrap_err().is_cancelled());
        for value in multi.block_on(join_all(waiters)) {
            assert_eq!(value.unwrap(), 1);
        }
        assert_eq!(RUNS.load(SeqCst), 2);
    });
}

#[test]
fn a_leader_that_loses_a_race_makes_room() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    #[memoize]
    async fn loses_first(n: u32) -> u32 {
        if RUNS.fetch_add(1, SeqCst) == 0 {
            std::future::pending::<()>().await;
        }
        n
    }
    watched(|| {
        let (_dir, memory) = local();
        let function = memory.cache::<loses_first>();
        let waits = Waits::of::<loses_first>();
        current_thread().block_on(async {
            let race = async {
                let leader = function.call(1);
                let end = async {
                    while RUNS.load(SeqCst) == 0 {
                        yield_now().await;
                    }
                    waits.reached(3).await;
                };
                tokio::select! {
                    _ = leader => panic!("it never ends"),
                    () = end => {}
                }
            };
            let waiter = || async {
                while RUNS.load(SeqCst) == 0 {
                    yield_now().await;
                }
                function.call(1).await.unwrap()
            };
            let ((), values) = tokio::join!(race, join_all([waiter(), waiter(), waiter()]));
            assert_eq!(values, [1; 3]);
        });
        assert_eq!(RUNS.load(SeqCst), 2);
    });
}

#[test]
fn a_put_under_way_outlives_its_caller_and_keeps_its_lease() {
    #[memoize]
    async fn kept(n: u32) -> u32 {
        n
    }
    watched(|| {
        let (putting, started) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let gate = Mutex::new((putting, released));
        let memory = over(Stepped::inline(move |operation| {
            if operation == larder::store::Operation::Put {
                let (putting, released) = &*gate.lock().unwrap();
                if putting.send(()).is_ok() {
                    let _released_for_good = released.recv();
                }
            }
        }));
        let kept = memory.cache::<kept>();
        let multi = multi_thread();
        let caller = kept.clone();
        let dropped = multi.spawn(async move { caller.call(1).await });
        started.recv().unwrap();
        dropped.abort();
        assert!(multi.block_on(dropped).unwrap_err().is_cancelled());
        let caller = kept.clone();
        let waits = Waits::of::<kept>();
        let next = multi.spawn(async move { caller.call(1).await.unwrap() });
        waits.reach(1);
        drop((release, started));
        assert_eq!(multi.block_on(next).unwrap(), 1);
        assert_eq!(
            memory.stats().computed,
            0,
            "the dropped call was not counted, and no other computed"
        );
        assert_eq!(memory.stats().waited, 1);
    });
}
