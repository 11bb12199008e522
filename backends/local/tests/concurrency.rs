//! Many threads at once.

mod common;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use common::{files, key, now, prefix};
use larder_core::Payload;
use larder_core::store::{PutMode, PutOutcome, StoreBackend, StoreExt};
use larder_local::{LocalOptions, LocalStore};

/// A value of many pieces and pages that tells whether it is whole.
fn value(byte: u8) -> Payload {
    (0..usize::from(byte) % 7 + 1).map(|_| vec![byte; 3000].into()).collect()
}

fn assert_whole(bytes: &[u8]) {
    let byte = bytes[0];
    assert_eq!(bytes.len(), (usize::from(byte) % 7 + 1) * 3000);
    assert!(bytes.iter().all(|b| *b == byte), "bytes of two values");
}

#[test]
fn no_read_is_torn() {
    let dir = tempfile::tempdir().unwrap();
    let read = LocalStore::open(dir.path()).unwrap();
    let map = LocalStore::with_options(dir.path(), LocalOptions::default().map_from(1)).unwrap();
    let key = key("a/b", 1);
    thread::scope(|scope| {
        for t in 0..8u8 {
            let (store, key) = (if t % 2 == 0 { &read } else { &map }, &key);
            scope.spawn(move || {
                for i in 0..300u32 {
                    match (i + u32::from(t)) % 4 {
                        0 => now(store.replace(key, value(t))).unwrap(),
                        1 if i % 8 == 1 => drop(now(store.delete(key)).unwrap()),
                        1 => {
                            let mode = PutMode::Create;
                            let _either: PutOutcome = now(store.put(key, value(t), mode)).unwrap();
                        }
                        _ => {
                            if let Some(bytes) = now(store.get(key)).unwrap() {
                                assert_whole(&bytes);
                            }
                        }
                    }
                }
            });
        }
    });
    now(read.replace(&key, value(9))).unwrap();
    assert_whole(&now(map.get(&key)).unwrap().unwrap());
    assert_eq!(files(dir.path()).len(), 2, "the entry and .gitignore, nothing temporary");
}

#[test]
fn one_of_many_creates() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::open(dir.path()).unwrap();
    for n in 0..50 {
        let key = key("a", n);
        let create = |t| now(store.put(&key, value(t), PutMode::Create)).unwrap();
        let won: Vec<u8> = thread::scope(|scope| {
            let running: Vec<_> = (0..4).map(|t| (t, scope.spawn(move || create(t)))).collect();
            let done = running.into_iter().map(|(t, thread)| (t, thread.join().unwrap()));
            done.filter(|(_, outcome)| *outcome == PutOutcome::Written).map(|(t, _)| t).collect()
        });
        assert_eq!(won.len(), 1);
        assert_eq!(now(store.get(&key)).unwrap().unwrap()[0], won[0]);
    }
}

#[test]
fn puts_succeed_while_their_directories_are_pruned() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::open(dir.path()).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    now(store.delete_prefix(&prefix("a"))).unwrap();
                }
            });
        }
        let putting: Vec<_> = (0..3)
            .map(|t| {
                let store = &store;
                scope.spawn(move || {
                    for n in 0..200 {
                        now(store.replace(&key("a/b/c/d/e/f", t * 200 + n), value(0))).unwrap();
                    }
                })
            })
            .collect();
        let put: Vec<_> = putting.into_iter().map(|thread| thread.join()).collect();
        done.store(true, Ordering::Relaxed);
        put.into_iter().for_each(|put| put.unwrap());
    });
    now(store.replace(&key("a/b/c", 1), value(1))).unwrap();
    assert!(now(store.contains(&key("a/b/c", 1))).unwrap());
}

/// A sweep takes what nobody has claimed yet, also what was made an instant ago.
#[test]
fn puts_beside_sweeps_never_fail() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::open(dir.path()).unwrap();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let sweeps = || {
            while !over.load(Ordering::Relaxed) {
                now(store.compact()).unwrap();
            }
        };
        (0..3).for_each(|_| drop(scope.spawn(sweeps)));
        let puts = (0..2000).map(|n| now(store.replace(&key("a/b", n % 7), b"value"[..].into())));
        let failed: Vec<_> = puts.filter_map(Result::err).collect();
        over.store(true, Ordering::Relaxed);
        assert!(failed.is_empty(), "{} puts failed: {:?}", failed.len(), failed[0]);
    });
}
