//! Futures dropped before their end, at every point where they can be.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use futures::future::join_all;
use larder::store::Execution;
use larder::{Memory, memoize};

use crate::executors::{current_thread, multi_thread};
use crate::support::stepped::Stepped;
use crate::support::waits::{Waits, yield_now};
use crate::support::watchdog::watched;
use crate::support::{local, over};

/// Holds a store's operations back, one by one.
#[derive(Default)]
struct Brake {
    /// How many operations may go on; `None`: all.
    permits: Mutex<Option<usize>>,
    changed: Condvar,
}

impl Brake {
    fn set(&self, change: impl FnOnce(&mut Option<usize>)) {
        change(&mut self.permits.lock().unwrap());
        self.changed.notify_all();
    }

    fn pass(&self) {
        let permits = self.permits.lock().unwrap();
        let mut permits = self.changed.wait_while(permits, |permits| *permits == Some(0)).unwrap();
        *permits = permits.map(|permits| permits - 1);
    }
}

/// Polls until the future has waited `pauses` times; then drops it. Whether it came to its end.
fn poll_for<T>(future: impl Future<Output = T>, pauses: usize, brake: &Brake) -> Option<T> {
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
        if pause < pauses && wait.try_recv().is_err() {
            // It was not the body, so it is the store.
            brake.set(|permits| *permits = permits.map(|permits| permits + 1));
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

/// Drops a call after its first pause, another after its second, and so on, each time in a new memory; whatever it
/// held is free at once, for callers of that memory and of another one over the same store.
fn drop_everywhere(open: impl Fn(Arc<Brake>) -> [Memory; 2]) -> usize {
    for pauses in 0.. {
        let brake = Arc::new(Brake::default());
        let memories = open(brake.clone());
        let [here, there] = memories.each_ref().map(Memory::cache::<paused>);
        brake.set(|permits| *permits = Some(0));
        let value = poll_for(here.call(7), pauses, &brake);
        brake.set(|permits| *permits = None);
        let (first, second) = if pauses % 2 == 0 { (&here, &there) } else { (&there, &here) };
        assert_eq!(futures::executor::block_on(first.call(7)).unwrap(), 7);
        assert_eq!(futures::executor::block_on(second.call(7)).unwrap(), 7);
        if let Some(value) = value {
            assert_eq!(value.unwrap(), 7);
            return pauses;
        }
    }
    unreachable!()
}

#[test]
fn a_call_dropped_at_any_point_holds_up_nobody() {
    watched(|| {
        let parent = tempfile::tempdir().unwrap();
        drop_everywhere(|_| {
            let dir = tempfile::tempdir_in(&parent).unwrap().keep();
            [(); 2].map(|()| Memory::open(&dir).unwrap())
        });
        for execution in [Execution::Inline, Execution::Runtime] {
            let pauses = drop_everywhere(|brake| {
                let memory = over(Stepped::new(execution, move |_| {
                    let brake = brake.clone();
                    async move { brake.pass() }
                }));
                [memory.clone(), memory]
            });
            // get, lease, get, the body's two, put, and the put of the version's record.
            assert_eq!(pauses, 7);
        }
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
        let stats = memory.stats();
        assert_eq!((stats.computed, stats.waited), (1, 1), "only the dropped call computed");
    });
}
