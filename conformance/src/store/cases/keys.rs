//! Every key that the rules allow is a place of its own.

use larder_core::{Key, MAX_SEGMENT_LEN, Prefix};

use crate::failure::Checked;
use crate::store::case::StoreCase;
use crate::store::fixture::Fixture;
use crate::store::material::{key, prefix, value};

pub(super) const CASES: &[StoreCase] = &[
    StoreCase::new(
        "key.longest",
        "keys and segments may be as long as the rules allow",
        &[],
        longest,
    ),
    StoreCase::new("key.characters", "every allowed character can stand in a key", &[], characters),
    StoreCase::new(
        "key.like_internals",
        "segments that look like a store's own files are keys like any other",
        &[],
        like_internals,
    ),
    StoreCase::new(
        "key.similar",
        "keys that differ in one character, or of which one goes on where another ends, are apart",
        &[],
        similar,
    ),
];

/// Puts a value of its own under each, then finds each by get and by list.
fn all_apart(fixture: &Fixture, keys: &[Key]) -> Checked {
    let store = fixture.open()?;
    for (seed, key) in keys.iter().enumerate() {
        store.put(key, value(seed as u64, 100))?;
    }
    for (seed, key) in keys.iter().enumerate() {
        store.holds(key, &value(seed as u64, 100))?;
        store.lists(&key.version(), &in_prefix(&key.version(), keys))?;
    }
    store.lists(&Prefix::root(), keys)
}

fn in_prefix(prefix: &Prefix, keys: &[Key]) -> Vec<Key> {
    keys.iter().filter(|key| prefix.contains(key)).cloned().collect()
}

fn longest(fixture: &Fixture) -> Checked {
    // What a digest and its slash leave of the longest key.
    let room = fixture.longest_key - key("x", 0).digest().len() - 1;
    let segment = "s".repeat(MAX_SEGMENT_LEN);
    let mut wide = format!("{segment}/{segment}/{segment}/{segment}");
    wide.truncate(room);
    let mut deep = "d/".repeat(room);
    deep.truncate(room - 1);
    let deep = deep.trim_end_matches('/');
    all_apart(fixture, &[key(&wide, 1), key(&wide, 2), key(deep, 1), key(&wide[..room - 1], 1)])
}

fn characters(fixture: &Fixture) -> Checked {
    let inner = ".-_";
    let outer = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    let singles = outer.chars().map(|c| key(&c.to_string(), 1));
    let between = inner.chars().map(|c| key(&format!("a{c}z"), 1));
    let all = [key(&format!("chars/{outer}"), 1), key("chars/a..b", 1), key("chars/--a--", 1)];
    all_apart(fixture, &singles.chain(between).chain(all).collect::<Vec<_>>())
}

fn like_internals(fixture: &Fixture) -> Checked {
    let names = [
        "tmp", "temp", "lock", "locks", "lease", "leases", "index", "meta", "data", "cache.db",
        "a.tmp", "a.lock", "a.lease", "a.json", "0", "00", "ff", "null", "-", "_", "larder",
    ];
    let keys = names.iter().flat_map(|name| [key(name, 1), key(&format!("under/{name}"), 2)]);
    all_apart(fixture, &keys.collect::<Vec<_>>())
}

fn similar(fixture: &Fixture) -> Checked {
    let paths = ["a/b", "a/bc", "a/b/c", "a-b", "a.b", "a_b", "ab", "a", "b/a", "a/b/b", "a/a/b"];
    let mut keys: Vec<Key> = paths.iter().map(|path| key(path, 1)).collect();
    for digit in [1, 2, 0x10, 0x11] {
        let (mut first, mut last) = ([0; 32], [0; 32]);
        (first[0], last[31]) = (digit, digit);
        keys.extend([first, last].map(|d| prefix("digests").key(&d).expect("not the root")));
    }
    all_apart(fixture, &keys)
}
