//! Memoized functions that call memoized functions, themselves included.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use larder::{Memory, memoize};

use crate::support::local;
use crate::support::watchdog::watched;

#[test]
fn a_recursive_function_computes_each_key_once() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    #[memoize]
    fn fib(n: u64) -> u64 {
        RUNS.fetch_add(1, SeqCst);
        if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
    }
    watched(|| {
        let (_dir, memory) = local();
        memory.scope(|| assert_eq!(fib(40), 102_334_155));
        assert_eq!(RUNS.load(SeqCst), 41);
        memory.scope(|| assert_eq!(fib(40), 102_334_155));
        assert_eq!(RUNS.load(SeqCst), 41);
    });
}

/// Also a hundred levels deep on a thread with the usual small stack.
#[test]
fn mutually_recursive_functions_compute_each_key_once_among_threads() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    #[memoize]
    fn even(n: u32) -> bool {
        RUNS.fetch_add(1, SeqCst);
        n == 0 || odd(n - 1)
    }
    #[memoize]
    fn odd(n: u32) -> bool {
        RUNS.fetch_add(1, SeqCst);
        n != 0 && even(n - 1)
    }
    fn all(memory: &Memory) {
        memory.scope(|| assert!(even(100) && odd(99) && !even(99) && !odd(100)));
    }
    watched(|| {
        let (_dir, memory) = local();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| all(&memory));
            }
        });
        // even(100) down to even(0) or odd(0), and the same for odd(100).
        assert_eq!(RUNS.load(SeqCst), 2 * 101);
    });
}

#[test]
fn a_call_within_a_call_of_the_same_key_computes() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    #[memoize(ignore(again))]
    fn nested(n: u32, again: u32) -> u32 {
        RUNS.fetch_add(1, SeqCst);
        if again == 0 { n } else { wrapper(n, again - 1) }
    }
    fn wrapper(n: u32, again: u32) -> u32 {
        nested(n, again)
    }
    watched(|| {
        let (_dir, memory) = local();
        memory.scope(|| assert_eq!(nested(7, 3), 7));
        assert_eq!(RUNS.load(SeqCst), 4);
        memory.scope(|| assert_eq!(nested(7, 3), 7));
        assert_eq!(RUNS.load(SeqCst), 4);
    });
}

#[test]
fn two_threads_that_would_wait_for_each_other_compute() {
    static BOTH: Barrier = Barrier::new(2);
    #[memoize(ignore(again))]
    fn left(n: u32, again: bool) -> u32 {
        if !again {
            return n;
        }
        BOTH.wait();
        right(n, false)
    }
    #[memoize(ignore(again))]
    fn right(n: u32, again: bool) -> u32 {
        if !again {
            return n;
        }
        BOTH.wait();
        left(n, false)
    }
    watched(|| {
        let (_dir, memory) = local();
        thread::scope(|scope| {
            scope.spawn(|| memory.scope(|| assert_eq!(left(1, true), 1)));
            scope.spawn(|| memory.scope(|| assert_eq!(right(1, true), 1)));
        });
    });
}
