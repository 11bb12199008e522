//! Limits that several processes keep while all of them write, and some read.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use larder::store::ReadOnlyStore;
use larder::{Limits, Memory, MemoryBuilder, MissReason, OnStoreError, Stats, memoize};

use crate::processes::{write_down, written};
use crate::support::STORES;
use crate::support::children::{Other, say};
use crate::support::watchdog::watched;

const WRITERS: usize = 4;
/// What all of them use again and again.
const WANTED: u64 = 5;

/// A store that this is true of, and how much is put into it.
struct Place {
    store: String,
    items: u64,
    /// What one writer puts, so that the store is turned over several times.
    each: u64,
}

impl Place {
    fn limits(&self) -> Limits {
        // Some 700 bytes a result.
        let bytes = self.items * 700;
        Limits { max_items: Some(self.items), max_bytes: Some(bytes), max_age: None }
    }

    fn builder(&self) -> MemoryBuilder {
        Memory::builder(self.store.as_str()).unwrap().on_store_error(OnStoreError::Fail)
    }

    /// A memory that takes what is there, and keeps nothing.
    fn reader(&self) -> Memory {
        let store = larder::registry().open_store(&self.store.parse().unwrap()).unwrap();
        let builder = Memory::over(Arc::new(ReadOnlyStore::new(store)));
        builder.on_store_error(OnStoreError::Fail).open().unwrap()
    }

    fn memory(&self) -> Memory {
        self.builder().open().unwrap()
    }
}

fn places(dir: &Path) -> Vec<Place> {
    let local = |backend: &&str| Place {
        store: format!("{backend}:{}", dir.join(backend).display()),
        items: 400,
        each: 300,
    };
    #[allow(unused_mut, reason = "without S3 these are all")]
    let mut places: Vec<_> = STORES.iter().map(local).collect();
    #[cfg(feature = "s3")]
    places.push(Place { store: crate::services::s3(), items: 100, each: 75 });
    places
}

/// For one store of each kind in turn, with a directory of its own.
fn everywhere(test: impl Fn(&Place, &Path) + Send + 'static) {
    watched(move || {
        let dir = tempfile::tempdir().unwrap();
        for (at, place) in places(dir.path()).iter().enumerate() {
            let dir = dir.path().join(at.to_string());
            fs::create_dir(&dir).unwrap();
            test(place, &dir);
            place.memory().clear().unwrap();
        }
    });
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
    let text = fs::read_to_string(dir.join("place")).unwrap();
    let [store, items, each] = text.lines().collect::<Vec<_>>()[..] else { panic!("{text}") };
    let [items, each] = [items, each].map(|number| number.parse().unwrap());
    let place = Place { store: store.to_owned(), items, each };
    let memory = place.builder().limits(place.limits()).open().unwrap();
    let (passing, wanted) = (memory.cache::<passing>(), memory.cache::<wanted>());
    say("ready");
    for n in 0..place.each {
        passing.call(std::process::id(), n).unwrap();
        for n in 0..WANTED {
            wanted.call(n).unwrap();
        }
    }
    assert!(memory.close(Duration::from_secs(600)).unwrap());
    assert_eq!(memory.stats().store_errors, 0);
}

/// The most items and bytes there were at any time while `WRITERS` processes wrote, and somebody read what is about to be
/// removed: that one's statistics.
fn watch(place: &Place, dir: &Path) -> (u64, u64, Stats) {
    fs::write(dir.join("place"), format!("{}\n{}\n{}", place.store, place.items, place.each))
        .unwrap();
    let (memory, reader) = (place.memory(), place.reader());
    let (mut items, mut bytes) = (0, 0);
    let writers: Vec<_> = (0..WRITERS).map(|_| Other::ready("limited", dir)).collect();
    let ids: Vec<_> = writers.iter().map(Other::id).collect();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let writers: Vec<_> =
            writers.into_iter().map(|writer| scope.spawn(|| writer.finish())).collect();
        scope.spawn(|| {
            let passing = reader.cache::<passing>();
            for n in (0..place.each).cycle().take_while(|_| !over.load(Relaxed)) {
                for id in &ids {
                    // Never an error, and never anything but the value.
                    assert_eq!(passing.call(*id, n).unwrap(), [n as u8; 300]);
                }
            }
        });
        while !writers.iter().all(|writer| writer.is_finished()) {
            let entries = memory.entries().unwrap();
            items = items.max(entries.len() as u64);
            bytes = bytes.max(entries.iter().map(|entry| entry.size).sum());
        }
        over.store(true, Relaxed);
    });
    (items, bytes, reader.stats())
}

