//! Leases as this process sees them: who of its callers has one, and whom others have.
//!
//! All stores of a process on one location share this. Its own callers so exclude each other without a request, are
//! woken at once, and wait for a lease that is just being given back instead of finding it taken.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use larder_core::Key;
use larder_core::store::LeaseEnd;
use object_store::UpdateVersion;
use tokio::sync::watch;

/// Observations that nobody asked about for so long are forgotten.
const FORGET: Duration = Duration::from_secs(3600);

/// Where a lease stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Somebody has it, here or elsewhere.
    Held,
    /// It is being given back, which takes a request.
    Ending,
    Ended(LeaseEnd),
}

/// The leases of one location.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    taken: Mutex<HashMap<Key, watch::Receiver<Phase>>>,
    seen: Mutex<HashMap<Key, Seen>>,
}

/// Since when a placeholder has not changed, on this process's own clock: others' clocks may be anywhere.
#[derive(Debug)]
struct Seen {
    version: UpdateVersion,
    since: Instant,
    asked: Instant,
}

impl Slots {
    /// Those of the location `identity`, which all stores there share.
    pub(crate) fn of(identity: &str) -> Arc<Self> {
        static ALL: LazyLock<Mutex<HashMap<String, Weak<Slots>>>> = LazyLock::new(Mutex::default);
        let mut all = lock(&ALL);
        all.retain(|_, slots| slots.strong_count() > 0);
        if let Some(slots) = all.get(identity).and_then(Weak::upgrade) {
            return slots;
        }
        let slots = Arc::new(Self::default());
        all.insert(identity.to_owned(), Arc::downgrade(&slots));
        slots
    }

    /// The right to ask for the lease of `key`, or the phase in which another caller's is.
    pub(crate) fn claim(self: &Arc<Self>, key: &Key) -> Result<Claim, watch::Receiver<Phase>> {
        let mut taken = lock(&self.taken);
        if let Some(phase) = taken.get(key) {
            return Err(phase.clone());
        }
        let (phase, told) = watch::channel(Phase::Held);
        taken.insert(key.clone(), told);
        Ok(Claim { slots: Arc::clone(self), key: key.clone(), phase, end: LeaseEnd::Free })
    }

    /// For how long, as far as this process has looked, this placeholder has not changed.
    pub(crate) fn unchanged(&self, key: &Key, version: &UpdateVersion) -> Duration {
        let now = Instant::now();
        let mut seen = lock(&self.seen);
        seen.retain(|_, seen| now.duration_since(seen.asked) < FORGET);
        let fresh = || Seen { version: version.clone(), since: now, asked: now };
        let known = seen.entry(key.clone()).or_insert_with(fresh);
        if known.version != *version {
            *known = fresh();
        }
        known.asked = now;
        now.duration_since(known.since)
    }

    pub(crate) fn forget(&self, key: &Key) {
        lock(&self.seen).remove(key);
    }
}

/// A caller's own place among this process's leases, until it is dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    slots: Arc<Slots>,
    key: Key,
    phase: watch::Sender<Phase>,
    /// What those who wait are told in the end.
    pub(crate) end: LeaseEnd,
}

impl Claim {
    pub(crate) fn subscribe(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    pub(crate) fn ending(&self) {
        self.phase.send_replace(Phase::Ending);
    }

    /// Ends it, and tells those who wait how.
    pub(crate) fn end_as(mut self, end: LeaseEnd) {
        self.end = end;
    }

    /// Whether anybody waits for the end of it. (One receiver is the map's.)
    pub(crate) fn is_awaited(&self) -> bool {
        self.phase.receiver_count() > 1
    }

    pub(crate) fn slots(&self) -> &Arc<Slots> {
        &self.slots
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // First free, then told: who is woken and asks again must not find this one.
        lock(&self.slots.taken).remove(&self.key);
        self.phase.send_replace(Phase::Ended(self.end));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing in these maps can be half changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_on_one_location_share_their_leases_as_long_as_one_lives() {
        let (one, other) = (Slots::of("a location"), Slots::of("a location"));
        assert!(Arc::ptr_eq(&one, &other));
        assert!(!Arc::ptr_eq(&one, &Slots::of("another")));
        let key: Key = format!("a/{}", "0".repeat(64)).parse().unwrap();
        let claim = one.claim(&key).unwrap();
        drop(one);
        assert_eq!(*other.claim(&key).unwrap_err().borrow(), Phase::Held);
        drop(claim);
        assert!(other.claim(&key).is_ok());
    }

    #[test]
    fn a_placeholder_ages_as_long_as_it_does_not_change() {
        let slots = Slots::default();
        let key: Key = format!("a/{}", "0".repeat(64)).parse().unwrap();
        let version = |tag: &str| UpdateVersion { e_tag: Some(tag.into()), version: None };
        assert_eq!(slots.unchanged(&key, &version("1")), Duration::ZERO);
        let start = Instant::now();
        while slots.unchanged(&key, &version("1")) == Duration::ZERO {
            assert!(start.elapsed() < Duration::from_secs(60));
        }
        assert_eq!(slots.unchanged(&key, &version("2")), Duration::ZERO);
    }
}
