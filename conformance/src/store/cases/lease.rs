//! Who holds a lease is the only one who does.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use larder_core::store::{Lease, LeaseAttempt, LeaseGuard, PutMode, PutOutcome};
use larder_core::{Key, Prefix};

use crate::crowd::together;
use crate::drive::wait;
use crate::failure::{Checked, Failure, ensure, ensure_eq};
use crate::need::Need;
use crate::store::case::{Ability, StoreCase};
use crate::store::fixture::Fixture;
use crate::store::material::{key, value};

const NEEDS: &[Need<Ability>] = &[Need::Has(Ability::Lease)];

pub(super) const CASES: &[StoreCase] = &[
    StoreCase::new(
        "lease.excludes",
        "a held lease is given to nobody, its own thread included",
        NEEDS,
        excludes,
    ),
    StoreCase::new(
        "lease.other_handle",
        "a lease excludes other handles opened on the place, and outlives the handle it came from",
        NEEDS,
        other_handle,
    ),
    StoreCase::new(
        "lease.race",
        "of many who ask and wait, one at a time has it, and all get it",
        NEEDS,
        race,
    ),
    StoreCase::new("lease.many", "many leases can be held at once", NEEDS, many),
    StoreCase::new("lease.apart", "the lease of one key says nothing of another", NEEDS, apart),
    StoreCase::new("lease.no_entry", "a lease makes no entry", NEEDS, no_entry),
    StoreCase::new(
        "lease.hides_nothing",
        "under a lease, the entry is read, listed, put and deleted as ever",
        NEEDS,
        hides_nothing,
    ),
    StoreCase::new("lease.publishes", "a put under a held lease writes", NEEDS, publishes),
    StoreCase::new(
        "lease.foreign",
        "a put under another key's lease, or another store's, changes nothing and says so",
        NEEDS,
        foreign,
    ),
];

fn excludes(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("lease", 1));
    let lease = store.lease(&key)?;
    for _ in 0..3 {
        store.held(&key)?;
    }
    together(4, |_| store.held(&key).map(drop))?;
    drop(lease);
    Ok(())
}

fn other_handle(fixture: &Fixture) -> Checked {
    let (one, other, key) = (fixture.open()?, fixture.open()?, key("lease", 1));
    let lease = one.lease(&key)?;
    other.held(&key)?;
    drop(one);
    other.held(&key)?;
    drop(lease);
    drop(other.lease(&key)?);
    Ok(())
}

fn race(fixture: &Fixture) -> Checked {
    const THREADS: u64 = 4;
    const ROUNDS: u64 = 10;
    let (store, key, inside) = (fixture.open()?, key("lease", 1), AtomicU64::new(0));
    together(THREADS, |_| {
        for _ in 0..ROUNDS {
            let lease = loop {
                match store.try_lease(&key)? {
                    LeaseAttempt::Acquired(lease) => break lease,
                    LeaseAttempt::Held(end) => drop(wait(end)),
                }
            };
            let others = inside.fetch_add(1, Ordering::SeqCst);
            // Long enough for a second holder to be seen.
            thread::sleep(Duration::from_millis(1));
            inside.fetch_sub(1, Ordering::SeqCst);
            drop(lease);
            ensure_eq!(others, 0, "the number of others who held the lease");
        }
        Ok(())
    })?;
    Ok(())
}

fn many(fixture: &Fixture) -> Checked {
    let store = fixture.open()?;
    let keys: Vec<Key> = (0..200).map(|n| key("many", n)).collect();
    let leases: Vec<Lease> = keys.iter().map(|key| store.lease(key)).collect::<Checked<_>>()?;
    for key in &keys {
        store.held(key)?;
    }
    // Given back in another order than taken.
    let (even, odd): (Vec<_>, Vec<_>) =
        leases.into_iter().enumerate().partition(|(n, _)| n % 2 == 0);
    drop(even);
    for (n, key) in keys.iter().enumerate() {
        if n % 2 == 0 {
            drop(store.lease(key)?);
        } else {
            store.held(key)?;
        }
    }
    drop(odd);
    Ok(())
}

fn apart(fixture: &Fixture) -> Checked {
    let store = fixture.open()?;
    let keys = [key("a/b", 1), key("a/b", 2), key("a/bc", 1), key("a/b/c", 1), key("a", 1)];
    for held in &keys {
        let lease = store.lease(held)?;
        for other in keys.iter().filter(|&key| key != held) {
            drop(store.lease(other)?);
        }
        store.held(held)?;
        drop(lease);
    }
    Ok(())
}

fn no_entry(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("lease", 1));
    for _ in 0..2 {
        let lease = store.lease(&key)?;
        store.lacks(&key)?;
        ensure!(store.head(&key)?.is_none(), "head found an entry where only a lease is");
        store.lists(&Prefix::root(), &[])?;
        ensure!(!store.delete(&key)?, "delete says that a lease is an entry");
        drop(lease);
        store.lacks(&key)?;
        store.lists(&Prefix::root(), &[])?;
    }
    Ok(())
}

fn hides_nothing(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("lease", 1));
    store.put(&key, value(1, 5000))?;
    let lease = store.lease(&key)?;
    store.holds(&key, &value(1, 5000))?;
    let head = store.head(&key)?.ok_or_else(|| Failure("head found nothing".into()))?;
    ensure_eq!(head.size, 5000, "the size of an entry under a lease");
    store.lists(&Prefix::root(), std::slice::from_ref(&key))?;
    store.put(&key, value(2, 100))?;
    store.holds(&key, &value(2, 100))?;
    store.held(&key)?;
    ensure!(store.delete(&key)?, "delete of an entry under a lease found nothing");
    store.held(&key)?;
    drop(lease);
    store.lacks(&key)
}

fn publishes(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("lease", 1));
    for (seed, size) in [100, 2_000_000, 0].into_iter().enumerate() {
        let (lease, value) = (store.lease(&key)?, value(seed as u64, size));
        let outcome = store.put_as(&key, value.clone(), PutMode::Leased(&lease))?;
        ensure_eq!(outcome, PutOutcome::Written, "the outcome of a put under a held lease");
        store.holds(&key, &value)?;
        store.held(&key)?;
        drop(lease);
        store.holds(&key, &value)?;
    }
    Ok(())
}

fn foreign(fixture: &Fixture) -> Checked {
    #[derive(Debug)]
    struct Elsewhere;
    impl LeaseGuard for Elsewhere {}

    let (store, key, other) = (fixture.open()?, key("lease", 1), key("lease", 2));
    store.put(&key, value(1, 100))?;
    let (own, others) = (store.lease(&key)?, store.lease(&other)?);
    for wrong in [&others, &Lease::new(key.clone(), Elsewhere)] {
        let outcome = store.put_as(&key, value(2, 100), PutMode::Leased(wrong))?;
        ensure_eq!(outcome, PutOutcome::LeaseLost, "the outcome of a put under {wrong:?}");
        store.holds(&key, &value(1, 100))?;
    }
    drop((own, others));
    Ok(())
}
