//! A memoized function is called as before, and its handle for everything else.

use larder::{Lookup, Memory, memoize};

use crate::{memory, ran, runs, twice};

#[memoize(ignore(verbose))]
fn costly(data: &[f64], column: usize, verbose: bool) -> Vec<f64> {
    ran();
    if verbose { vec![data[column], -1.0] } else { vec![data[column]] }
}

const DATA: [f64; 3] = [1.0, 2.0, 3.0];

#[test]
fn without_a_memory_every_call_computes() {
    assert!(Memory::current().is_none());
    runs();
    assert_eq!(costly(&DATA, 2, false), [3.0]);
    assert_eq!(costly(&DATA, 2, false), [3.0]);
    assert_eq!(runs(), 2);
    let disabled = Memory::disabled();
    disabled.scope(|| assert_eq!(costly(&DATA, 2, false), [3.0]));
    assert_eq!(disabled.cache::<costly>().call(&DATA, 2, false).unwrap(), [3.0]);
    assert_eq!(runs(), 2);
}

#[test]
fn a_transparent_call_computes_once_a_memory() {
    let (one, other) = (memory(), memory());
    runs();
    for memory in [&one, &other, &one, &other] {
        memory.scope(|| assert_eq!(costly(&DATA, 1, false), [2.0]));
    }
    assert_eq!(runs(), 2);
    one.scope(|| assert_eq!(costly(&DATA, 0, false), [1.0]));
    assert_eq!(runs(), 1, "other arguments");
}

#[test]
fn one_call_needs_no_handle() {
    let memory = memory();
    runs();
    assert_eq!(memory.eval::<costly>((&DATA, 1, false)).unwrap(), [2.0]);
    assert_eq!(memory.eval::<costly>((&DATA, 1, true)).unwrap(), [2.0]);
    assert_eq!(memory.cache::<costly>().call(&DATA, 1, false).unwrap(), [2.0]);
    assert_eq!(runs(), 1);
}

#[test]
fn the_handle_takes_the_functions_own_parameters() {
    let memory = memory();
    let handle = memory.cache::<costly>();
    runs();
    // As in a plain call, `&Vec` and `&Box` become `&[f64]`.
    assert_eq!(handle.call(&Vec::from(DATA), 2, false).unwrap(), [3.0]);
    assert_eq!(handle.call(&Box::<[f64]>::from(DATA), 2, false).unwrap(), [3.0]);
    memory.scope(|| assert_eq!(costly(&DATA, 2, false), [3.0]));
    assert_eq!(runs(), 1);
    assert_eq!((handle.stats().hits, handle.stats().computed), (2, 1));
    assert_eq!(handle.clone().stats(), handle.stats());
    assert!(handle.name().ends_with("calls::costly"), "{}", handle.name());
}

#[test]
fn a_bound_call_looks_and_invalidates() {
    let memory = memory();
    let handle = memory.cache::<costly>();
    runs();
    assert_eq!(handle.with(&DATA, 0, false).get().unwrap(), None);
    assert!(!handle.with(&DATA, 0, false).lookup().unwrap().is_hit());
    assert_eq!(runs(), 0, "looking does not compute");
    assert_eq!(handle.with(&DATA, 0, false).call().unwrap(), [1.0]);
    let Lookup::Hit(entry) = handle.with(&DATA, 0, false).lookup().unwrap() else {
        panic!("just computed")
    };
    assert_eq!(entry.key, handle.with(&DATA, 0, false).key().unwrap());
    assert_eq!(handle.with(&DATA, 0, false).get().unwrap().unwrap(), [1.0]);
    assert!(handle.with(&DATA, 0, false).invalidate().unwrap());
    assert!(!handle.with(&DATA, 0, false).lookup().unwrap().is_hit());
    assert_eq!(handle.with(&DATA, 0, false).call_uncached(), [1.0]);
    assert!(!handle.with(&DATA, 0, false).lookup().unwrap().is_hit());
    assert_eq!(runs(), 2);
}

#[memoize]
fn fibonacci(n: u64) -> u64 {
    ran();
    if n < 2 { n } else { fibonacci(n - 1) + fibonacci(n - 2) }
}

#[test]
fn recursion_goes_through_the_memory() {
    assert_eq!(twice(31, || fibonacci(30)), 832_040);
}

#[derive(Debug, PartialEq)]
struct NotSerde;
type Outcome<T> = Result<T, NotSerde>;

#[memoize]
fn checked(n: u8) -> Outcome<u8> {
    ran();
    if n == 0 {
        Err(NotSerde)?;
    }
    Ok(n)
}

#[test]
fn of_a_result_only_ok_is_kept() {
    assert_eq!(twice(1, || checked(1)), Ok(1));
    assert_eq!(twice(2, || checked(0)), Err(NotSerde));
}

#[memoize]
fn panics(n: u8) -> u8 {
    ran();
    assert!(n > 0, "zero");
    n
}

#[test]
fn a_panic_keeps_nothing_and_breaks_nothing() {
    let memory = memory();
    let call = |n| memory.scope(|| panics(n));
    runs();
    for _ in 0..2 {
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| call(0)));
        assert_eq!(panic.unwrap_err().downcast_ref::<&str>(), Some(&"zero"));
    }
    assert_eq!((call(1), call(1)), (1, 1));
    assert_eq!(runs(), 3);
}

#[test]
fn it_is_still_a_function() {
    fn apply(f: fn(u64) -> u64) -> u64 {
        f(3)
    }
    assert_eq!(apply(fibonacci), 2);
    assert_eq!([1, 0].map(checked), [Ok(1), Err(NotSerde)]);
}
