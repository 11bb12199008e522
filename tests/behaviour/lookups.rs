//! `lookup` says what a call would find; on a hit it and `shelve` read what stands before the value, and no more.

use std::sync::Arc;

use larder::store::{FaultStore, MemoryStore, Operation};
use larder::{Lookup, Memory, MissReason, memoize};

use crate::common::{local, note_run, runs};

#[memoize]
fn large(n: u64) -> Vec<u64> {
    note_run();
    vec![n; 100_000]
}

#[test]
fn reasons_are_told_apart() {
    let (_dir, memory) = local();
    let version = |version: u64| memory.cache_fn("aged", version, (), |_, n: &u64| n + 1).unwrap();
    assert_eq!(version(2).lookup(&1).unwrap(), Lookup::Miss(MissReason::Never));
    version(1).call(&1).unwrap();
    assert_eq!(version(2).lookup(&1).unwrap(), Lookup::Miss(MissReason::CodeChanged));
    assert_eq!(version(2).lookup(&2).unwrap(), Lookup::Miss(MissReason::Never));
    assert!(version(1).lookup(&1).unwrap().is_hit());
    version(1).invalidate(&1).unwrap();
    assert_eq!(version(2).lookup(&1).unwrap(), Lookup::Miss(MissReason::Never));
    // The record of a version is no result of any arguments.
    memory.cache::<large>().call(1).unwrap();
    assert_eq!(memory.cache::<large>().with(2).lookup().unwrap(), Lookup::Miss(MissReason::Never));
}

#[test]
fn a_hit_tells_of_the_entry() {
    let (_dir, memory) = local();
    let function = memory.cache::<large>();
    function.call(3).unwrap();
    let Lookup::Hit(meta) = function.with(3).lookup().unwrap() else { panic!("it is there") };
    assert_eq!(meta.key, function.with(3).key().unwrap());
    assert!(meta.size > 100_000);
    assert_eq!(meta.size, memory.entries().unwrap()[0].size);
    assert!(meta.created.elapsed().is_ok());
    assert_eq!(meta.created, meta.metadata.created);
    assert_eq!(meta.metadata.arguments[0].value, "3");
    assert_eq!(meta.metadata.package_version, env!("CARGO_PKG_VERSION"));
}

#[test]
fn neither_lookup_nor_shelve_reads_the_value() {
    let store = Arc::new(FaultStore::new(Arc::new(MemoryStore::new())));
    let memory = Memory::over(store.clone()).open().unwrap();
    let function = memory.cache::<large>();
    function.call(1).unwrap();
    let read = || [Operation::Get, Operation::GetRange].map(|kind| store.tally(kind).bytes);
    let [whole, _] = read();
    assert_eq!(whole, 0, "a miss reads nothing");
    assert!(function.with(1).lookup().unwrap().is_hit());
    let reference = function.with(1).shelve().unwrap();
    let [whole, parts] = read();
    assert_eq!(whole, 0);
    assert!((1..=2 * 4096).contains(&parts), "{parts} bytes");
    assert_eq!(runs(), 1);
    assert_eq!(reference.get().unwrap(), large(1));
    assert!(read()[0] > 100_000, "the store does count");
}
