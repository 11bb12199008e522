//! Limits that several processes keep while all of them write.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use larder::{Limits, Memory, OnStoreError, memoize};

use crate::processes::{write_down, written};
use crate::support::STORES;
use crate::support::children::{Other, say};
use crate::support::watchdog::watched;

const WRITERS: usize = 4;
const ITEMS: u64 = 400;
/// Some 700 bytes a result.
const BYTES: u64 = 280_000;
/// What one writer puts, so that the store is turned over several times.
const EACH: u64 = 300;
/// What all of them use again and again.
const WANTED: u64 = 5;

/// The stores this is true of.
fn stores(dir: &Path) -> Vec<String> {
    STORES.iter().map(|backend| format!("{backend}:{}", dir.join(backend).display())).collect()
}

#[memoize]
fn passing(writer: u32, n: u64) -> Vec<u8> {
    let _ = writer;
    vec![n as u8; 300]
}

#[memoize]
fn wanted(n: u64) -> Vec<u8> {
    write_down(n);
    vec![n as u8; 300]
}

/// What a writer does.
pub(crate) fn write(dir: &Path) {
    let text = fs::read_to_string(dir.join("store")).unwrap();
    let limits = Limits { max_items: Some(ITEMS), max_bytes: Some(BYTES), max_age: None };
    let builder = Memory::builder(text).unwrap().limits(limits);
    let memory = builder.on_store_error(OnStoreError::Fail).open().unwrap();
    let (passing, wanted) = (memory.cache::<passing>(), memory.cache::<wanted>());
    say("ready");
    for n in 0..EACH {
        passing.call(std::process::id(), n).unwrap();
        for n in 0..WANTED {
            wanted.call(n).unwrap();
        }
    }
    assert!(memory.close(Duration::from_secs(600)).unwrap());
    assert_eq!(memory.stats().store_errors, 0);
}

/// The most items and bytes there were at any time while `WRITERS` processes wrote.
fn most(store: &str, dir: &Path) -> (u64, u64) {
    fs::write(dir.join("store"), store).unwrap();
    let memory = Memory::open(store).unwrap();
    let writers: Vec<_> = (0..WRITERS).map(|_| Other::ready("limited", dir)).collect();
    let mut most = (0, 0);
    thread::scope(|scope| {
        let writers: Vec<_> =
            writers.into_iter().map(|writer| scope.spawn(|| writer.finish())).collect();
        while !writers.iter().all(|writer| writer.is_finished()) {
            let entries = memory.entries().unwrap();
            let bytes: u64 = entries.iter().map(|entry| entry.size).sum();
            most = (most.0.max(entries.len() as u64), most.1.max(bytes));
        }
    });
    most
}

#[test]
fn four_writers_keep_to_the_limits_and_what_is_used_stays() {
    watched(|| {
        let dir = tempfile::tempdir().unwrap();
        for (at, store) in stores(dir.path()).iter().enumerate() {
            let dir = dir.path().join(at.to_string());
            fs::create_dir(&dir).unwrap();
            let (items, bytes) = most(store, &dir);
            assert!(items <= ITEMS + ITEMS / 10, "{store}: {items} of {ITEMS} items");
            assert!(bytes <= BYTES + BYTES / 10, "{store}: {bytes} of {BYTES} bytes");
            let left = Memory::open(store.as_str()).unwrap().entries().unwrap().len() as u64;
            assert!(left > ITEMS / 2, "{store}: more went than had to: {left} left");
            let computed = written(&dir).len() as u64;
            assert_eq!(computed, WANTED, "{store}: what is used was removed and computed again");
        }
    });
}
