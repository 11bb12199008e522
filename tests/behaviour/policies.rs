//! When a kept result is taken, and when not: expiry, validation, and the verbs of a call.

use std::time::Duration;

use larder::{KeyAlgorithm, Lookup, Metadata, MissReason, memoize};

use crate::common::{faulty, files, local, local_with, note_run, runs};

#[memoize(expires_after = Duration::ZERO)]
fn stale_at_once(n: u64) -> u64 {
    note_run();
    n
}

#[memoize(expires_after = "1h")]
fn fresh_for_an_hour(n: u64) -> u64 {
    note_run();
    n
}

#[memoize(validate = wanted)]
fn validated(name: &str, kept: bool) -> usize {
    note_run();
    name.len() + usize::from(kept)
}

thread_local! {
    static ASKED: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

fn wanted(metadata: &Metadata) -> bool {
    ASKED.set(ASKED.get() + 1);
    assert!(metadata.function.ends_with("policies::validated"), "{metadata:?}");
    assert_eq!(metadata.process, std::process::id());
    assert!(metadata.created.elapsed().is_ok());
    let [name, kept] = &metadata.arguments[..] else { panic!("{metadata:?}") };
    assert_eq!((name.name.as_str(), name.value.as_str()), ("name", "\"abc\""));
    assert_eq!(kept.name, "kept");
    kept.value == "true"
}

/// Another value at every run.
#[memoize]
fn counted(_key: u64) -> u32 {
    thread_local! {
        static COUNT: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
    }
    note_run();
    COUNT.set(COUNT.get() + 1);
    COUNT.get()
}

#[memoize(codec = "cbor")]
fn in_cbor(n: u64) -> u64 {
    note_run();
    n
}

#[test]
fn an_expired_result_is_computed_again() {
    let (_dir, memory) = local();
    let function = memory.cache::<stale_at_once>();
    function.call(1).unwrap();
    assert_eq!(function.with(1).lookup().unwrap(), Lookup::Miss(MissReason::Expired));
    assert_eq!(function.with(1).get().unwrap(), None);
    function.call(1).unwrap();
    assert_eq!(runs(), 2);
    assert_eq!(function.stats().misses(MissReason::Expired), 1);

    let function = memory.cache::<fresh_for_an_hour>();
    function.call(1).unwrap();
    function.call(1).unwrap();
    assert_eq!(runs(), 1);
}

#[test]
fn validation_sees_the_metadata_and_decides() {
    let (_store, memory) = faulty();
    let function = memory.cache::<validated>();
    for _ in 0..3 {
        assert_eq!(function.call("abc", true).unwrap(), 4);
        assert_eq!(function.call("abc", false).unwrap(), 3);
    }
    assert_eq!(runs(), 1 + 3);
    assert_eq!(function.stats().misses(MissReason::Rejected), 2);
    assert_eq!(ASKED.get(), 2 + 2, "once a call that finds something");
    assert_eq!(function.with("abc", false).lookup().unwrap(), Lookup::Miss(MissReason::Rejected));
}

#[test]
fn every_verb_does_what_it_says() {
    let (_dir, memory) = local();
    let function = memory.cache::<counted>();
    assert_eq!(function.with(0).get().unwrap(), None);
    assert_eq!(runs(), 0, "get never computes");
    assert_eq!(function.call(0).unwrap(), 1);
    assert_eq!(counted(0), 2, "no memory is installed");
    assert_eq!(function.with(0).call_uncached(), 3);
    assert_eq!(function.with(0).get().unwrap(), Some(1), "and keeps nothing");
    assert_eq!(function.with(0).refresh().unwrap(), 4);
    assert_eq!(function.with(0).get().unwrap(), Some(4), "refresh replaces");
    assert_eq!(function.stats().misses(MissReason::Refreshed), 1);
    assert_eq!(function.call(1).unwrap(), 5);
    assert!(function.with(0).invalidate().unwrap());
    assert!(!function.with(0).invalidate().unwrap());
    assert_eq!(function.with(0).get().unwrap(), None);
    assert_eq!(function.with(1).get().unwrap(), Some(5), "one call only");
    assert_eq!(function.call(0).unwrap(), 6);
    let key = function.with(0).key().unwrap();
    assert!(memory.entries().unwrap().iter().any(|entry| entry.key == key));
}

#[test]
fn looking_changes_nothing() {
    let (dir, memory) = local();
    let function = memory.cache::<counted>();
    function.call(1).unwrap();
    let before = files(dir.path());
    let stats = memory.stats();
    for n in [1, 2] {
        function.with(n).lookup().unwrap();
        function.with(n).key().unwrap();
    }
    function.with(2).get().unwrap();
    assert_eq!(files(dir.path()), before);
    assert_eq!(memory.stats(), stats);
    assert_eq!(runs(), 1);
}

#[test]
fn the_codec_is_a_name_in_the_entry() {
    let codec =
        |bytes: &[u8]| String::from_utf8_lossy(&bytes[56..72]).trim_matches('\0').to_owned();
    let used = |dir: &std::path::Path| -> Vec<String> {
        files(dir)
            .into_values()
            .filter(|bytes| bytes.starts_with(b"\x89LARDER\n"))
            .map(|bytes| codec(&bytes))
            .filter(|name| !name.is_empty())
            .collect()
    };
    let (dir, memory) = local();
    memory.cache::<in_cbor>().call(1).unwrap();
    assert_eq!(used(dir.path()), ["cbor"]);
    assert_eq!(memory.cache::<in_cbor>().call(1).unwrap(), 1);
    memory.cache::<counted>().call(1).unwrap();
    assert!(used(dir.path()).contains(&"postcard".to_owned()));

    let (dir, memory) = local_with(|builder| builder.codec("cbor"));
    let first = memory.cache::<counted>().call(1).unwrap();
    assert_eq!(used(dir.path()), ["cbor"]);
    runs();
    assert_eq!(memory.cache::<counted>().call(1).unwrap(), first);
    assert_eq!(runs(), 0);
}

#[test]
fn the_key_algorithm_makes_other_keys() {
    let names: &[&str] = if cfg!(feature = "sha256") { &["blake3", "sha256"] } else { &["blake3"] };
    let mut digests = Vec::new();
    for name in names {
        let algorithm: KeyAlgorithm = name.parse().unwrap();
        let (_dir, memory) = local_with(|builder| builder.key_algorithm(algorithm));
        let function = memory.cache::<counted>();
        let first = function.call(1).unwrap();
        assert_eq!(function.call(1).unwrap(), first);
        digests.push(function.with(1).key().unwrap().digest().to_owned());
    }
    digests.dedup();
    assert_eq!(digests.len(), names.len());
}

#[test]
fn a_directory_removed_while_running_is_made_again() {
    let (dir, memory) = local();
    let function = memory.cache::<fresh_for_an_hour>();
    function.call(1).unwrap();
    std::fs::remove_dir_all(dir.path().join("cache")).unwrap();
    for _ in 0..2 {
        assert_eq!(function.call(1).unwrap(), 1);
    }
    assert_eq!(runs(), 2);
    assert_eq!(function.stats().store_errors, 0);
}

#[test]
fn a_get_that_finds_nothing_asks_the_store_once() {
    let (store, memory) = faulty();
    let function = memory.cache::<counted>();
    assert_eq!(function.with(1).get().unwrap(), None);
    assert_eq!(store.total().calls, 1);
    function.call(1).unwrap();
    let before = store.tally(larder::store::Operation::Get).calls;
    function.call(1).unwrap();
    assert_eq!(store.tally(larder::store::Operation::Get).calls, before + 1, "a hit is one read");
}
