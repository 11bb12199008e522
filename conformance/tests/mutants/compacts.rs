//! Stores that give back more than the room that is free.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use larder_core::store::{Lease, LeaseAttempt, LeaseGuard, StoreBackend};
use larder_core::{Key, Prefix, Result};

use super::flaw::{Flaw, Mutant, Sound, mutant};

pub(crate) fn mutants() -> Vec<Mutant> {
    vec![
        mutant("takes what is empty for room", TakesTheEmpty, &["compact.keeps"]),
        mutant("compacts leases away", FreesLeases::default(), &["compact.leases"]),
    ]
}

#[derive(Clone, Debug)]
struct TakesTheEmpty;
#[async_trait]
impl Flaw for TakesTheEmpty {
    async fn compact(&self, sound: &Sound) -> Result<u64> {
        for entry in sound.entries(&Prefix::root()).iter().filter(|entry| entry.size == 0) {
            sound.memory.delete(&entry.key).await?;
        }
        Ok(0)
    }
}

#[derive(Clone, Debug, Default)]
struct FreesLeases(Arc<AtomicBool>);
#[async_trait]
impl Flaw for FreesLeases {
    async fn compact(&self, _: &Sound) -> Result<u64> {
        self.0.store(true, Ordering::Relaxed);
        Ok(0)
    }

    async fn lease(&self, sound: &Sound, key: &Key) -> Result<LeaseAttempt> {
        #[derive(Debug)]
        struct Nothing;
        impl LeaseGuard for Nothing {}

        if self.0.load(Ordering::Relaxed) {
            return Ok(LeaseAttempt::Acquired(Lease::new(key.clone(), Nothing)));
        }
        sound.lease(key).await
    }
}
