//! Deleting a subtree.

use larder_core::{Key, Prefix};

use crate::failure::{Checked, ensure_eq};
use crate::store::case::StoreCase;
use crate::store::fixture::Fixture;
use crate::store::material::{key, prefix, value};

pub(super) const CASES: &[StoreCase] = &[
    StoreCase::new("delete_prefix.counts", "it says how many entries it removed", &[], counts),
    StoreCase::new(
        "delete_prefix.removes",
        "everything in the subtree is gone, and can be put again",
        &[],
        removes,
    ),
    StoreCase::new("delete_prefix.spares", "what is beside the subtree stays", &[], spares),
    StoreCase::new("delete_prefix.root", "the root is everything", &[], root),
];

fn counts(fixture: &Fixture) -> Checked {
    let store = fixture.open()?;
    ensure_eq!(store.delete_prefix(&prefix("a"))?, 0, "the count in an empty store");
    for n in 0..5 {
        store.put(&key("a/b", n), value(n, 10))?;
        store.put(&key("a/c", n), value(n, 10))?;
    }
    ensure_eq!(store.delete_prefix(&prefix("a/b"))?, 5, "the count of five");
    ensure_eq!(store.delete_prefix(&prefix("a/b"))?, 0, "the count the second time");
    ensure_eq!(store.delete_prefix(&prefix("a"))?, 5, "the count of the rest");
    Ok(())
}

fn removes(fixture: &Fixture) -> Checked {
    let store = fixture.open()?;
    let keys = ["a", "a/b", "a/b/c/d/e"].map(|path| key(path, 1));
    for key in &keys {
        store.put(key, value(1, 10))?;
    }
    store.delete_prefix(&prefix("a"))?;
    for key in &keys {
        store.lacks(key)?;
    }
    store.lists(&Prefix::root(), &[])?;
    store.put(&keys[1], value(2, 10))?;
    store.holds(&keys[1], &value(2, 10))
}

fn spares(fixture: &Fixture) -> Checked {
    let store = fixture.open()?;
    let beside: [Key; 5] = ["a", "a/bc", "a/b.c", "ab", "b/a/b"].map(|path| key(path, 1));
    for key in beside.iter().chain([&key("a/b", 1)]) {
        store.put(key, value(1, 10))?;
    }
    store.delete_prefix(&prefix("a/b"))?;
    store.delete_prefix(&prefix("b/a/b/c"))?;
    for key in &beside {
        store.holds(key, &value(1, 10))?;
    }
    store.lists(&Prefix::root(), &beside)
}

fn root(fixture: &Fixture) -> Checked {
    let store = fixture.open()?;
    for path in ["a", "b/c", "d/e/f"] {
        store.put(&key(path, 1), value(1, 10))?;
    }
    ensure_eq!(store.delete_prefix(&Prefix::root())?, 3, "the count of everything");
    store.lists(&Prefix::root(), &[])
}
