use super::*;
use crate::ErrorKind;
use crate::store::{MemoryStore, StoreExt};

fn key(n: u8) -> Key {
    Prefix::new("a/b").unwrap().key(&[n; 32]).unwrap()
}

fn now<T>(future: impl Future<Output = T>) -> T {
    let mut cx = Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut cx) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("an inline store returned a pending future"),
    }
}

fn store() -> (MemoryStore, FaultStore) {
    let memory = MemoryStore::new();
    (memory.clone(), FaultStore::new(Arc::new(memory)))
}

fn put(store: &FaultStore, n: u8, value: &'static [u8]) -> Result<()> {
    now(store.replace(&key(n), value.into()))
}

#[test]
fn only_the_numbered_call_fails_and_its_error_names_everything() {
    let (memory, store) = store();
    store.inject(When::Nth(2), Fault::Fail(ErrorKind::StorageFull));
    put(&store, 1, b"one").unwrap();
    let error = put(&store, 2, b"two").unwrap_err();
    assert!(error.is_storage_full() && !error.is_transient());
    assert_eq!(error.get("operation"), Some("put"));
    assert_eq!(error.get("key"), Some(key(2).as_str()));
    assert_eq!(error.get("call"), Some("2"));
    assert_eq!(now(memory.get(&key(2))).unwrap(), None, "the inner store heard of it");
    put(&store, 2, b"two").unwrap();
}

#[test]
fn the_nth_of_a_kind_counts_only_its_kind() {
    let (_, store) = store();
    store.inject(When::NthOf(Operation::Get, 2), Fault::Fail(ErrorKind::Timeout));
    put(&store, 1, b"one").unwrap();
    assert!(now(store.get(&key(1))).is_ok());
    put(&store, 1, b"one").unwrap();
    assert!(now(store.get(&key(1))).unwrap_err().is_transient());
    assert!(now(store.get(&key(1))).is_ok());
}

#[test]
fn every_operation_can_be_made_to_fail_and_healed() {
    let (_, store) = store();
    store.inject(When::Always, Fault::Fail(ErrorKind::Io));
    let all = |store: &FaultStore| {
        [
            now(store.get(&key(1))).is_err(),
            put(store, 1, b"one").is_err(),
            now(store.delete(&key(1))).is_err(),
            now(store.entries(&Prefix::root())).is_err(),
            now(store.head(&key(1))).is_err(),
            now(store.get_range(&key(1), 0..1)).is_err(),
            now(store.delete_prefix(&Prefix::root())).is_err(),
            now(store.touch(&key(1))).is_err(),
            now(store.lease(&key(1))).is_err(),
            now(store.compact()).is_err(),
        ]
    };
    assert_eq!(all(&store), [true; Operation::ALL.len()]);
    store.heal();
    assert_eq!(all(&store), [false; Operation::ALL.len()]);
    for &operation in Operation::ALL {
        assert_eq!(store.tally(operation).calls, 2, "{operation:?}");
    }
    assert_eq!(store.total().calls, 2 * Operation::ALL.len() as u64);
}

#[test]
fn what_fails_after_has_happened() {
    let (memory, store) = store();
    store.inject(When::Always, Fault::FailAfter(ErrorKind::Unavailable));
    assert!(put(&store, 1, b"one").unwrap_err().is_transient());
    assert_eq!(now(memory.get(&key(1))).unwrap().unwrap(), "one");
    let mut list = store.list(&Prefix::root());
    let mut item = || now(std::future::poll_fn(|cx| list.as_mut().poll_next(cx)));
    assert_eq!(item().unwrap().unwrap().key, key(1));
    assert!(item().unwrap().is_err());
    assert!(item().is_none());
    assert!(now(store.lease(&key(1))).is_err());
    assert!(matches!(now(memory.lease(&key(1))), Ok(LeaseAttempt::Acquired(_))), "still held");
}

#[test]
fn a_torn_call_moves_half_the_bytes() {
    let (memory, store) = store();
    store.inject(When::NthOf(Operation::Put, 1), Fault::Torn);
    store.inject(When::NthOf(Operation::Get, 2), Fault::Torn);
    put(&store, 1, b"0123456789").unwrap();
    assert_eq!(now(memory.get(&key(1))).unwrap().unwrap(), "01234");
    assert_eq!(now(store.get(&key(1))).unwrap().unwrap(), "01234");
    assert_eq!(now(store.get(&key(1))).unwrap().unwrap(), "01");
}

#[test]
fn bytes_are_counted_where_they_move() {
    let (_, store) = store();
    put(&store, 1, b"0123456789").unwrap();
    now(store.get_range(&key(1), 2..5)).unwrap();
    now(store.head(&key(1))).unwrap();
    now(store.get(&key(2))).unwrap();
    let exists = now(store.put(&key(1), (&b"x"[..]).into(), PutMode::Create)).unwrap();
    assert_eq!(exists, PutOutcome::Exists);
    assert_eq!(store.tally(Operation::Put), Tally { calls: 2, bytes: 10 });
    assert_eq!(store.tally(Operation::GetRange), Tally { calls: 1, bytes: 3 });
    assert_eq!(store.tally(Operation::Get), Tally { calls: 1, bytes: 0 });
    assert_eq!(store.total(), Tally { calls: 5, bytes: 13 });
}

#[test]
fn delays_add_up_and_stay_inline() {
    let (_, store) = store();
    let delay = Duration::from_millis(20);
    store.inject(When::Each(Operation::Get), Fault::Delay(delay));
    store.inject(When::Always, Fault::Delay(delay));
    let start = std::time::Instant::now();
    now(store.get(&key(1))).unwrap();
    assert!(start.elapsed() >= 2 * delay);
    let start = std::time::Instant::now();
    now(store.entries(&Prefix::root())).unwrap();
    assert!(start.elapsed() >= delay);
}

#[test]
fn its_debug_name_shows_the_inner_store() {
    assert_eq!(format!("{:?}", store().1), "FaultStore(MemoryStore)");
}
