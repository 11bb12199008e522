//! How leases end, and what those who wait hear of it.

use std::pin::Pin;
use std::task::{Context, Waker};

use larder_core::Key;
use larder_core::store::{LeaseEnd, LeaseWait};

use crate::drive::wait;
use crate::failure::{Checked, Failure, ensure_eq};
use crate::need::Need;
use crate::store::case::{Ability, StoreCase};
use crate::store::fixture::Fixture;
use crate::store::material::key;
use crate::store::subject::Subject;

const NEEDS: &[Need<Ability>] = &[Need::Has(Ability::Lease)];

pub(super) const CASES: &[StoreCase] = &[
    StoreCase::new("lease.waits", "who waits for a held lease does wait", NEEDS, waits),
    StoreCase::new("lease.freed", "a dropped lease wakes all who wait, and is free", NEEDS, freed),
    StoreCase::new(
        "lease.late",
        "a wait that starts after the end of the lease ends at once",
        NEEDS,
        late,
    ),
    StoreCase::new(
        "lease.wakes_other",
        "a dropped lease wakes who waits through another handle",
        NEEDS,
        wakes_other,
    ),
    StoreCase::new("lease.abandoned", "an abandoned lease tells so, and is free", NEEDS, abandoned),
    StoreCase::new(
        "lease.wait_dropped",
        "who no longer waits holds nobody up",
        NEEDS,
        wait_dropped,
    ),
    StoreCase::new("lease.again", "a lease can be taken and given back many times", NEEDS, again),
];

/// A wait that has been polled and found its lease held. It may end early now and then, but not always.
fn waiting(store: &Subject, key: &Key) -> Checked<LeaseWait> {
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..100 {
        let mut wait = store.held(key)?;
        if Pin::new(&mut wait).poll(&mut cx).is_pending() {
            return Ok(wait);
        }
    }
    Err(Failure("the wait for a held lease ended at once, a hundred times".into()))
}

fn waits(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("lease", 1));
    let lease = store.lease(&key)?;
    for _ in 0..3 {
        drop(waiting(&store, &key)?);
    }
    drop(lease);
    Ok(())
}

fn freed(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("lease", 1));
    let lease = store.lease(&key)?;
    let waits = (0..5).map(|_| waiting(&store, &key)).collect::<Checked<Vec<_>>>()?;
    drop(lease);
    for end in waits {
        ensure_eq!(wait(end), LeaseEnd::Free, "the end of a lease that was given back");
    }
    drop(store.lease(&key)?);
    Ok(())
}

fn late(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("lease", 1));
    let lease = store.lease(&key)?;
    let end = store.held(&key)?;
    drop(lease);
    // Even if somebody else holds the lease by now.
    let next = store.lease(&key)?;
    ensure_eq!(wait(end), LeaseEnd::Free, "the end of a lease that was given back");
    drop(next);
    Ok(())
}

fn wakes_other(fixture: &Fixture) -> Checked {
    let (one, other, key) = (fixture.open()?, fixture.open()?, key("lease", 1));
    let lease = one.lease(&key)?;
    let end = waiting(&other, &key)?;
    drop(lease);
    ensure_eq!(wait(end), LeaseEnd::Free, "the end of another handle's lease");
    drop(other.lease(&key)?);
    Ok(())
}

fn abandoned(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("lease", 1));
    let lease = store.lease(&key)?;
    let waits = (0..5).map(|_| waiting(&store, &key)).collect::<Checked<Vec<_>>>()?;
    lease.abandon();
    for end in waits {
        ensure_eq!(wait(end), LeaseEnd::Abandoned, "the end of an abandoned lease");
    }
    // The next holder starts anew.
    let lease = store.lease(&key)?;
    let end = waiting(&store, &key)?;
    drop(lease);
    ensure_eq!(wait(end), LeaseEnd::Free, "the end of the lease after an abandoned one");
    Ok(())
}

fn wait_dropped(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("lease", 1));
    let lease = store.lease(&key)?;
    let (first, second) = (waiting(&store, &key)?, waiting(&store, &key)?);
    drop(first);
    drop(lease);
    ensure_eq!(wait(second), LeaseEnd::Free, "the end as told to the one who still waits");
    drop(store.lease(&key)?);
    Ok(())
}

fn again(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("lease", 1));
    for round in 0..100 {
        let lease = store.lease(&key)?;
        if round % 2 == 0 {
            drop(lease);
        } else {
            lease.abandon();
        }
    }
    Ok(())
}
