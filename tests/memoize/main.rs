//! `#[memoize]` and `#[tracked]`, over a store in memory: what is computed, and how often.

mod asynchronous;
mod calls;
mod identity;
mod keys;
mod signatures;
mod versions;

use std::cell::Cell;
use std::sync::Arc;

use larder::Memory;
use larder::store::MemoryStore;

thread_local! {
    static RUNS: Cell<usize> = const { Cell::new(0) };
}

/// Counts a run of the body it stands in. A store in memory never leaves the caller's thread.
fn ran() {
    RUNS.set(RUNS.get() + 1);
}

/// How many bodies ran on this thread since the last look.
fn runs() -> usize {
    RUNS.take()
}

fn memory() -> Memory {
    Memory::over(Arc::new(MemoryStore::new())).open().expect("a store in memory opens")
}

/// Calls twice under a fresh memory: the body runs `expected` times, and both results are equal.
fn twice<T: PartialEq + std::fmt::Debug>(expected: usize, call: impl Fn() -> T) -> T {
    memory().scope(|| {
        runs();
        let first = call();
        assert_eq!(call(), first);
        assert_eq!(runs(), expected, "runs for {first:?}");
        first
    })
}
