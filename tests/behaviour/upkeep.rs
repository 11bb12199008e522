//! Clearing and shrinking: only larder's own files, the least recently used first.

use std::time::{Duration, SystemTime};

use larder::local::LocalStore;
use larder::store::{Fault, Operation, StoreBackend, When};
use larder::{ErrorKind, Limits, Memory, memoize};

use crate::common::{files, local, local_with, note_run, runs};

#[memoize]
fn block(n: u8) -> Vec<u8> {
    note_run();
    vec![n; 1000]
}

#[memoize]
fn other(n: u8) -> u8 {
    note_run();
    n
}

mod versions {
    pub(super) mod old {
        #[larder::memoize(name = "versioned", version = 1)]
        pub(crate) fn versioned(n: u8) -> u8 {
            n
        }
    }
}

fn kept(memory: &Memory) -> Vec<u8> {
    let function = memory.cache::<block>();
    (0..20).filter(|n| function.with(*n).lookup().unwrap().is_hit()).collect()
}

#[test]
fn clear_takes_what_it_names_and_says_how_much() {
    let (dir, memory) = local();
    let (blocks, others) = (memory.cache::<block>(), memory.cache::<other>());
    let fill = || {
        for n in 0..3 {
            blocks.call(n).unwrap();
            others.call(n).unwrap();
        }
    };
    fill();
    assert_eq!(memory.entries().unwrap().len(), 6);
    assert_eq!(blocks.clear_version().unwrap(), 3);
    assert_eq!(blocks.clear().unwrap(), 0);
    assert_eq!(memory.entries().unwrap().len(), 3);
    fill();
    assert_eq!(blocks.clear().unwrap(), 3);
    fill();
    assert_eq!(memory.clear().unwrap(), 6);
    assert_eq!(memory.entries().unwrap(), []);
    runs();
    fill();
    assert_eq!(runs(), 6);
    let _ = dir;
}

#[test]
fn one_version_or_all_of_them() {
    let (_dir, memory) = local();
    let square = |version: u64| memory.cache_fn("square", version, (), |_, n: &u64| n * n).unwrap();
    for version in [1, 2] {
        square(version).call(&3).unwrap();
    }
    versions::old::versioned(1);
    memory.cache::<versions::old::versioned>().call(1).unwrap();
    assert_eq!(memory.entries().unwrap().len(), 3);
    assert_eq!(square(1).clear().unwrap(), 2, "all versions");
    assert_eq!(memory.entries().unwrap().len(), 1);
}

#[test]
fn what_others_put_there_stays() {
    let (dir, memory) = local();
    memory.cache::<block>().call(1).unwrap();
    let place = dir.path().join("cache");
    let entry = files(&place)
        .into_iter()
        .find(|(_, bytes)| bytes.starts_with(b"\x89LARDER\n"))
        .expect("an entry")
        .0;
    let theirs = [place.join("README"), entry.with_file_name("notes.txt")];
    for path in &theirs {
        std::fs::write(path, "mine").unwrap();
    }
    memory.clear().unwrap();
    assert!(!entry.exists());
    for path in &theirs {
        assert_eq!(std::fs::read(path).unwrap(), b"mine");
    }
    let (_, events) = crate::common::events_of(|| memory.clear().unwrap());
    assert_eq!(events[0].level, tracing::Level::WARN, "clearing everything is said");
}

/// Fills a memory, and dates each entry's last use: `n` days ago that of `n`.
fn dated() -> (tempfile::TempDir, Memory) {
    let (dir, memory) = local();
    let store = LocalStore::open(dir.path().join("cache")).unwrap();
    let function = memory.cache::<block>();
    // Not in the order of their age, nor of their names.
    for n in [3, 0, 4, 1, 2] {
        function.call(n).unwrap();
        let path = store.local_path(&function.with(n).key().unwrap()).unwrap();
        let used = SystemTime::now() - Duration::from_secs(86_400 * u64::from(n));
        std::fs::File::options().write(true).open(path).unwrap().set_modified(used).unwrap();
    }
    (dir, memory)
}

#[test]
fn the_least_recently_used_go_first() {
    let limits = Limits::default();
    let (_dir, memory) = dated();
    assert_eq!(memory.reduce_size(limits).unwrap(), 0);
    assert_eq!(memory.reduce_size(Limits { max_items: Some(4), ..limits }).unwrap(), 1);
    assert_eq!(kept(&memory), [0, 1, 2, 3]);

    let days = |n: u64| Some(Duration::from_secs(86_400 * n + 3600));
    assert_eq!(memory.reduce_size(Limits { max_age: days(2), ..limits }).unwrap(), 1);
    assert_eq!(kept(&memory), [0, 1, 2]);

    let entries = memory.entries().unwrap();
    let two: u64 = entries.iter().map(|entry| entry.size).sum::<u64>() - 1;
    assert_eq!(memory.reduce_size(Limits { max_bytes: Some(two), ..limits }).unwrap(), 1);
    assert_eq!(kept(&memory), [0, 1]);
    assert_eq!(memory.reduce_size(Limits { max_bytes: Some(0), ..limits }).unwrap(), 2);
    assert!(kept(&memory).is_empty());
}

#[test]
fn a_hit_is_a_use() {
    let (_dir, memory) = dated();
    memory.cache::<block>().call(4).unwrap();
    assert!(memory.close(Duration::from_secs(60)).unwrap());
    memory.reduce_size(Limits { max_items: Some(2), ..Limits::default() }).unwrap();
    assert_eq!(kept(&memory), [0, 4]);
}

