//! When entries were last used.

use std::thread;
use std::time::{Duration, Instant, SystemTime};

use larder_core::{Key, Prefix};

use crate::failure::{Checked, Failure, ensure, ensure_eq};
use crate::need::Need;
use crate::store::case::{Ability, StoreCase};
use crate::store::fixture::Fixture;
use crate::store::material::{key, value};
use crate::store::subject::Subject;

const NEEDS: &[Need<Ability>] = &[Need::Has(Ability::Recency)];
const NEEDS_EVERY_TOUCH: &[Need<Ability>] = &[Need::Has(Ability::EveryTouch)];

pub(super) const CASES: &[StoreCase] = &[
    StoreCase::new("recency.put", "a put is a use, and listings tell when", NEEDS, put),
    StoreCase::new(
        "recency.answers",
        "touch says whether there is an entry, and makes none",
        NEEDS,
        answers,
    ),
    StoreCase::new(
        "recency.keeps_value",
        "touch changes nothing but the last use",
        NEEDS,
        keeps_value,
    ),
    StoreCase::new("recency.touch", "touch moves the last use forward", NEEDS_EVERY_TOUCH, touch),
    StoreCase::new(
        "recency.order",
        "what was touched last is listed as used last",
        NEEDS_EVERY_TOUCH,
        order,
    ),
];

/// More than any clock or file system is coarse.
const COARSEST_CLOCK: Duration = Duration::from_secs(3);

fn last_used(store: &Subject, key: &Key) -> Checked<SystemTime> {
    let head = store.head(key)?.ok_or_else(|| Failure(format!("head of {key} found nothing")))?;
    head.last_used.ok_or_else(|| Failure(format!("the last use of {key} is not told")))
}

/// Touches until the last use is later than `before`.
fn touch_past(store: &Subject, key: &Key, before: SystemTime) -> Checked<SystemTime> {
    let start = Instant::now();
    loop {
        ensure_eq!(store.touch(key)?, true, "the answer of touch of an entry");
        let used = last_used(store, key)?;
        if used > before {
            return Ok(used);
        }
        ensure!(start.elapsed() < COARSEST_CLOCK, "touch does not move the last use of {key}");
        thread::sleep(Duration::from_millis(1));
    }
}

fn put(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("recency", 1));
    store.put(&key, value(1, 100))?;
    let first = last_used(&store, &key)?;
    for entry in store.list(&Prefix::root())? {
        ensure_eq!(entry.last_used, Some(first), "the last use as listed");
    }
    let start = Instant::now();
    while last_used(&store, &key)? <= first {
        ensure!(start.elapsed() < COARSEST_CLOCK, "a second put does not move the last use");
        thread::sleep(Duration::from_millis(1));
        store.put(&key, value(2, 100))?;
    }
    Ok(())
}

fn answers(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("recency", 1));
    ensure_eq!(store.touch(&key)?, false, "the answer of touch where nothing is");
    store.lacks(&key)?;
    store.lists(&Prefix::root(), &[])?;
    store.put(&key, value(1, 100))?;
    ensure_eq!(store.touch(&key)?, true, "the answer of touch of an entry");
    store.delete(&key)?;
    ensure_eq!(store.touch(&key)?, false, "the answer of touch of a deleted entry");
    Ok(())
}

fn keeps_value(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("recency", 1));
    store.put(&key, value(1, 5000))?;
    for _ in 0..3 {
        let before = last_used(&store, &key)?;
        store.touch(&key)?;
        store.holds(&key, &value(1, 5000))?;
        store.lists(&Prefix::root(), std::slice::from_ref(&key))?;
        ensure!(last_used(&store, &key)? >= before, "touch moved the last use into the past");
    }
    Ok(())
}

fn touch(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("recency", 1));
    store.put(&key, value(1, 100))?;
    let mut used = last_used(&store, &key)?;
    for _ in 0..3 {
        used = touch_past(&store, &key, used)?;
    }
    Ok(())
}

fn order(fixture: &Fixture) -> Checked {
    let store = fixture.open()?;
    let keys = [1, 2, 3].map(|n| key("recency", n));
    for key in &keys {
        store.put(key, value(1, 100))?;
    }
    let mut latest = SystemTime::UNIX_EPOCH;
    for key in &keys {
        latest = latest.max(last_used(&store, key)?);
    }
    for n in [1, 0, 2] {
        latest = touch_past(&store, &keys[n], latest)?;
    }
    let mut listed = store.list(&Prefix::root())?;
    listed.sort_by_key(|entry| entry.last_used);
    let found: Vec<Key> = listed.into_iter().map(|entry| entry.key).collect();
    ensure_eq!(found, [1, 0, 2].map(|n: usize| keys[n].clone()).to_vec(), "the order of use");
    Ok(())
}
