//! Leases step by step, seen from two processes and from the bucket. Two processes are two stores that share nothing
//! but the bucket.

mod common;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use common::{key, now, until};
use futures::TryStreamExt;
use larder_core::store::{Lease, LeaseAttempt, PutMode, PutOutcome, StoreBackend, StoreExt};
use larder_core::{Memory, OnStoreError, Prefix};
use larder_object_store::{ObjectStoreBackend, ObjectStoreOptions};
use object_store::ObjectStore;
use object_store::memory::InMemory;

const TTL: Duration = Duration::from_millis(300);

type Bucket = Arc<dyn ObjectStore>;

fn bucket() -> Bucket {
    Arc::new(InMemory::new())
}

/// A store that shares only the bucket with others: leases in memory belong to what is opened by the same address.
fn process(bucket: &Bucket) -> ObjectStoreBackend {
    let options = ObjectStoreOptions::default().lease_ttl(TTL);
    ObjectStoreBackend::with_options(Arc::new(bucket.clone()), "", options).unwrap()
}

fn objects(bucket: &Bucket) -> Vec<(String, u64)> {
    let list: Vec<_> = now(bucket.list(None).try_collect()).unwrap();
    let objects =
        list.into_iter().map(|it: object_store::ObjectMeta| (it.location.to_string(), it.size));
    objects.filter(|(name, _)| !name.starts_with(".larder/recency")).collect()
}

fn lease(store: &ObjectStoreBackend) -> Option<Lease> {
    match now(store.lease(&key(1))).unwrap() {
        LeaseAttempt::Acquired(lease) => Some(lease),
        LeaseAttempt::Held(_) => None,
    }
}

fn publish(store: &ObjectStoreBackend, value: &[u8], lease: &Lease) -> PutOutcome {
    now(store.put(&key(1), value.to_vec().into(), PutMode::Leased(lease))).unwrap()
}

fn put(store: &ObjectStoreBackend, value: &[u8], mode: PutMode<'_>) -> PutOutcome {
    now(store.put(&key(1), value.to_vec().into(), mode)).unwrap()
}

fn fill(store: &ObjectStoreBackend, value: &[u8]) {
    assert_eq!(put(store, value, PutMode::Replace), PutOutcome::Written);
}

fn get(store: &ObjectStoreBackend) -> Option<Vec<u8>> {
    now(store.get(&key(1))).unwrap().map(Into::into)
}

/// A lease whose holder does nothing any more, as one that is stopped: the threads that renew it are gone.
fn lease_of_the_stopped(store: &ObjectStoreBackend) -> Lease {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let LeaseAttempt::Acquired(lease) = runtime.block_on(store.lease(&key(1))).unwrap() else {
        panic!("it is free")
    };
    lease
}

#[test]
fn a_placeholder_has_48_bytes_and_is_nothing_to_readers() {
    let bucket = bucket();
    let (one, other) = (process(&bucket), process(&bucket));
    let held = lease(&one).unwrap();
    assert_eq!(objects(&bucket), [(key(1).to_string(), 48)]);
    assert!(lease(&other).is_none());
    assert_eq!(get(&other), None);
    assert!(now(other.entries(&Prefix::root())).unwrap().is_empty());
    assert_eq!(publish(&one, b"value", &held), PutOutcome::Written);
    assert_eq!(objects(&bucket), [(key(1).to_string(), 5)]);
    assert_eq!(get(&other).unwrap(), b"value");
}

#[test]
fn a_lease_over_a_value_leaves_it_readable_and_leaves_no_copy() {
    let bucket = bucket();
    let (one, other) = (process(&bucket), process(&bucket));
    fill(&one, b"old");
    let held = lease(&one).unwrap();
    assert!(lease(&other).is_none(), "two hold it");
    assert_eq!(get(&other).unwrap(), b"old");
    assert_eq!(now(other.head(&key(1))).unwrap().unwrap().size, 3);
    assert_eq!(publish(&one, b"newer", &held), PutOutcome::Written);
    assert_eq!(objects(&bucket), [(key(1).to_string(), 5)]);

    drop(held);
    drop(lease(&one).unwrap());
    until("it is given back", || lease(&other).is_some());
    assert_eq!(get(&one).unwrap(), b"newer");
    fill(&one, b"last");
    until("no copy is left", || objects(&bucket) == [(key(1).to_string(), 4)]);
}

