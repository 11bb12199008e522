//! A function that returns `Err` or panics stores nothing and poisons nothing.

use std::cell::Cell;
use std::sync::Barrier;

use larder::{Result as LarderResult, memoize};

use crate::common::{local, note_run, panic_of, runs};

thread_local! {
    static FAILS: Cell<bool> = const { Cell::new(true) };
}

#[memoize]
fn half(n: u32) -> Result<u32, String> {
    note_run();
    match FAILS.get() {
        true => Err(format!("{n} cannot be halved today")),
        false => Ok(n / 2),
    }
}

#[memoize]
fn third(n: u32) -> u32 {
    note_run();
    assert!(!FAILS.get(), "{n} cannot be divided today");
    n / 3
}

#[test]
fn an_err_is_not_kept() {
    let (_dir, memory) = local();
    let function = memory.cache::<half>();
    for _ in 0..2 {
        assert_eq!(function.call(8).unwrap(), Err("8 cannot be halved today".to_owned()));
        assert_eq!(function.with(8).refresh().unwrap().unwrap_err(), "8 cannot be halved today");
    }
    assert_eq!(runs(), 4);
    assert_eq!(memory.entries().unwrap(), []);
    assert_eq!(function.stats().store_errors, 0, "the store did not fail");

    FAILS.set(false);
    assert_eq!(function.call(8).unwrap(), Ok(4));
    FAILS.set(true);
    assert_eq!(function.call(8).unwrap(), Ok(4));
    assert_eq!(runs(), 1);
    assert!(function.with(8).refresh().unwrap().is_err());
    assert_eq!(function.with(8).get().unwrap(), Some(Ok(4)), "an Err replaces nothing");
}

#[test]
fn a_panic_goes_through_and_nothing_is_kept() {
    let (_dir, memory) = local();
    let function = memory.cache::<third>();
    for _ in 0..2 {
        assert_eq!(panic_of(|| function.call(9)), "9 cannot be divided today");
        assert_eq!(panic_of(|| memory.scope(|| third(9))), "9 cannot be divided today");
    }
    assert_eq!(runs(), 4);
    assert_eq!(memory.entries().unwrap(), []);

    FAILS.set(false);
    assert_eq!(function.call(9).unwrap(), 3);
    FAILS.set(true);
    assert_eq!(function.call(9).unwrap(), 3);
    assert_eq!(runs(), 1);
}

#[test]
fn other_threads_go_on_after_a_panic() {
    let (_dir, memory) = local();
    let barrier = Barrier::new(4);
    let call = |fails: bool| -> LarderResult<u32> {
        FAILS.set(fails);
        barrier.wait();
        memory.cache::<third>().call(30)
    };
    std::thread::scope(|scope| {
        let bad: Vec<_> = (0..2).map(|_| scope.spawn(|| call(true))).collect();
        let good: Vec<_> = (0..2).map(|_| scope.spawn(|| call(false))).collect();
        for thread in good {
            assert_eq!(thread.join().expect("only the others panic").unwrap(), 10);
        }
        for thread in bad {
            // It panicked, or came late and took the value.
            assert!(thread.join().is_err() || memory.stats().hits > 0);
        }
    });
    FAILS.set(true);
    assert_eq!(memory.cache::<third>().call(30).unwrap(), 10);
}
