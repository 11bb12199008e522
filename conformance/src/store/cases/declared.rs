//! What a store says of itself is so, and what it does not say it refuses.

use larder_core::store::{Lease, LeaseGuard, PutMode};

use crate::failure::{Checked, ensure, ensure_eq};
use crate::need::Need;
use crate::store::case::{Ability, StoreCase};
use crate::store::fixture::Fixture;
use crate::store::material::{key, prefix, value};

pub(super) const CASES: &[StoreCase] = &[
    StoreCase::new(
        "declared.as_pinned",
        "the store declares what its test file says it must",
        &[],
        as_pinned,
    ),
    StoreCase::new(
        "declared.stable",
        "the declaration is the same whenever and of whichever handle it is asked",
        &[],
        stable,
    ),
    StoreCase::new(
        "declared.inline",
        "no call of an inline store returns a pending future",
        &[Need::Has(Ability::Inline)],
        inline,
    ),
    StoreCase::new(
        "undeclared.create",
        "without conditional creation, it is refused and nothing is put",
        &[Need::Lacks(Ability::Create)],
        no_create,
    ),
    StoreCase::new(
        "undeclared.lease",
        "without leases, asking for one and putting under one are refused",
        &[Need::Lacks(Ability::Lease)],
        no_lease,
    ),
    StoreCase::new(
        "undeclared.recency",
        "without recency, touch is refused",
        &[Need::Lacks(Ability::Recency)],
        no_recency,
    ),
    StoreCase::new(
        "undeclared.local_path",
        "without local paths, there is none",
        &[Need::Lacks(Ability::LocalPath)],
        no_local_path,
    ),
    StoreCase::new(
        "undeclared.write",
        "a read-only store refuses everything that changes it, and answers what only looks",
        &[Need::Lacks(Ability::Writes)],
        no_write,
    ),
];

fn as_pinned(fixture: &Fixture) -> Checked {
    ensure_eq!(fixture.open()?.capabilities(), fixture.declares, "the declaration");
    Ok(())
}

fn stable(fixture: &Fixture) -> Checked {
    let (one, other) = (fixture.open()?, fixture.open()?);
    let first = one.capabilities();
    one.put(&key("stable", 1), value(1, 10))?;
    one.delete(&key("stable", 1))?;
    for _ in 0..3 {
        ensure_eq!(one.capabilities(), first, "the declaration, asked again");
        ensure_eq!(other.capabilities(), first, "the declaration of another handle");
    }
    Ok(())
}

/// The fixture polls an inline store once; so every method has to be called, and that is all.
fn inline(fixture: &Fixture) -> Checked {
    let store = fixture.open()?;
    for n in 0..3 {
        store.put(&key("inline", n), value(n, 100))?;
    }
    let one = key("inline", 1);
    store.get(&one)?;
    store.head(&one)?;
    store.range(&one, 10..20)?;
    store.list(&prefix("inline"))?;
    if fixture.has(Ability::Create) {
        let _ = store.put_as(&one, value(9, 100), PutMode::Create)?;
    }
    if fixture.has(Ability::Recency) {
        store.touch(&one)?;
    }
    if fixture.has(Ability::Lease) {
        let lease = store.lease(&one)?;
        store.held(&one)?;
        let _ = store.put_as(&one, value(9, 100), PutMode::Leased(&lease))?;
    }
    store.delete(&one)?;
    store.delete_prefix(&prefix("inline"))?;
    store.compact()?;
    Ok(())
}

/// The only case for such a store, so that it looks at everything.
fn no_write(fixture: &Fixture) -> Checked {
    as_pinned(fixture)?;
    let (store, key) = (fixture.open()?, key("write", 1));
    for mode in [PutMode::Replace, PutMode::Create] {
        store.refuses_put_as(&key, mode)?;
    }
    store.refuses_deletes(&key)?;
    store.refuses_touch(&key)?;
    store.refuses_lease(&key)?;
    store.lacks(&key)?;
    store.lists(&prefix("write"), &[])?;
    ensure!(store.head(&key)?.is_none(), "head found an entry in an empty store");
    ensure!(store.range(&key, 0..10)?.is_none(), "get_range found an entry in an empty store");
    Ok(())
}

fn no_create(fixture: &Fixture) -> Checked {
    let (store, absent, present) = (fixture.open()?, key("create", 1), key("create", 2));
    store.put(&present, value(2, 100))?;
    for key in [&absent, &present] {
        store.refuses_put_as(key, PutMode::Create)?;
    }
    store.lacks(&absent)?;
    store.holds(&present, &value(2, 100))
}

fn no_lease(fixture: &Fixture) -> Checked {
    #[derive(Debug)]
    struct Nobody;
    impl LeaseGuard for Nobody {}

    let (store, key) = (fixture.open()?, key("lease", 1));
    store.refuses_lease(&key)?;
    store.refuses_put_as(&key, PutMode::Leased(&Lease::new(key.clone(), Nobody)))?;
    store.lacks(&key)
}

fn no_recency(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("touch", 1));
    store.refuses_touch(&key)?;
    store.put(&key, value(1, 100))?;
    store.refuses_touch(&key)
}

fn no_local_path(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("path", 1));
    store.put(&key, value(1, 100))?;
    let path = store.local_path(&key);
    ensure!(path.is_none(), "local paths are not declared, but there is {path:?}");
    Ok(())
}
