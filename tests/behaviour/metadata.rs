//! What an entry says of itself: for people, at next to no cost, and nothing that it should not say.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use larder::store::{FaultStore, MemoryStore, Operation, StoreExt};
use larder::{KeyDigest, Lookup, Memory, Metadata, VersionRecord, memoize};

use crate::common::{files, local, local_with, note_run};

#[memoize(ignore(password))]
fn greeting(name: &str, times: u8, password: &str) -> String {
    note_run();
    assert!(!password.is_empty());
    name.repeat(usize::from(times))
}

/// A number that counts how often one is shown.
#[derive(KeyDigest)]
struct Shown(u64);

thread_local! {
    static SHOWN: Cell<u32> = const { Cell::new(0) };
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SHOWN.set(SHOWN.get() + 1);
        self.0.fmt(f)
    }
}

#[memoize]
fn length(numbers: &[Shown]) -> usize {
    numbers.len()
}

#[derive(KeyDigest)]
struct Undescribed(u8);

#[memoize]
fn of_undescribed(value: &Undescribed) -> u8 {
    value.0
}

#[memoize]
fn inner(n: u64) -> u64 {
    n + 1
}

#[memoize]
fn outer(n: u64) -> u64 {
    inner(n) + inner(n + 1) + inner(n)
}

fn metadata(lookup: larder::Result<Lookup>) -> Metadata {
    match lookup.unwrap() {
        Lookup::Hit(meta) => meta.metadata,
        Lookup::Miss(reason) => panic!("a miss: {reason}"),
    }
}

fn argument<'m>(metadata: &'m Metadata, name: &str) -> Option<&'m str> {
    let found = metadata.arguments.iter().find(|argument| argument.name == name);
    found.map(|argument| argument.value.as_str())
}

#[test]
fn arguments_are_shown_and_ignored_ones_are_nowhere() {
    let (dir, memory) = local();
    let function = memory.cache::<greeting>();
    function.call("ho", 3, "correct horse").unwrap();
    let metadata = metadata(function.with("ho", 3, "").lookup());
    assert_eq!(argument(&metadata, "name"), Some("\"ho\""));
    assert_eq!(argument(&metadata, "times"), Some("3"));
    assert_eq!(argument(&metadata, "password"), None);
    assert!(metadata.function.ends_with("behaviour::metadata::greeting"), "{metadata:?}");
    for (path, bytes) in files(dir.path()) {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("correct horse"), "{}", path.display());
    }
}

#[test]
fn arguments_are_left_out_when_told_so() {
    let (dir, memory) = local_with(|builder| builder.record_args(false));
    let function = memory.cache::<greeting>();
    function.call("hush", 3, "x").unwrap();
    function.call("hush", 3, "x").unwrap();
    assert_eq!(function.stats().hits, 1);
    let entries = files(dir.path());
    let text: String = entries.values().map(|bytes| String::from_utf8_lossy(bytes)).collect();
    assert!(text.contains("hushhushhush") && !text.contains("\"hush"), "{text}");
    assert_eq!(metadata(function.with("hush", 3, "x").lookup()).arguments, []);
}

#[test]
fn a_huge_argument_costs_next_to_nothing() {
    let numbers: Vec<Shown> = (0..1_000_000).map(Shown).collect();
    let (_dir, memory) = local();
    let function = memory.cache::<length>();
    function.call(&numbers).unwrap();
    let shown = SHOWN.take();
    assert!((1..500).contains(&shown), "{shown} numbers were formatted");
    let entry = memory.entries().unwrap();
    assert!(entry[0].size < 1500, "{} bytes", entry[0].size);
    function.call(&numbers).unwrap();
    assert_eq!(SHOWN.take(), 0, "a hit formats nothing");
}

#[test]
fn an_argument_without_debug_is_named_by_its_type() {
    let (_dir, memory) = local();
    let function = memory.cache::<of_undescribed>();
    function.call(&Undescribed(1)).unwrap();
    let metadata = metadata(function.with(&Undescribed(1)).lookup());
    assert!(argument(&metadata, "value").unwrap().contains("Undescribed"), "{metadata:?}");
}

#[test]
fn a_result_knows_the_results_it_was_made_of() {
    let (_dir, memory) = local();
    let function = memory.cache::<outer>();
    let part = memory.cache::<inner>();
    // One of the parts is there already, one is computed on the way.
    part.call(5).unwrap();
    memory.scope(|| outer(5));
    let used = metadata(function.with(5).lookup()).used;
    let mut parts = [5, 6].map(|n| part.with(n).key().unwrap());
    assert_eq!(used, parts);
    parts.reverse();
    assert_ne!(used, parts, "in the order of their use");
    assert_eq!(metadata(part.with(5).lookup()).used, []);
}

#[test]
fn the_source_of_a_version_is_kept_once() {
    let store = Arc::new(FaultStore::new(Arc::new(MemoryStore::new())));
    let memory = Memory::over(store.clone()).open().unwrap();
    let function = memory.cache::<inner>();
    for n in 0..5 {
        function.call(n).unwrap();
    }
    assert_eq!(store.tally(Operation::Put).calls, 5 + 1);
    let again = Memory::over(store.clone()).open().unwrap();
    again.cache::<inner>().call(100).unwrap();
    let all = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(store.entries(function.version()))
        .unwrap();
    let records: Vec<_> = all.iter().filter(|entry| VersionRecord::is_at(&entry.key)).collect();
    assert_eq!((records.len(), all.len()), (1, 7));
    let bytes = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(larder::store::StoreBackend::get(&*store, &records[0].key))
        .unwrap()
        .unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("fn inner(n: u64) -> u64"), "{text}");
    assert!(text.contains("tests/behaviour/metadata.rs:"), "{text}");
}