#[test]
fn a_late_value_is_refused_from_the_moment_of_the_takeover() {
    for before in [None, Some(b"before")] {
        let bucket = bucket();
        let (stopped, other) = (process(&bucket), process(&bucket));
        if let Some(before) = before {
            fill(&other, before);
        }
        let late = lease_of_the_stopped(&stopped);
        let mut taken = None;
        until("the stopped holder is taken for dead", || {
            taken = lease(&other);
            taken.is_some()
        });
        assert_eq!(publish(&stopped, b"late", &late), PutOutcome::LeaseLost);
        assert_eq!(get(&other), before.map(|before| before.to_vec()));
        assert_eq!(publish(&other, b"right", &taken.unwrap()), PutOutcome::Written);
        assert_eq!(publish(&stopped, b"late", &late), PutOutcome::LeaseLost);
        assert_eq!(get(&stopped).unwrap(), b"right");
        assert_eq!(objects(&bucket).len(), 1, "{:?}", objects(&bucket));
    }
}

#[test]
fn a_holder_that_was_stopped_and_not_missed_publishes() {
    let bucket = bucket();
    let stopped = process(&bucket);
    let late = lease_of_the_stopped(&stopped);
    assert_eq!(publish(&stopped, b"late", &late), PutOutcome::Written);
}

#[test]
fn a_late_result_is_returned_though_store_errors_are_asked_for() {
    let bucket = bucket();
    let store = Arc::new(process(&bucket));
    let memory = Memory::over(store).on_store_error(OnStoreError::Fail).open().unwrap();
    let computed = memory.get_or_compute("key", || {
        // Somebody else's value takes the place of the lease meanwhile.
        let (name, _) = objects(&bucket).pop().unwrap();
        let other = process(&bucket);
        let name = name.parse().unwrap();
        let put = now(other.put(&name, vec![1].into(), PutMode::Replace));
        assert_eq!(put.unwrap(), PutOutcome::Written);
        7
    });
    assert_eq!(computed.unwrap(), 7);
    assert_eq!((memory.stats().stored, memory.stats().store_errors), (0, 0));
}

#[test]
fn deleting_under_a_lease_leaves_the_lease() {
    let bucket = bucket();
    let (one, other) = (process(&bucket), process(&bucket));
    fill(&one, b"old");
    let held = lease(&one).unwrap();
    assert!(now(other.delete(&key(1))).unwrap());
    assert_eq!(now(other.delete_prefix(&Prefix::root())).unwrap(), 0);
    assert_eq!(get(&other), None);
    assert!(lease(&other).is_none(), "the lease went with the value");
    assert_eq!(publish(&one, b"new", &held), PutOutcome::Written);
    assert_eq!(objects(&bucket), [(key(1).to_string(), 3)]);
}

#[test]
fn other_puts_end_a_lease() {
    for mode in [PutMode::Replace, PutMode::Create] {
        let bucket = bucket();
        let (one, other) = (process(&bucket), process(&bucket));
        let held = lease(&one).unwrap();
        assert_eq!(put(&other, b"first", mode), PutOutcome::Written, "{mode:?}");
        assert_eq!(publish(&one, b"second", &held), PutOutcome::LeaseLost);
        assert_eq!(get(&one).unwrap(), b"first");
    }
}

#[test]
fn what_is_left_of_a_lease_is_taken_over_and_swept() {
    let bucket = bucket();
    let (one, other) = (process(&bucket), process(&bucket));
    lease(&one).unwrap().abandon();
    until("it can be had", || lease(&other).is_some());
    until("it is swept", || {
        assert_eq!(now(one.delete_prefix(&Prefix::root())).unwrap(), 0);
        objects(&bucket).is_empty()
    });
}

#[test]
fn values_that_look_like_placeholders_are_values() {
    let bucket = bucket();
    let (one, other) = (process(&bucket), process(&bucket));
    for length in [48, 72] {
        let placeholder = [b"larder-in-placel".as_slice(), &vec![0; length - 16]].concat();
        fill(&one, &placeholder);
        assert_eq!(get(&other).unwrap(), placeholder);
        assert_eq!(now(other.entries(&Prefix::root())).unwrap()[0].size, length as u64);
    }
    assert_eq!(objects(&bucket).len(), 2, "the place and the value beside it");
    assert!(now(other.delete(&key(1))).unwrap());
    assert!(objects(&bucket).is_empty());
}

#[test]
fn another_process_sees_what_was_used_last() {
    let bucket = bucket();
    let (one, other) = (process(&bucket), process(&bucket));
    fill(&one, b"value");
    let used = |store: &ObjectStoreBackend| -> SystemTime {
        now(store.entries(&Prefix::root())).unwrap()[0].last_used.unwrap()
    };
    let written = used(&other);
    until("the use is seen", || {
        assert!(now(one.touch(&key(1))).unwrap());
        used(&other) > written
    });
}
