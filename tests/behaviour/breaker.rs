//! A store that does not answer is left alone, so that a dead one does not cost every call its timeout.

use larder::store::{Fault, When};
use larder::{ErrorKind, MissReason, memoize};

use crate::common::{faulty, note_run, runs};

#[memoize]
fn double(n: u64) -> u64 {
    note_run();
    2 * n
}

#[test]
fn a_dead_store_is_asked_three_times() {
    for kind in [ErrorKind::Unavailable, ErrorKind::Timeout] {
        let (store, memory) = faulty();
        store.inject(When::Always, Fault::Fail(kind));
        let function = memory.cache::<double>();
        for n in 0..50 {
            assert_eq!(function.call(n).unwrap(), 2 * n);
            assert_eq!(function.with(n).refresh().unwrap(), 2 * n);
        }
        assert_eq!(runs(), 100);
        assert_eq!(store.total().calls, 3, "a store that is left alone is not asked");
        assert_eq!(function.stats().misses(MissReason::StoreFailed), 50);
        assert_eq!(function.stats().store_errors, 3);
    }
}

#[test]
fn failures_that_are_no_accident_do_not_count() {
    let (store, memory) = faulty();
    store.inject(When::Always, Fault::Fail(ErrorKind::PermissionDenied));
    let function = memory.cache::<double>();
    for n in 0..10 {
        function.call(n).unwrap();
    }
    assert!(store.total().calls >= 20);
}

#[test]
fn answers_in_between_keep_it_in_use() {
    let (store, memory) = faulty();
    let function = memory.cache::<double>();
    function.call(0).unwrap();
    for n in 1..20 {
        store.inject(When::Nth(store.total().calls + 1), Fault::Fail(ErrorKind::Unavailable));
        assert_eq!(function.call(n).unwrap(), 2 * n);
        assert_eq!(function.call(0).unwrap(), 0);
    }
    assert_eq!(function.stats().hits, 19);
}
