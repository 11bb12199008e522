//! Stores whose leases exclude too little or too much, or end without a word.

use std::collections::HashSet;
use std::future::{pending, ready};
use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use larder_core::store::{
    Lease, LeaseAttempt, LeaseEnd, LeaseGuard, LeaseWait, MemoryStore, PutMode, PutOutcome,
    StoreBackend,
};
use larder_core::{Error, ErrorKind, Key, Payload, Result};

use super::flaw::{Flaw, Mutant, Sound, hanging, mutant};

pub(crate) fn mutants() -> Vec<Mutant> {
    vec![
        mutant("gives a held lease", NoExclusion, &["lease.excludes", "lease.race"]),
        mutant("excludes within a handle", PerHandle::default(), &["lease.other_handle"]),
        mutant("holds ten leases at most", TenAtMost::default(), &["lease.many"]),
        mutant("leases by the digest", ByDigest, &["lease.apart"]),
        mutant("puts a placeholder", Placeholder, &["lease.no_entry"]),
        mutant("hides what is leased", HidesLeased, &["lease.hides_nothing"]),
        mutant("publishes under any lease", AnyLease, &["lease.foreign"]),
        mutant("publishes nothing", PublishesNothing, &["lease.publishes"]),
        mutant("never frees a lease", Ends(mem::forget), &["lease.again", "lease.many"]),
        mutant("takes an end for giving up", Ends(Lease::abandon), &["lease.freed"]),
        mutant("does not hear of giving up", ForgetsAbandon, &["lease.abandoned"]),
        mutant(
            "does not wait",
            Waits(|_, _| LeaseWait::new(ready(LeaseEnd::Free))),
            &["lease.waits"],
        ),
        hanging(
            "waits for ever",
            Waits(|_, _| LeaseWait::new(pending())),
            &["lease.freed", "lease.late"],
        ),
        hanging("wakes within a handle", WakesOwn::default(), &["lease.wakes_other"]),
        hanging("wakes the first who waits", WakesFirst::default(), &["lease.wait_dropped"]),
    ]
}

#[derive(Debug)]
struct Nothing;
impl LeaseGuard for Nothing {}

#[derive(Clone, Debug)]
struct NoExclusion;
#[async_trait]
impl Flaw for NoExclusion {
    async fn lease(&self, _: &Sound, key: &Key) -> Result<LeaseAttempt> {
        Ok(LeaseAttempt::Acquired(Lease::new(key.clone(), Nothing)))
    }
}

#[derive(Clone, Debug, Default)]
struct PerHandle(MemoryStore);
#[async_trait]
impl Flaw for PerHandle {
    fn per_handle(&self) -> Self {
        Self::default()
    }

    async fn lease(&self, _: &Sound, key: &Key) -> Result<LeaseAttempt> {
        self.0.lease(key).await
    }
}

/// The inner store's lease under another guard: what ends it is to be said.
#[derive(Debug)]
struct Wrapped {
    lease: Option<Lease>,
    end: fn(Lease),
    held: Arc<AtomicUsize>,
}
impl LeaseGuard for Wrapped {
    fn abandon(&mut self) {
        self.end = Lease::abandon;
    }
}
impl Drop for Wrapped {
    fn drop(&mut self) {
        self.held.fetch_sub(1, Ordering::SeqCst);
        self.lease.take().into_iter().for_each(self.end);
    }
}

fn wrap(attempt: LeaseAttempt, key: &Key, end: fn(Lease), held: &Arc<AtomicUsize>) -> LeaseAttempt {
    match attempt {
        LeaseAttempt::Acquired(lease) => {
            held.fetch_add(1, Ordering::SeqCst);
            let guard = Wrapped { lease: Some(lease), end, held: Arc::clone(held) };
            LeaseAttempt::Acquired(Lease::new(key.clone(), guard))
        }
        held => held,
    }
}

#[derive(Clone, Debug, Default)]
struct TenAtMost(Arc<AtomicUsize>);
#[async_trait]
impl Flaw for TenAtMost {
    async fn lease(&self, sound: &Sound, key: &Key) -> Result<LeaseAttempt> {
        if self.0.load(Ordering::SeqCst) == 10 {
            return Err(Error::new(ErrorKind::Io, "too many leases"));
        }
        Ok(wrap(sound.lease(key).await?, key, drop, &self.0))
    }
}

