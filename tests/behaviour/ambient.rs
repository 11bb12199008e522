//! The memory of transparent calls: scopes nest, are left again even by a panic, and follow a future to wherever it is
//! polled. What is installed for the whole process is in `tests/installed.rs`.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};

use larder::{Memory, memoize};

use crate::common::{faulty, note_run, panic_of, runs};

#[memoize]
fn here(n: u64) -> u64 {
    note_run();
    n
}

static FAR_RUNS: AtomicU32 = AtomicU32::new(0);

#[memoize]
async fn far(n: u64) -> u64 {
    FAR_RUNS.fetch_add(1, Ordering::Relaxed);
    tokio::task::yield_now().await;
    n
}

fn memory() -> Memory {
    faulty().1
}

fn hits(memory: &Memory) -> u64 {
    memory.stats().hits
}

#[test]
fn without_a_memory_nothing_is_kept() {
    assert!(Memory::current().is_none());
    here(1);
    here(1);
    assert_eq!(runs(), 2);
}

#[test]
fn the_innermost_scope_serves() {
    let (outer, inner) = (memory(), memory());
    outer.scope(|| {
        here(1);
        inner.scope(|| {
            here(1);
            here(1);
            Memory::disabled().scope(|| here(1));
        });
        here(1);
    });
    assert_eq!(runs(), 3);
    assert_eq!((hits(&outer), hits(&inner)), (1, 1));
    assert!(Memory::current().is_none());
}

#[test]
fn a_panic_leaves_its_scope() {
    let (outer, inner) = (memory(), memory());
    outer.scope(|| {
        assert_eq!(panic_of(|| inner.scope(|| panic!("inside"))), "inside");
        here(1);
    });
    assert_eq!(inner.stats().calls(), 0);
    assert_eq!(outer.stats().computed, 1);
    assert_eq!(panic_of(|| outer.scope(|| panic!("again"))), "again");
    assert!(Memory::current().is_none());
}

#[test]
fn another_thread_is_not_in_the_scope() {
    let memory = memory();
    memory.scope(|| {
        std::thread::scope(|scope| {
            scope.spawn(|| assert!(Memory::current().is_none()));
        });
        assert!(Memory::current().is_some());
    });
}

#[test]
fn a_scoped_future_has_its_memory_only_while_it_is_polled() {
    let (one, two) = (memory(), memory());
    let job = || async {
        tokio::task::yield_now().await;
        here(1);
        tokio::task::yield_now().await;
        here(1);
    };
    // Two of them, polled in turns on one thread.
    let (mut a, mut b) = (pin!(one.scope_async(job())), pin!(two.scope_async(job())));
    let mut context = Context::from_waker(Waker::noop());
    let mut done = 0;
    for _ in 0..3 {
        done += usize::from(a.as_mut().poll(&mut context) == Poll::Ready(()));
        assert!(Memory::current().is_none(), "between polls");
        done += usize::from(b.as_mut().poll(&mut context) == Poll::Ready(()));
        assert!(Memory::current().is_none(), "between polls");
    }
    assert_eq!(done, 2);
    assert_eq!(runs(), 2);
    assert_eq!((hits(&one), hits(&two)), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_scoped_future_takes_its_memory_to_other_threads() {
    let memory = memory();
    let before = FAR_RUNS.load(Ordering::Relaxed);
    let jobs: Vec<_> = (0..8)
        .map(|_| {
            tokio::spawn(memory.scope_async(async {
                for n in 0..10 {
                    assert_eq!(far(n).await, n);
                    tokio::task::yield_now().await;
                }
            }))
        })
        .collect();
    for job in jobs {
        job.await.unwrap();
    }
    assert_eq!(FAR_RUNS.load(Ordering::Relaxed) - before, 10);
    assert_eq!(memory.stats().calls(), 80);
    assert!(Memory::current().is_none());
}

#[tokio::test]
async fn a_future_that_panics_leaves_its_scope() {
    let memory = memory();
    let job = memory.scope_async(async {
        tokio::task::yield_now().await;
        panic!("inside");
    });
    assert!(tokio::spawn(job).await.is_err());
    // On the same thread: the runtime has no other.
    assert!(Memory::current().is_none());
}
