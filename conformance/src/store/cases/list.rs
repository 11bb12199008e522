//! Listing and looking without reading.

use larder_core::{Key, Prefix};

use crate::failure::{Checked, Failure, ensure, ensure_eq};
use crate::store::case::StoreCase;
use crate::store::fixture::Fixture;
use crate::store::material::{key, prefix, value};

pub(super) const CASES: &[StoreCase] = &[
    StoreCase::new("list.empty", "an empty store lists nothing", &[], empty),
    StoreCase::new("list.exact", "everything is listed, once, from the root", &[], exact),
    StoreCase::new(
        "list.prefix",
        "a prefix lists its own subtree, and ends at a segment",
        &[],
        by_prefix,
    ),
    StoreCase::new("list.sizes", "a listing tells the sizes of the values", &[], sizes),
    StoreCase::new("list.follows", "puts, replacements and deletes show at once", &[], follows),
    StoreCase::new("list.thousand", "a thousand entries are listed once each", &[], thousand),
    StoreCase::new("head.as_listed", "head says what a listing says", &[], head_as_listed),
];

fn empty(fixture: &Fixture) -> Checked {
    let store = fixture.open()?;
    store.lists(&Prefix::root(), &[])?;
    store.lists(&prefix("not/there"), &[])
}

fn exact(fixture: &Fixture) -> Checked {
    let store = fixture.open()?;
    let keys: Vec<Key> =
        ["a", "a/b", "b/c/d/e/f/g", "z"].iter().flat_map(|p| [key(p, 1), key(p, 2)]).collect();
    for key in &keys {
        store.put(key, value(1, 10))?;
    }
    store.lists(&Prefix::root(), &keys)
}

fn by_prefix(fixture: &Fixture) -> Checked {
    let store = fixture.open()?;
    let keys = ["a/b", "a/bc", "a/b/c", "a/b.c", "a/b-c", "a", "ab", "b"].map(|path| key(path, 1));
    for key in &keys {
        store.put(key, value(1, 10))?;
    }
    for path in ["a/b", "a/bc", "a", "ab", "a/b/c", "b", "a/c", "b/a", "a/b/c/d"] {
        let prefix = prefix(path);
        let within: Vec<Key> = keys.iter().filter(|key| prefix.contains(key)).cloned().collect();
        store.lists(&prefix, &within)?;
    }
    Ok(())
}

fn sizes(fixture: &Fixture) -> Checked {
    let store = fixture.open()?;
    for size in [0, 1, 1000, 2_000_000] {
        store.put(&key("sizes", size), value(1, size as usize))?;
    }
    store.put(&key("sizes", 1000), value(2, 999))?;
    for entry in store.list(&prefix("sizes"))? {
        let of = |size| key("sizes", size) == entry.key;
        let put = [0, 1, 1000, 2_000_000].into_iter().find(|&size| of(size));
        let wanted = if put == Some(1000) { Some(999) } else { put };
        ensure_eq!(Some(entry.size), wanted, "the listed size of {}", entry.key);
    }
    Ok(())
}

fn follows(fixture: &Fixture) -> Checked {
    let store = fixture.open()?;
    let (root, one, two) = (Prefix::root(), key("follows/x", 1), key("follows/y", 2));
    store.put(&one, value(1, 10))?;
    store.lists(&root, std::slice::from_ref(&one))?;
    store.put(&two, value(1, 10))?;
    store.put(&one, value(2, 20))?;
    store.lists(&root, &[one.clone(), two.clone()])?;
    store.delete(&one)?;
    store.lists(&root, std::slice::from_ref(&two))?;
    store.lists(&prefix("follows/x"), &[])?;
    store.delete(&two)?;
    store.lists(&root, &[])
}

fn thousand(fixture: &Fixture) -> Checked {
    let store = fixture.open()?;
    let keys: Vec<Key> = (0..1000).map(|n| key("thousand", n)).collect();
    for key in &keys {
        store.put(key, value(1, 1))?;
    }
    store.lists(&prefix("thousand"), &keys)
}

fn head_as_listed(fixture: &Fixture) -> Checked {
    let store = fixture.open()?;
    for size in [0, 1, 70_000] {
        store.put(&key("head", size), value(size, size as usize))?;
    }
    let listed = store.list(&prefix("head"))?;
    ensure!(listed.len() == 3, "{} entries are listed instead of 3", listed.len());
    for entry in listed {
        let head = store.head(&entry.key)?;
        let head = head.ok_or_else(|| Failure(format!("head of {} found nothing", entry.key)))?;
        ensure_eq!(head, entry, "the head of a listed entry");
    }
    Ok(())
}