#[test]
fn four_writers_keep_to_the_limits_and_what_is_used_stays() {
    everywhere(|place, dir| {
        let (store, limit) = (&place.store[..10], place.limits());
        let (items, bytes, read) = watch(place, dir);
        let within = |most: u64, limit: Option<u64>, what: &str| {
            let limit = limit.unwrap();
            assert!(most <= limit + limit / 10, "{store}: {most} of {limit} {what}");
        };
        within(items, limit.max_items, "items");
        within(bytes, limit.max_bytes, "bytes");
        assert!(read.hits > 0 && read.computed > 0, "{store}: {read:?}");
        assert_eq!(read.misses(MissReason::Never), read.computed, "{store}: {read:?}");
        let left = place.memory().entries().unwrap().len() as u64;
        assert!(left > place.items / 2, "{store}: more went than had to: {left} left");
        let computed = written(dir).len() as u64;
        assert_eq!(computed, WANTED, "{store}: what is used was removed and computed again");
    });
}

#[test]
fn what_was_not_used_for_long_goes_while_results_are_put() {
    everywhere(|place, _| {
        let limits = Limits { max_age: Some(Duration::from_millis(10)), ..Limits::default() };
        let memory = place.builder().limits(limits).open().unwrap();
        let passing = memory.cache::<passing>();
        passing.call(0, 0).unwrap();
        // Where the last use is told in whole seconds, that is soon enough.
        for n in 1.. {
            passing.call(0, n).unwrap();
            if !passing.with(0, 0).lookup().unwrap().is_hit() {
                break;
            }
        }
        assert!(memory.close(Duration::from_secs(600)).unwrap());
    });
}

/// Where the last use is told in whole seconds, what is used from here on is told apart from what was put before.
fn until_the_clock_has_moved(memory: &Memory) {
    let passing = memory.cache::<passing>();
    let latest = || memory.entries().unwrap().iter().filter_map(|entry| entry.last_used).max();
    let before = latest();
    loop {
        passing.call(1, 0).unwrap();
        let now = latest();
        assert!(passing.with(1, 0).invalidate().unwrap());
        if now > before {
            return;
        }
    }
}

#[test]
fn a_store_is_reduced_on_demand_and_what_was_used_last_stays() {
    everywhere(|place, _| {
        let memory = place.memory();
        let passing = memory.cache::<passing>();
        (0..30).for_each(|n| drop(passing.call(0, n).unwrap()));
        until_the_clock_has_moved(&memory);
        (10..15).for_each(|n| drop(passing.call(0, n).unwrap()));
        assert!(memory.close(Duration::from_secs(600)).unwrap());
        let reduce = |limits| memory.reduce_size(limits).unwrap();
        assert_eq!(reduce(Limits { max_items: Some(30), ..Limits::default() }), 0);
        assert_eq!(reduce(Limits { max_items: Some(5), ..Limits::default() }), 25);
        let is_kept = |n: &u64| passing.with(0, *n).lookup().unwrap().is_hit();
        assert_eq!((0..30).filter(is_kept).collect::<Vec<_>>(), [10, 11, 12, 13, 14]);
        let bytes: u64 = memory.entries().unwrap().iter().map(|entry| entry.size).sum();
        assert_eq!(reduce(Limits { max_bytes: Some(bytes - 1), ..Limits::default() }), 1);
        let day = Some(Duration::from_secs(86_400));
        assert_eq!(reduce(Limits { max_age: day, ..Limits::default() }), 0);
        assert_eq!(reduce(Limits { max_items: Some(0), ..Limits::default() }), 4);
    });
}
