//! Many callers at once.

use std::sync::atomic::{AtomicU64, Ordering};

use larder_core::Key;

use crate::crowd::together;
use crate::failure::{Checked, Failure, ensure};
use crate::store::case::StoreCase;
use crate::store::fixture::Fixture;
use crate::store::material::{is_whole, key, marked, prefix, value};

pub(super) const CASES: &[StoreCase] = &[
    StoreCase::new(
        "race.whole_values",
        "a reader beside writers sees all of one value",
        &[],
        whole_values,
    ),
    StoreCase::new(
        "race.own_keys",
        "what each of many threads puts and deletes is done",
        &[],
        own_keys,
    ),
    StoreCase::new(
        "race.list",
        "a listing beside puts and deletes holds what stays once, and everything else at most once",
        &[],
        list,
    ),
];

fn whole_values(fixture: &Fixture) -> Checked {
    const WRITERS: u64 = 3;
    const ROUNDS: u64 = 30;
    let (store, key) = (fixture.open()?, key("race", 1));
    // Sizes on both sides of the limits at which stores change their ways.
    let sizes = [100, 5000, 70_000];
    store.put(&key, marked(0, sizes[0]))?;
    beside(
        WRITERS,
        |writer| {
            (0..ROUNDS).try_for_each(|round| {
                let size = sizes[(round + writer) as usize % sizes.len()];
                store.put(&key, marked(writer * ROUNDS + round, size))
            })
        },
        || {
            let found = store.get(&key)?;
            let found =
                found.ok_or_else(|| Failure("the entry was not there for a moment".into()))?;
            ensure!(is_whole(&found), "{} bytes are not all of one value", found.len());
            Ok(())
        },
    )
}

fn own_keys(fixture: &Fixture) -> Checked {
    const THREADS: u64 = 4;
    const EACH: u64 = 25;
    let store = fixture.open()?;
    let all: Vec<u64> = (0..THREADS * EACH).collect();
    together(THREADS, |thread| {
        for n in (0..EACH).map(|i| i * THREADS + thread) {
            store.put(&key("own", n), value(n, 500))?;
            if n % 5 == 0 {
                ensure!(store.delete(&key("own", n))?, "a value just put was not there");
            }
        }
        Ok(())
    })?;
    let kept: Vec<Key> = all.iter().filter(|&n| n % 5 != 0).map(|&n| key("own", n)).collect();
    store.lists(&prefix("own"), &kept)?;
    all.iter()
        .filter(|&n| n % 5 != 0)
        .try_for_each(|&n| store.holds(&key("own", n), &value(n, 500)))
}

fn list(fixture: &Fixture) -> Checked {
    const ROUNDS: u64 = 25;
    let store = fixture.open()?;
    let stays: Vec<Key> = (0..20).map(|n| key("race/stays", n)).collect();
    for key in &stays {
        store.put(key, value(1, 10))?;
    }
    beside(
        2,
        |writer| {
            (0..ROUNDS).try_for_each(|round| {
                let place = if round % 2 == 0 { "race/goes" } else { "race/stays" };
                let passing = key(place, 1000 + writer);
                store.put(&passing, value(round, 2000))?;
                store.delete(&passing).map(drop)
            })
        },
        || {
            let listed = store.list(&prefix("race"))?;
            let times = |key: &Key| listed.iter().filter(|entry| entry.key == *key).count();
            for key in &stays {
                ensure!(times(key) == 1, "{key} is listed {} times", times(key));
            }
            let twice = listed.iter().find(|entry| times(&entry.key) > 1);
            ensure!(twice.is_none(), "{twice:?}, which comes and goes, is listed twice");
            Ok(())
        },
    )
}

/// Two readers, reading over and over beside writers until these are done, and once more after.
fn beside(
    writers: u64,
    write: impl Fn(u64) -> Checked + Sync,
    read: impl Fn() -> Checked + Sync,
) -> Checked {
    let writing = AtomicU64::new(writers);
    let outcomes = together(writers + 2, |n| {
        if n < writers {
            let outcome = write(n);
            writing.fetch_sub(1, Ordering::SeqCst);
            return outcome;
        }
        while writing.load(Ordering::SeqCst) > 0 {
            read()?;
        }
        read()
    });
    outcomes.map(drop)
}
