//! Many callers at once.

use larder_core::Key;

use crate::failure::{Checked, Failure, ensure};
use crate::store::case::StoreCase;
use crate::store::crowd::together;
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
    together(2 * WRITERS, |n| {
        for round in 0..ROUNDS {
            if n < WRITERS {
                let size = sizes[(round + n) as usize % sizes.len()];
                store.put(&key, marked(n * ROUNDS + round, size))?;
                continue;
            }
            let found = store.get(&key)?;
            let found =
                found.ok_or_else(|| Failure("the entry was not there for a moment".into()))?;
            ensure!(is_whole(&found), "{} bytes are not all of one value", found.len());
        }
        Ok(())
    })?;
    Ok(())
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
    together(4, |n| {
        for round in 0..ROUNDS {
            let passing = key(if round % 2 == 0 { "race/goes" } else { "race/stays" }, 1000 + n);
            if n < 2 {
                store.put(&passing, value(round, 2000))?;
                store.delete(&passing)?;
                continue;
            }
            let listed: Vec<Key> =
                store.list(&prefix("race"))?.into_iter().map(|entry| entry.key).collect();
            let times = |key: &Key| listed.iter().filter(|&listed| listed == key).count();
            for key in &stays {
                ensure!(times(key) == 1, "{key} is listed {} times", times(key));
            }
            for key in &listed {
                ensure!(times(key) == 1, "{key}, which comes and goes, is listed twice");
            }
        }
        Ok(())
    })?;
    Ok(())
}