#[derive(Clone, Debug)]
struct ByDigest;
#[async_trait]
impl Flaw for ByDigest {
    async fn lease(&self, sound: &Sound, key: &Key) -> Result<LeaseAttempt> {
        let digest = Key::new(&format!("all/{}", key.digest()))?;
        Ok(wrap(sound.lease(&digest).await?, key, drop, &Arc::default()))
    }
}

#[derive(Clone, Debug)]
struct Placeholder;
#[async_trait]
impl Flaw for Placeholder {
    async fn lease(&self, sound: &Sound, key: &Key) -> Result<LeaseAttempt> {
        let _ = sound.put(key, Payload::default(), PutMode::Create).await?;
        sound.lease(key).await
    }
}

#[derive(Clone, Debug)]
struct HidesLeased;
#[async_trait]
impl Flaw for HidesLeased {
    async fn get(&self, sound: &Sound, key: &Key) -> Result<Option<Bytes>> {
        match sound.lease(key).await? {
            LeaseAttempt::Held(_) => Ok(None),
            LeaseAttempt::Acquired(_) => sound.memory.get(key).await,
        }
    }
}

#[derive(Clone, Debug)]
struct AnyLease;
#[async_trait]
impl Flaw for AnyLease {
    async fn put(
        &self,
        sound: &Sound,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> Result<PutOutcome> {
        let leased = matches!(mode, PutMode::Leased(_));
        sound.put(key, value, if leased { PutMode::Replace } else { mode }).await
    }
}

#[derive(Clone, Debug)]
struct PublishesNothing;
#[async_trait]
impl Flaw for PublishesNothing {
    async fn put(
        &self,
        sound: &Sound,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> Result<PutOutcome> {
        match mode {
            PutMode::Leased(_) => Ok(PutOutcome::Written),
            mode => sound.put(key, value, mode).await,
        }
    }
}

/// Ends a dropped lease in its own way; one that is to be kept for ever is forgotten.
#[derive(Clone, Debug)]
struct Ends(fn(Lease));
#[async_trait]
impl Flaw for Ends {
    async fn lease(&self, sound: &Sound, key: &Key) -> Result<LeaseAttempt> {
        Ok(wrap(sound.lease(key).await?, key, self.0, &Arc::default()))
    }
}

#[derive(Clone, Debug)]
struct ForgetsAbandon;
#[async_trait]
impl Flaw for ForgetsAbandon {
    async fn lease(&self, sound: &Sound, key: &Key) -> Result<LeaseAttempt> {
        #[derive(Debug)]
        struct Deaf(#[expect(dead_code, reason = "held for its drop")] Lease);
        impl LeaseGuard for Deaf {}
        Ok(match sound.lease(key).await? {
            LeaseAttempt::Acquired(lease) => {
                LeaseAttempt::Acquired(Lease::new(key.clone(), Deaf(lease)))
            }
            held => held,
        })
    }
}

/// Waits for a held lease in its own way.
#[derive(Clone, Debug)]
struct Waits(fn(&Key, LeaseWait) -> LeaseWait);
#[async_trait]
impl Flaw for Waits {
    async fn lease(&self, sound: &Sound, key: &Key) -> Result<LeaseAttempt> {
        Ok(match sound.lease(key).await? {
            LeaseAttempt::Held(wait) => LeaseAttempt::Held((self.0)(key, wait)),
            free => free,
        })
    }
}

#[derive(Clone, Debug, Default)]
struct WakesOwn(Arc<Mutex<HashSet<Key>>>);
#[async_trait]
impl Flaw for WakesOwn {
    fn per_handle(&self) -> Self {
        Self::default()
    }

    async fn lease(&self, sound: &Sound, key: &Key) -> Result<LeaseAttempt> {
        let attempt = sound.lease(key).await?;
        let mut own = self.0.lock().unwrap();
        Ok(match attempt {
            LeaseAttempt::Held(_) if !own.contains(key) => {
                LeaseAttempt::Held(LeaseWait::new(pending()))
            }
            attempt => {
                own.insert(key.clone());
                attempt
            }
        })
    }
}

#[derive(Clone, Debug, Default)]
struct WakesFirst(Arc<Mutex<HashSet<Key>>>);
#[async_trait]
impl Flaw for WakesFirst {
    async fn lease(&self, sound: &Sound, key: &Key) -> Result<LeaseAttempt> {
        let attempt = sound.lease(key).await?;
        let mut waited_for = self.0.lock().unwrap();
        Ok(match attempt {
            LeaseAttempt::Held(_) if !waited_for.insert(key.clone()) => {
                LeaseAttempt::Held(LeaseWait::new(pending()))
            }
            attempt => attempt,
        })
    }
}
