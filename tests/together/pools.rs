//! Pools whose workers take up other work while they wait.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use larder::{Memory, memoize};
use rayon::prelude::*;

use crate::support::local;
use crate::support::watchdog::watched;

fn pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}

#[test]
fn parallel_loops_of_memoized_functions_nest() {
    #[memoize]
    fn leaf(n: u64) -> u64 {
        n * n
    }
    #[memoize(ignore(memory))]
    fn tree(memory: &Memory, depth: u32) -> u64 {
        let below = |n| match depth {
            0 => leaf(n % 4),
            _ => tree(memory, depth - 1) + leaf(n),
        };
        (0..8).into_par_iter().map(|n| memory.scope(|| below(n))).sum()
    }
    watched(|| {
        for threads in [1, 2, 4] {
            let (_dir, memory) = local();
            let total = pool(threads).install(|| memory.scope(|| tree(&memory, 4)));
            // 2 * (0 + 1 + 4 + 9), and at each level above 8 times that, and 0 + 1 + 4 + ... + 49.
            assert_eq!(total, (0..4).fold(28, |below, _| 8 * below + 140));
        }
    });
}

#[test]
fn two_workers_that_took_up_each_others_keys_compute() {
    static BOTH: Barrier = Barrier::new(2);
    #[memoize(ignore(memory, again))]
    fn half(memory: &Memory, n: u32, again: bool) -> u32 {
        if again {
            BOTH.wait();
            // Waits for the job, and takes it up itself when nobody else does.
            rayon::scope(|scope| {
                scope.spawn(|_| {
                    assert_eq!(memory.cache::<half>().call(memory, 1 - n, false).unwrap(), 1 - n);
                });
            });
        }
        n
    }
    watched(|| {
        let (_dir, memory) = local();
        let half = memory.cache::<half>();
        let call = |n| half.call(&memory, n, true).unwrap();
        assert_eq!(pool(2).join(|| call(0), || call(1)), (0, 1));
    });
}

#[test]
fn a_worker_that_its_holder_waits_for_computes_in_the_end() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    #[memoize(ignore(memory, again))]
    fn outer(memory: &Memory, n: u32, again: bool) -> u32 {
        RUNS.fetch_add(1, SeqCst);
        if again {
            let stolen = Barrier::new(2);
            // The other worker takes the second job, and comes upon the key its holder computes.
            rayon::join(
                || stolen.wait(),
                || {
                    stolen.wait();
                    assert_eq!(memory.cache::<outer>().call(memory, n, false).unwrap(), n);
                },
            );
        }
        n
    }
    watched(|| {
        let (_dir, memory) = local();
        let outer = memory.cache::<outer>();
        assert_eq!(pool(2).install(|| outer.call(&memory, 3, true)).unwrap(), 3);
        assert_eq!(RUNS.load(SeqCst), 2);
    });
}
