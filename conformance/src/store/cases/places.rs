//! The same place seen again: through a second handle, after all were closed, past the store.

use larder_core::{Key, Prefix};

use crate::failure::{Checked, ensure};
use crate::need::Need;
use crate::store::case::{Ability, StoreCase};
use crate::store::fixture::Fixture;
use crate::store::material::{key, prefix, value};

pub(super) const CASES: &[StoreCase] = &[
    StoreCase::new(
        "place.second_handle",
        "what one handle does, another on the same place sees",
        &[],
        second_handle,
    ),
    StoreCase::new("place.apart", "two places share nothing", &[], apart),
    StoreCase::new(
        "reopen.keeps",
        "entries are there, value for value, when the place is opened again",
        &[Need::Has(Ability::Persistent)],
        keeps,
    ),
    StoreCase::new(
        "reopen.forgets_deleted",
        "what was deleted or replaced does not come back",
        &[Need::Has(Ability::Persistent)],
        forgets_deleted,
    ),
    StoreCase::new(
        "local_path.holds_value",
        "the file holds the value as it was put",
        &[Need::Has(Ability::LocalPath)],
        local_path,
    ),
];

fn second_handle(fixture: &Fixture) -> Checked {
    let (one, key) = (fixture.open()?, key("handle", 1));
    one.put(&key, value(1, 5000))?;
    one.holds(&key, &value(1, 5000))?;
    let other = fixture.open()?;
    other.holds(&key, &value(1, 5000))?;
    other.put(&key, value(2, 100))?;
    one.holds(&key, &value(2, 100))?;
    one.delete(&key)?;
    other.lacks(&key)?;
    other.lists(&Prefix::root(), &[])
}

fn apart(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("apart", 1));
    store.put(&key, value(1, 100))?;
    let (_place, elsewhere) = fixture.elsewhere()?;
    elsewhere.lacks(&key)?;
    elsewhere.lists(&Prefix::root(), &[])?;
    elsewhere.put(&key, value(2, 100))?;
    store.holds(&key, &value(1, 100))
}

fn keeps(fixture: &Fixture) -> Checked {
    let sizes = [0, 1, 100, 5000, 2_000_000];
    let keys: Vec<Key> = sizes.iter().map(|&size| key("reopen/keeps", size)).collect();
    let store = fixture.open()?;
    for (key, &size) in keys.iter().zip(&sizes) {
        store.put(key, value(size, size as usize))?;
    }
    let listed = store.list(&Prefix::root())?;
    drop(store);
    for _ in 0..2 {
        let store = fixture.open()?;
        for (key, &size) in keys.iter().zip(&sizes) {
            store.holds(key, &value(size, size as usize))?;
        }
        ensure!(store.list(&Prefix::root())? == listed, "the listing differs after opening again");
    }
    Ok(())
}

fn forgets_deleted(fixture: &Fixture) -> Checked {
    let [gone, replaced, kept, swept] = [1, 2, 3, 4].map(|n| key(&format!("reopen/{n}"), n));
    let store = fixture.open()?;
    for key in [&gone, &replaced, &kept, &swept] {
        store.put(key, value(1, 5000))?;
    }
    drop(store);
    let store = fixture.open()?;
    store.delete(&gone)?;
    store.put(&replaced, value(2, 10))?;
    store.delete_prefix(&prefix("reopen/4"))?;
    drop(store);
    let store = fixture.open()?;
    store.lacks(&gone)?;
    store.lacks(&swept)?;
    store.holds(&replaced, &value(2, 10))?;
    store.holds(&kept, &value(1, 5000))?;
    store.lists(&Prefix::root(), &[replaced, kept])
}

fn local_path(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("path", 1));
    for (seed, size) in [100, 2_000_000, 1].into_iter().enumerate() {
        let value = value(seed as u64, size);
        store.put(&key, value.clone())?;
        let found = store.read_local(&key)?;
        ensure!(found == value, "the file holds {} other bytes than the {size} put", found.len());
    }
    Ok(())
}
