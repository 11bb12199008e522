//! Memoized `async fn`s on every kind of executor.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use futures::future::join_all;
use larder::{Memory, memoize};
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

use crate::support::waits::Waits;
use crate::support::watchdog::watched;
use crate::support::{local, over};

pub(crate) fn multi_thread() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

pub(crate) fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

static RUNS: AtomicUsize = AtomicUsize::new(0);

const CALLS: usize = 50;

/// Ends when all the others wait.
#[memoize]
async fn awaited(until: usize) -> usize {
    RUNS.fetch_add(1, SeqCst);
    Waits::of::<awaited>().reached(until).await;
    until
}

/// Fifty calls of one key, in one task.
async fn joined(memory: Memory) {
    let waits = Waits::of::<awaited>();
    let (runs, until) = (RUNS.load(SeqCst), waits.count() + CALLS - 1);
    let awaited = memory.cache::<awaited>();
    let values = join_all((0..CALLS).map(|_| awaited.call(until))).await;
    assert!(values.into_iter().all(|value| value.unwrap() == until));
    assert_eq!(RUNS.load(SeqCst), runs + 1);
}

#[test]
fn fifty_calls_of_one_key_compute_once_on_every_executor() {
    watched(|| {
        let (_dir, local) = local();
        for memory in [local, over(larder::store::MemoryStore::new())] {
            multi_thread().block_on(joined(memory.clone()));
            let multi = multi_thread();
            let task = multi.spawn(joined(memory.clone()));
            multi.block_on(task).unwrap();
            current_thread().block_on(joined(memory.clone()));
            let current = current_thread();
            LocalSet::new().block_on(&current, joined(memory.clone()));
            futures::executor::block_on(joined(memory.clone()));
            futures::executor::LocalPool::new().run_until(joined(memory.clone()));
        }
    });
}

#[test]
fn tasks_and_threads_of_one_key_compute_once() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    #[memoize]
    async fn crowded(n: usize) -> usize {
        RUNS.fetch_add(1, SeqCst);
        Waits::of::<crowded>().reached(19).await;
        n
    }
    watched(|| {
        let (_dir, memory) = local();
        let crowded = memory.cache::<crowded>();
        let multi = multi_thread();
        thread::scope(|scope| {
            for _ in 0..10 {
                scope
                    .spawn(|| assert_eq!(futures::executor::block_on(crowded.call(1)).unwrap(), 1));
            }
            let tasks = (0..10).map(|_| {
                let crowded = crowded.clone();
                multi.spawn(async move { crowded.call(1).await.unwrap() })
            });
            for value in multi.block_on(join_all(tasks)) {
                assert_eq!(value.unwrap(), 1);
            }
        });
        assert_eq!(RUNS.load(SeqCst), 1);
        assert_eq!(memory.stats().waited, 19);
    });
}

#[test]
fn a_failure_releases_all_tasks_at_once() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    #[memoize]
    async fn fails(n: u32) -> Result<u32, String> {
        if RUNS.fetch_add(1, SeqCst) == 0 {
            Waits::of::<fails>().reached(7).await;
        } else {
            // Passed only when the seven others all run.
            while RUNS.load(SeqCst) < 8 {
                crate::support::waits::yield_now().await;
            }
        }
        Err(format!("no {n}"))
    }
    watched(|| {
        let (_dir, memory) = local();
        let fails = memory.cache::<fails>();
        let values = current_thread().block_on(join_all((0..8).map(|_| fails.call(1))));
        assert!(values.into_iter().all(|value| value.unwrap() == Err("no 1".to_owned())));
    });
}

#[test]
fn a_panic_in_a_task_releases_the_others() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    #[memoize]
    async fn panics_first(n: u32) -> u32 {
        if RUNS.fetch_add(1, SeqCst) == 0 {
            Waits::of::<panics_first>().reached(7).await;
            panic!("meant to happen");
        }
        while RUNS.load(SeqCst) < 8 {
            crate::support::waits::yield_now().await;
        }
        n
    }
    watched(|| {
        let (_dir, memory) = local();
        let multi = multi_thread();
        let function = memory.cache::<panics_first>();
        let tasks = (0..8).map(|_| {
            let function = function.clone();
            multi.spawn(async move { function.call(1).await.unwrap() })
        });
        let ends = multi.block_on(join_all(tasks));
        assert_eq!(ends.iter().filter(|end| end.is_err()).count(), 1);
        assert_eq!(ends.into_iter().flatten().collect::<Vec<_>>(), [1; 7]);
    });
}

#[test]
fn a_spawned_call_may_borrow_what_its_task_owns() {
    #[memoize]
    async fn total(values: &[f64], name: &str) -> f64 {
        tokio::task::yield_now().await;
        values.iter().sum::<f64>() + name.len() as f64
    }
    watched(|| {
        let (_dir, memory) = local();
        let multi = multi_thread();
        for _ in 0..2 {
            let scoped = memory.clone();
            let handle = memory.cache::<total>();
            let transparent = multi.spawn(async move {
                let (values, name) = (vec![1.0, 2.0], String::from("abc"));
                scoped.scope_async(async move { total(&values, &name).await }).await
            });
            let through_handle = multi.spawn(async move {
                let (values, name) = (vec![1.0, 2.0], String::from("abc"));
                handle.with(&values, &name).call().await.unwrap()
            });
            assert_eq!(multi.block_on(transparent).unwrap(), 6.0);
            assert_eq!(multi.block_on(through_handle).unwrap(), 6.0);
        }
        assert_eq!(memory.stats().computed, 1);
    });
}

#[test]
fn asynchronous_functions_recurse_and_meet_their_own_key() {
    #[memoize]
    async fn fib(n: u64) -> u64 {
        if n < 2 { n } else { fib(n - 1).await + fib(n - 2).await }
    }
    #[memoize(ignore(again))]
    async fn nested(n: u32, again: u32) -> u32 {
        if again == 0 {
            return n;
        }
        // On whichever thread, between whichever polls.
        tokio::task::yield_now().await;
        nested(n, again - 1).await
    }
    watched(|| {
        let (_dir, memory) = local();
        let multi = multi_thread();
        let task = multi.spawn(memory.scope_async(async { (fib(30).await, nested(5, 3).await) }));
        assert_eq!(multi.block_on(task).unwrap(), (832_040, 5));
        assert_eq!(memory.stats().computed, 31 + 4);
    });
}
