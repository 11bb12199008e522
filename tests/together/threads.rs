//! Single flight among the threads of a process.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier};
use std::thread;

use larder::store::{Fault, FaultStore, MemoryStore, Operation, When};
use larder::{ErrorKind, Memory, memoize};

use crate::support::waits::Waits;
use crate::support::watchdog::watched;
use crate::support::{local, over};

/// What `crowd` threads get that all start at once; `None` for one that panicked.
fn crowd<T: Send>(crowd: usize, call: impl Fn(usize) -> T + Sync) -> Vec<Option<T>> {
    let start = Barrier::new(crowd);
    thread::scope(|scope| {
        let run = |n| {
            start.wait();
            call(n)
        };
        let threads: Vec<_> = (0..crowd).map(|n| scope.spawn(move || run(n))).collect();
        threads.into_iter().map(|thread| thread.join().ok()).collect()
    })
}

#[test]
fn of_many_threads_one_computes_and_the_others_wait() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    #[memoize]
    fn costly(until: usize) -> usize {
        RUNS.fetch_add(1, SeqCst);
        Waits::of::<costly>().reach(until);
        until
    }
    watched(|| {
        for (size, lease) in [(16, true), (16, false), (200, true)] {
            let dir = tempfile::tempdir().unwrap();
            let memory = Memory::builder(dir.path()).unwrap().lease(lease).open().unwrap();
            RUNS.store(0, SeqCst);
            let costly = memory.cache::<costly>();
            let until = Waits::of::<costly>().count() + size - 1;
            let values = crowd(size, |_| costly.call(until).unwrap());
            assert_eq!(values, vec![Some(until); size]);
            assert_eq!(RUNS.load(SeqCst), 1);
            let stats = memory.stats();
            let waited = size as u64 - 1;
            assert_eq!((stats.computed, stats.hits, stats.waited), (1, waited, waited));
        }
    });
}

#[test]
fn calls_of_different_keys_run_at_once() {
    static MEET: Barrier = Barrier::new(8);
    #[memoize]
    fn meet(n: usize) -> usize {
        MEET.wait();
        n
    }
    watched(|| {
        let (_dir, memory) = local();
        let meet = memory.cache::<meet>();
        let values = crowd(8, |n| meet.call(n).unwrap());
        assert_eq!(values, (0..8).map(Some).collect::<Vec<_>>());
    });
}

const WAITING: usize = 7;

#[test]
fn a_panic_releases_all_waiters_at_once() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    static RELEASED: Barrier = Barrier::new(WAITING);
    #[memoize]
    fn panics_first(n: u32) -> u32 {
        if RUNS.fetch_add(1, SeqCst) == 0 {
            Waits::of::<panics_first>().reach(WAITING);
            panic!("meant to happen");
        }
        // Passed only when all run at the same time.
        RELEASED.wait();
        n
    }
    watched(|| {
        let (_dir, memory) = local();
        let function = memory.cache::<panics_first>();
        let mut values = crowd(WAITING + 1, |_| function.call(3).unwrap());
        values.sort_unstable();
        assert_eq!(values[0], None);
        assert_eq!(values[1..], [Some(3); WAITING]);
        assert!(function.with(3).lookup().unwrap().is_hit(), "nothing is poisoned");
    });
}

#[test]
fn a_failure_releases_all_waiters_at_once_and_keeps_nothing() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    static RELEASED: Barrier = Barrier::new(WAITING);
    #[memoize]
    fn fails(n: u32) -> Result<u32, String> {
        if RUNS.fetch_add(1, SeqCst) == 0 {
            Waits::of::<fails>().reach(WAITING);
        } else {
            RELEASED.wait();
        }
        Err(format!("no {n}"))
    }
    watched(|| {
        let (_dir, memory) = local();
        let fails = memory.cache::<fails>();
        let values = crowd(WAITING + 1, |_| fails.call(3).unwrap());
        assert_eq!(values, vec![Some(Err("no 3".to_owned())); WAITING + 1]);
        assert_eq!(RUNS.load(SeqCst), WAITING + 1);
        assert!(!fails.with(3).lookup().unwrap().is_hit());
    });
}

fn full() -> Memory {
    let store = FaultStore::new(Arc::new(MemoryStore::new()));
    store.inject(When::Each(Operation::Put), Fault::Fail(ErrorKind::StorageFull));
    over(store)
}

#[test]
fn a_value_that_no_store_takes_still_reaches_who_waits() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    #[memoize]
    fn unkept(n: u32) -> u32 {
        RUNS.fetch_add(1, SeqCst);
        Waits::of::<unkept>().reach(WAITING);
        n
    }
    watched(|| {
        let memory = full();
        let unkept = memory.cache::<unkept>();
        assert_eq!(crowd(WAITING + 1, |_| unkept.call(5).unwrap()), [Some(5); WAITING + 1]);
        assert_eq!(RUNS.load(SeqCst), 1);
        assert_eq!(memory.stats().store_errors, 1);
    });
}

#[test]
fn a_large_value_that_no_store_takes_is_computed_by_all_at_once() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    static RELEASED: Barrier = Barrier::new(WAITING);
    const LARGE: usize = 3 << 20;
    #[memoize]
    fn large(n: u8) -> Vec<u8> {
        if RUNS.fetch_add(1, SeqCst) == 0 {
            Waits::of::<large>().reach(WAITING);
        } else {
            RELEASED.wait();
        }
        vec![n; LARGE]
    }
    watched(|| {
        let memory = full();
        let large = memory.cache::<large>();
        for value in crowd(WAITING + 1, |_| large.call(5).unwrap()) {
            assert_eq!(value, Some(vec![5; LARGE]));
        }
        assert_eq!(RUNS.load(SeqCst), WAITING + 1);
    });
}

#[test]
fn a_large_value_reaches_who_waits_through_the_store() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    const LARGE: usize = 3 << 20;
    #[memoize]
    fn large(n: u8) -> Vec<u8> {
        RUNS.fetch_add(1, SeqCst);
        Waits::of::<large>().reach(WAITING);
        vec![n; LARGE]
    }
    watched(|| {
        let (_dir, memory) = local();
        let large = memory.cache::<large>();
        for value in crowd(WAITING + 1, |_| large.call(5).unwrap()) {
            assert_eq!(value, Some(vec![5; LARGE]));
        }
        assert_eq!(RUNS.load(SeqCst), 1);
    });
}

#[test]
fn two_memories_over_one_directory_compute_once() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    #[memoize]
    fn shared(n: u32) -> u32 {
        RUNS.fetch_add(1, SeqCst);
        // Seven on each side: those beside the computing one, and all but the leader of the other side, who waits for
        // the lease.
        Waits::of::<shared>().reach(15);
        n
    }
    watched(|| {
        let (dir, one) = local();
        let two = Memory::open(dir.path()).unwrap();
        let handles = [one.cache::<shared>(), two.cache::<shared>()];
        let values = crowd(16, |n| handles[n % 2].call(4).unwrap());
        assert_eq!(values, [Some(4); 16]);
        assert_eq!(RUNS.load(SeqCst), 1);
        assert_eq!(one.stats().waited + two.stats().waited, 15);
    });
}
