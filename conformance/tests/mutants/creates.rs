//! Stores that create where they must not, or do not where they must; and that mistake the last use.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use async_trait::async_trait;
use larder_core::store::{EntryInfo, PutMode, PutOutcome, StoreBackend};
use larder_core::{Key, Payload, Prefix, Result};

use super::flaw::{Flaw, Mutant, Sound, mutant};

pub(crate) fn mutants() -> Vec<Mutant> {
    vec![
        mutant("never creates", NeverCreates, &["create.absent"]),
        mutant("creates over an entry", CreatesOver, &["create.present"]),
        mutant("says that it created", SaysCreated, &["create.present"]),
        mutant("creates each key once for all", CreatesOnce::default(), &["create.deleted"]),
        mutant("looks, then creates", LooksThenCreates, &["create.race"]),
        mutant("tells no last use", TellsNoUse, &["recency.put"]),
        mutant("makes what it touches", MakesTouched, &["recency.answers"]),
        mutant("empties what it touches", EmptiesTouched, &["recency.keeps_value"]),
        mutant("does not touch", DoesNotTouch, &["recency.touch"]),
        mutant("touches all others", TouchesOthers, &["recency.order"]),
    ]
}

#[derive(Clone, Debug)]
struct NeverCreates;
#[async_trait]
impl Flaw for NeverCreates {
    async fn put(
        &self,
        sound: &Sound,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> Result<PutOutcome> {
        match mode {
            PutMode::Create => Ok(PutOutcome::Exists),
            mode => sound.put(key, value, mode).await,
        }
    }
}

#[derive(Clone, Debug)]
struct CreatesOver;
#[async_trait]
impl Flaw for CreatesOver {
    async fn put(
        &self,
        sound: &Sound,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> Result<PutOutcome> {
        let outcome = sound.put(key, value.clone(), mode).await?;
        if outcome == PutOutcome::Exists {
            let _ = sound.put(key, value, PutMode::Replace).await?;
        }
        Ok(outcome)
    }
}

#[derive(Clone, Debug)]
struct SaysCreated;
#[async_trait]
impl Flaw for SaysCreated {
    async fn put(
        &self,
        sound: &Sound,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> Result<PutOutcome> {
        sound.put(key, value, mode).await.map(|_| PutOutcome::Written)
    }
}

#[derive(Clone, Debug, Default)]
struct CreatesOnce(Arc<Mutex<HashSet<Key>>>);
#[async_trait]
impl Flaw for CreatesOnce {
    async fn put(
        &self,
        sound: &Sound,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> Result<PutOutcome> {
        let is_new = self.0.lock().unwrap().insert(key.clone());
        match mode {
            PutMode::Create if !is_new => Ok(PutOutcome::Exists),
            mode => sound.put(key, value, mode).await,
        }
    }
}

#[derive(Clone, Debug)]
struct LooksThenCreates;
#[async_trait]
impl Flaw for LooksThenCreates {
    async fn put(
        &self,
        sound: &Sound,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> Result<PutOutcome> {
        if matches!(mode, PutMode::Create) {
            if sound.memory.get(key).await?.is_some() {
                return Ok(PutOutcome::Exists);
            }
            // The gap that every such store has, wide enough to be met.
            thread::sleep(Duration::from_millis(20));
        }
        sound.put(key, value, PutMode::Replace).await
    }
}

#[derive(Clone, Debug)]
struct TellsNoUse;
#[async_trait]
impl Flaw for TellsNoUse {
    async fn head(&self, sound: &Sound, key: &Key) -> Result<Option<EntryInfo>> {
        Ok(sound.memory.head(key).await?.map(|entry| EntryInfo::new(entry.key, entry.size)))
    }

    fn list(&self, sound: &Sound, prefix: &Prefix) -> Vec<EntryInfo> {
        let listed = sound.entries(prefix).into_iter();
        listed.map(|entry| EntryInfo::new(entry.key, entry.size)).collect()
    }
}

#[derive(Clone, Debug)]
struct MakesTouched;
#[async_trait]
impl Flaw for MakesTouched {
    async fn touch(&self, sound: &Sound, key: &Key) -> Result<bool> {
        let there = sound.touch(key).await?;
        if !there {
            let _ = sound.put(key, Payload::default(), PutMode::Replace).await?;
        }
        Ok(there)
    }
}

#[derive(Clone, Debug)]
struct EmptiesTouched;
#[async_trait]
impl Flaw for EmptiesTouched {
    async fn touch(&self, sound: &Sound, key: &Key) -> Result<bool> {
        let there = sound.memory.head(key).await?.is_some();
        if there {
            let _ = sound.put(key, Payload::default(), PutMode::Replace).await?;
        }
        Ok(there)
    }
}

#[derive(Clone, Debug)]
struct DoesNotTouch;
#[async_trait]
impl Flaw for DoesNotTouch {
    async fn touch(&self, sound: &Sound, key: &Key) -> Result<bool> {
        Ok(sound.memory.head(key).await?.is_some())
    }
}

#[derive(Clone, Debug)]
struct TouchesOthers;
#[async_trait]
impl Flaw for TouchesOthers {
    async fn touch(&self, sound: &Sound, key: &Key) -> Result<bool> {
        let there = sound.touch(key).await?;
        for other in sound.entries(&Prefix::root()).iter().filter(|entry| entry.key != *key) {
            sound.touch(&other.key).await?;
        }
        Ok(there)
    }
}
