//! Giving room back.

use larder_core::Prefix;
use larder_core::store::{PutMode, PutOutcome};

use crate::failure::{Checked, ensure_eq};
use crate::need::Need;
use crate::store::case::{Ability, StoreCase};
use crate::store::fixture::Fixture;
use crate::store::material::{key, value};

pub(super) const CASES: &[StoreCase] = &[
    StoreCase::new(
        "compact.keeps",
        "compacting keeps every entry as it was, brings none back, and nobody has to open the store anew",
        &[],
        keeps,
    ),
    StoreCase::new(
        "compact.leases",
        "a lease outlives compacting, and still publishes",
        &[Need::Has(Ability::Lease)],
        leases,
    ),
];

/// Small ones, one of no bytes, and some that stores cut up or put elsewhere.
const LENGTHS: [usize; 5] = [0, 10, 5_000, 150_000, 3_000_000];

fn keeps(fixture: &Fixture) -> Checked {
    let (store, other) = (fixture.open()?, fixture.open()?);
    let kept = |n: usize| (key("compact/kept", n as u64), value(n as u64, LENGTHS[n]));
    let gone = |n: usize| key("compact/gone", n as u64);
    for n in 0..LENGTHS.len() {
        let (key, value) = kept(n);
        store.put(&gone(n), value.clone())?;
        store.put(&key, value)?;
    }
    for n in 0..LENGTHS.len() {
        store.delete(&gone(n))?;
    }
    let before = store.list(&Prefix::root())?;
    // Once where there is something to give back, and once where there is not.
    for _ in 0..2 {
        store.compact()?;
        for handle in [&store, &other] {
            ensure_eq!(handle.list(&Prefix::root())?, before, "the list after compacting");
            for n in 0..LENGTHS.len() {
                let (key, value) = kept(n);
                handle.holds(&key, &value)?;
                handle.lacks(&gone(n))?;
            }
        }
    }
    other.put(&gone(1), value(9, 10))?;
    store.holds(&gone(1), &value(9, 10))
}

fn leases(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("compact", 1));
    let lease = store.lease(&key)?;
    store.compact()?;
    store.held(&key)?;
    let outcome = store.put_as(&key, value(1, 100), PutMode::Leased(&lease))?;
    ensure_eq!(outcome, PutOutcome::Written, "the outcome of a put under the lease");
    store.holds(&key, &value(1, 100))
}
