//! A store that does not take a value, a value that does not become bytes: the call still returns what it computed,
//! says so once, counts it, and leaves nothing behind.

use larder::store::{Fault, Operation, When};
use larder::{ErrorKind, OnStoreError, memoize};
use serde::{Deserialize, Serialize, Serializer, ser};
use tracing::Level;

use crate::common::{
    Event, after, again, error_of, events_of, faulty, faulty_with, files, local, note_run,
    panic_of, passes, role, runs,
};

#[memoize]
fn filler(bytes: usize) -> Vec<u8> {
    note_run();
    vec![7; bytes]
}

/// A value whose `Serialize` fails.
#[derive(Debug, PartialEq, Deserialize)]
struct Unspeakable(u8);

impl Serialize for Unspeakable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(ser::Error::custom("no words for it"))
    }
}

#[memoize]
fn unspeakable_result(n: u8) -> Unspeakable {
    note_run();
    Unspeakable(n)
}

#[memoize]
fn unspeakable_argument(n: &Unspeakable) -> u8 {
    note_run();
    n.0
}

fn warnings(events: &[Event]) -> Vec<String> {
    let warned = |event: &&Event| event.level == Level::WARN && event.target == "larder::store";
    events.iter().filter(warned).map(|event| event.fields["error"].clone()).collect()
}

#[test]
fn a_store_that_refuses_to_write_costs_one_warning() {
    for kind in [ErrorKind::PermissionDenied, ErrorKind::StorageFull, ErrorKind::Io] {
        let (store, memory) = faulty();
        store.inject(When::Each(Operation::Put), Fault::Fail(kind));
        let function = memory.cache::<filler>();
        let ((), events) = events_of(|| {
            for _ in 0..3 {
                assert_eq!(function.call(3).unwrap(), [7; 3]);
            }
        });
        assert_eq!(runs(), 3);
        let warnings = warnings(&events);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains(kind.as_str()), "{warnings:?}");
        let stats = function.stats();
        assert_eq!((stats.store_errors, stats.stored, stats.computed), (3, 0, 3));
        assert_eq!(memory.entries().unwrap(), []);
        store.heal();
        function.call(3).unwrap();
        function.call(3).unwrap();
        assert_eq!(runs(), 1);
    }
}

#[test]
fn an_unencodable_result_is_returned_and_not_kept() {
    let (dir, memory) = local();
    let function = memory.cache::<unspeakable_result>();
    let (value, events) = events_of(|| {
        function.call(1).unwrap();
        function.call(1).unwrap()
    });
    assert_eq!(value, Unspeakable(1));
    assert_eq!(runs(), 2);
    let warnings = warnings(&events);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("no words for it"), "{warnings:?}");
    assert_eq!(function.stats().store_errors, 2);
    assert_eq!(memory.entries().unwrap(), []);
    let key = function.with(1).key().unwrap();
    assert!(!files(dir.path()).keys().any(|path| path.ends_with(key.digest())));
}

#[test]
fn an_argument_without_a_digest_is_computed_every_time() {
    let (_dir, memory) = local();
    let function = memory.cache::<unspeakable_argument>();
    let (value, events) = events_of(|| {
        function.call(&Unspeakable(1)).unwrap();
        function.call(&Unspeakable(2)).unwrap()
    });
    assert_eq!(value, 2);
    assert_eq!(runs(), 2);
    let warnings = warnings(&events);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("no words for it"), "{warnings:?}");
    assert_eq!(function.stats().store_errors, 2);
    assert_eq!(memory.entries().unwrap(), []);
}

#[test]
fn told_to_fail_a_handle_returns_the_error_and_a_transparent_call_panics_with_it() {
    for operation in [Operation::Get, Operation::Lease, Operation::Put] {
        let (store, memory) = faulty_with(|builder| builder.on_store_error(OnStoreError::Fail));
        store.inject(When::Each(operation), Fault::Fail(ErrorKind::StorageFull));
        let function = memory.cache::<filler>();
        let error = function.call(3).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull, "{error:?}");
        assert_eq!(error.get("operation"), Some(operation.as_str()));
        assert_eq!(function.stats().store_errors, 1, "{operation:?}");
        let panic = panic_of(|| memory.scope(|| filler(3)));
        assert!(panic.contains("injected fault: storage full"), "{panic}");
    }
    // The second look, under the lease.
    let (store, memory) = faulty_with(|builder| builder.on_store_error(OnStoreError::Fail));
    store.inject(When::NthOf(Operation::Get, 2), Fault::Fail(ErrorKind::Io));
    assert_eq!(memory.cache::<filler>().call(3).unwrap_err().kind(), ErrorKind::Io);
    assert_eq!(memory.stats().store_errors, 1, "one failure");

    let errors = [
        error_of(memory.cache::<unspeakable_result>().call(1)),
        error_of(memory.cache::<unspeakable_argument>().call(&Unspeakable(1))),
    ];
    for error in errors {
        assert!(error.contains("no words for it"), "{error}");
    }
}

#[test]
fn told_to_fail_it_never_goes_on_in_silence() {
    let (store, memory) = faulty_with(|builder| builder.on_store_error(OnStoreError::Fail));
    store.inject(When::Each(Operation::Get), Fault::Fail(ErrorKind::Unavailable));
    for n in 0..10 {
        let error = memory.cache::<filler>().call(3).expect_err("the store does not answer");
        assert_eq!(error.kind(), ErrorKind::Unavailable, "call {n}");
    }
    assert_eq!(runs(), 0);
}

/// A disk that takes 4 KB a file: the shell's limit, since a full disk cannot be had without mounting one.
#[cfg(unix)]
#[test]
fn a_full_disk_keeps_nothing_and_leaves_nothing() {
    const TEST: &str = "store_errors::a_full_disk_keeps_nothing_and_leaves_nothing";
    if role().is_none() {
        // The signal that comes with the limit is ignored: the write fails as it does on a full disk.
        return passes(after(r#"trap "" XFSZ; ulimit -f 8"#, &again(TEST, "limited")));
    }
    let (dir, memory) = local();
    let function = memory.cache::<filler>();
    function.call(10).unwrap();
    let before = files(dir.path());
    let (value, events) = events_of(|| function.call(100_000).unwrap());
    assert_eq!(value.len(), 100_000);
    assert_eq!(warnings(&events).len(), 1);
    assert_eq!(function.stats().store_errors, 1);
    assert_eq!(files(dir.path()), before);
    assert_eq!(function.call(10).unwrap().len(), 10);
    assert_eq!(function.stats().hits, 1);
}

/// Permissions do not stop the root user; a file where a directory has to be stops everybody.
#[test]
fn a_place_that_cannot_be_written_costs_one_warning() {
    let (dir, memory) = local();
    let function = memory.cache::<filler>();
    let place = dir.path().join("cache");
    std::fs::remove_dir_all(&place).unwrap();
    std::fs::write(&place, "in the way").unwrap();
    let (value, events) = events_of(|| {
        function.call(3).unwrap();
        function.call(3).unwrap()
    });
    assert_eq!(value, [7; 3]);
    assert!(!warnings(&events).is_empty());
    assert!(function.stats().store_errors >= 2);
    assert_eq!(std::fs::read(&place).unwrap(), b"in the way");
}
