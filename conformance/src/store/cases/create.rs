//! Putting only where nothing is.

use larder_core::store::{PutMode, PutOutcome};

use crate::crowd::together;
use crate::failure::{Checked, ensure_eq};
use crate::need::Need;
use crate::store::case::{Ability, StoreCase};
use crate::store::fixture::Fixture;
use crate::store::material::{key, value};

const NEEDS: &[Need<Ability>] = &[Need::Has(Ability::Create)];

pub(super) const CASES: &[StoreCase] = &[
    StoreCase::new("create.absent", "where nothing is, create writes", NEEDS, absent),
    StoreCase::new(
        "create.present",
        "what is there stays as it was, and create says so",
        NEEDS,
        present,
    ),
    StoreCase::new("create.deleted", "where an entry was deleted, create writes", NEEDS, deleted),
    StoreCase::new("create.race", "of many who create one entry at once, one does", NEEDS, race),
];

fn absent(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("create", 1));
    let outcome = store.put_as(&key, value(1, 5000), PutMode::Create)?;
    ensure_eq!(outcome, PutOutcome::Written, "the outcome of create where nothing is");
    store.holds(&key, &value(1, 5000))
}

fn present(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("create", 1));
    store.put(&key, value(1, 5000))?;
    for size in [0, 10, 9000] {
        let outcome = store.put_as(&key, value(2, size), PutMode::Create)?;
        ensure_eq!(outcome, PutOutcome::Exists, "the outcome of create on an entry");
        store.holds(&key, &value(1, 5000))?;
    }
    Ok(())
}

fn deleted(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("create", 1));
    store.put(&key, value(1, 100))?;
    store.delete(&key)?;
    let outcome = store.put_as(&key, value(2, 100), PutMode::Create)?;
    ensure_eq!(outcome, PutOutcome::Written, "the outcome of create after a delete");
    store.holds(&key, &value(2, 100))
}

fn race(fixture: &Fixture) -> Checked {
    let threads = fixture.crowd.min(8);
    let store = fixture.open()?;
    for round in 0..20 {
        let key = key("race", round);
        let outcomes =
            together(threads, |seed| store.put_as(&key, value(seed, 5000), PutMode::Create))?;
        let written = |seed: &u64| outcomes[*seed as usize] == PutOutcome::Written;
        let winners: Vec<u64> = (0..threads).filter(written).collect();
        ensure_eq!(winners.len(), 1, "the number of those who created one entry");
        store.holds(&key, &value(winners[0], 5000))?;
    }
    Ok(())
}