#[test]
fn all_limits_hold_together() {
    let (_dir, memory) = dated();
    let limits = Limits {
        max_items: Some(4),
        max_bytes: Some(1 << 30),
        max_age: Some(Duration::from_secs(86_400 + 3600)),
    };
    assert_eq!(memory.reduce_size(limits).unwrap(), 3);
    assert_eq!(kept(&memory), [0, 1]);
}

#[test]
fn limits_are_kept_while_results_are_put() {
    let limits = Limits { max_items: Some(20), ..Limits::default() };
    let (_dir, memory) = local_with(|builder| builder.limits(limits));
    let function = memory.cache::<block>();
    for n in 0..100 {
        function.call(n).unwrap();
        assert!(memory.entries().unwrap().len() <= 22);
        // What is used stays.
        function.call(0).unwrap();
    }
    assert!(memory.close(Duration::from_secs(600)).unwrap());
    let left = memory.entries().unwrap().len();
    assert!((15..=20).contains(&left), "{left}");
    runs();
    function.call(0).unwrap();
    assert_eq!(runs(), 0);
}

#[memoize]
fn wide(n: u64) -> u64 {
    note_run();
    n
}

#[test]
fn who_writes_alone_keeps_to_the_limits_and_seldom_lists() {
    let limits = Limits { max_items: Some(100), ..Limits::default() };
    let (store, memory) = crate::common::faulty_with(|builder| builder.limits(limits));
    let settled = || assert!(memory.close(Duration::from_secs(600)).unwrap());
    let count = || memory.entries().unwrap().len();
    let wide = memory.cache::<wide>();
    runs();
    let put = |numbers: std::ops::Range<u64>| {
        for n in numbers {
            wide.call(n).unwrap();
            // What is used stays, and what is put again takes no more room.
            wide.call(0).unwrap();
            wide.with(1).refresh().unwrap();
            settled();
        }
    };
    put(2..1500);
    // Some to find out that nobody else writes, then one each time that everything was turned over.
    let lists = store.tally(Operation::List).calls;
    assert!(lists < 1500 / 20, "{lists}");
    assert_eq!(runs(), 2 * 1498 + 1);
    assert!((90..=102).contains(&count()), "{}", count());
    // Somebody else is noticed: who removes at the next removal, who puts without limits of his own at the next look.
    let other = Memory::over(store.clone()).open().unwrap();
    other.clear().unwrap();
    put(1500..1600);
    assert!((80..=102).contains(&count()), "{}", count());
    for n in 5000..5500 {
        other.cache::<wide>().call(n).unwrap();
    }
    put(1600..1800);
    assert!((80..=102).contains(&count()), "{}", count());
}

#[test]
fn limits_come_from_the_configuration_too() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = larder::Config::from(larder::StoreConfig::try_from(dir.path()).unwrap());
    config.memory.max_bytes = Some("10K".parse().unwrap());
    let memory = Memory::open(config).unwrap();
    for n in 0..30 {
        memory.cache::<block>().call(n).unwrap();
    }
    assert!(memory.close(Duration::from_secs(600)).unwrap());
    let bytes: u64 = memory.entries().unwrap().iter().map(|entry| entry.size).sum();
    assert!((5_000..=11 << 10).contains(&bytes), "{bytes}");
}

#[test]
fn a_store_that_cannot_be_cleaned_goes_on_being_used() {
    let limits = Limits { max_items: Some(5), ..Limits::default() };
    let (store, memory) = crate::common::faulty_with(|builder| builder.limits(limits));
    store.inject(When::Each(Operation::Delete), Fault::Fail(ErrorKind::PermissionDenied));
    runs();
    for n in 0..50 {
        memory.cache::<other>().call(n).unwrap();
    }
    assert!(memory.close(Duration::from_secs(600)).unwrap());
    assert_eq!((runs(), memory.stats().stored), (50, 50));
}

#[test]
fn a_store_that_cannot_be_listed_is_not_asked_with_every_put() {
    let limits = Limits { max_items: Some(1000), ..Limits::default() };
    let (store, memory) = crate::common::faulty_with(|builder| builder.limits(limits));
    store.inject(When::Each(Operation::List), Fault::Fail(ErrorKind::PermissionDenied));
    for n in 0..40 {
        memory.cache::<other>().call(n).unwrap();
        assert!(memory.close(Duration::from_secs(600)).unwrap());
    }
    // With the first, and with every hundredth of the limit.
    assert_eq!(store.tally(Operation::List).calls, 4);
    assert_eq!(memory.stats().stored, 40);
}

#[test]
fn old_code_goes_when_only_new_code_is_called() {
    let (dir, memory) = local();
    let square = |version: u64| memory.cache_fn("square", version, (), |_, n: &u64| n * n).unwrap();
    for n in 0..3 {
        square(1).call(&n).unwrap();
    }
    let month = Duration::from_secs(30 * 86_400);
    let day = Duration::from_secs(86_400);
    let used = SystemTime::now() - month;
    for entry in memory.entries().unwrap() {
        let path = memory.local_path(&entry.key).unwrap();
        std::fs::File::options().write(true).open(path).unwrap().set_modified(used).unwrap();
    }
    assert_eq!(memory.stale(day).unwrap(), [], "no other version is used");
    square(2).call(&1).unwrap();
    assert_eq!(memory.stale(2 * month).unwrap(), []);
    assert_eq!(memory.stale(day).unwrap(), [square(1).version().clone()]);
    assert_eq!(memory.prune_stale(day).unwrap(), 3);
    assert_eq!(memory.entries().unwrap().len(), 1);
    drop(dir);
}
