//! Stores that declare what is not so, or whose places are not what they were.

use std::collections::{HashMap, HashSet};
use std::future::poll_fn;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::task::Poll;

use async_trait::async_trait;
use bytes::Bytes;
use larder_core::store::{
    EntryInfo, Lease, LeaseAttempt, LeaseGuard, MemoryStore, PutMode, PutOutcome, StoreBackend,
    StoreCapabilities,
};
use larder_core::{Key, Payload, Prefix, Result};

use super::flaw::{Flaw, Mutant, Sound, bare, mutant, now, read_only};

pub(crate) fn mutants() -> Vec<Mutant> {
    vec![
        mutant("declares less than it must", DeclaresLess, &["declared.as_pinned"]),
        mutant("declares now this, now that", DeclaresByTurns::default(), &["declared.stable"]),
        mutant("is pending at first", PendingAtFirst, &["declared.inline"]),
        bare("creates undeclared", PutsUndeclared, &["undeclared.create", "undeclared.lease"]),
        bare("leases undeclared", LeasesUndeclared, &["undeclared.lease"]),
        bare("touches undeclared", TouchesUndeclared, &["undeclared.recency"]),
        bare("has files undeclared", FilesUndeclared, &["undeclared.local_path"]),
        read_only("writes although it says not to", WritesReadOnly, &["undeclared.write"]),
        read_only("deletes although it says not to", DeletesReadOnly, &["undeclared.write"]),
        mutant("remembers what it read", RemembersReads::default(), &["place.second_handle"]),
        mutant("has one place for all", OnePlace, &["place.apart"]),
        mutant("forgets on reopen", Forgets, &["reopen.keeps", "reopen.forgets_deleted"]),
        mutant("brings deleted entries back", BringsBack::default(), &["reopen.forgets_deleted"]),
        mutant("names another file", NamesAnotherFile, &["local_path.holds_value"]),
    ]
}

#[derive(Clone, Debug)]
struct DeclaresLess;
impl Flaw for DeclaresLess {
    fn capabilities(&self, mut sound: StoreCapabilities) -> StoreCapabilities {
        sound.lease = None;
        sound
    }
}

#[derive(Clone, Debug, Default)]
struct DeclaresByTurns(Arc<AtomicU64>);
impl Flaw for DeclaresByTurns {
    fn capabilities(&self, mut sound: StoreCapabilities) -> StoreCapabilities {
        sound.recency = self.0.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
        sound
    }
}

#[derive(Clone, Debug)]
struct WritesReadOnly;
#[async_trait]
impl Flaw for WritesReadOnly {
    async fn put(
        &self,
        sound: &Sound,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> Result<PutOutcome> {
        sound.memory.put(key, value, mode).await
    }
}

#[derive(Clone, Debug)]
struct DeletesReadOnly;
#[async_trait]
impl Flaw for DeletesReadOnly {
    async fn delete(&self, sound: &Sound, key: &Key) -> Result<bool> {
        sound.memory.delete(key).await
    }
}

#[derive(Clone, Debug)]
struct PendingAtFirst;
#[async_trait]
impl Flaw for PendingAtFirst {
    async fn delete_prefix(&self, sound: &Sound, prefix: &Prefix) -> Result<u64> {
        let mut asked = false;
        poll_fn(|cx| {
            cx.waker().wake_by_ref();
            if std::mem::replace(&mut asked, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        sound.memory.delete_prefix(prefix).await
    }
}

#[derive(Clone, Debug)]
struct PutsUndeclared;
#[async_trait]
impl Flaw for PutsUndeclared {
    async fn put(
        &self,
        sound: &Sound,
        key: &Key,
        value: Payload,
        _: PutMode<'_>,
    ) -> Result<PutOutcome> {
        sound.put(key, value, PutMode::Replace).await
    }
}

#[derive(Clone, Debug)]
struct LeasesUndeclared;
#[async_trait]
impl Flaw for LeasesUndeclared {
    async fn lease(&self, _: &Sound, key: &Key) -> Result<LeaseAttempt> {
        #[derive(Debug)]
        struct Nothing;
        impl LeaseGuard for Nothing {}
        Ok(LeaseAttempt::Acquired(Lease::new(key.clone(), Nothing)))
    }
}

#[derive(Clone, Debug)]
struct TouchesUndeclared;
#[async_trait]
impl Flaw for TouchesUndeclared {
    async fn touch(&self, sound: &Sound, key: &Key) -> Result<bool> {
        sound.memory.touch(key).await
    }
}

#[derive(Clone, Debug)]
struct FilesUndeclared;
impl Flaw for FilesUndeclared {
    fn local_path(&self, sound: &Sound, key: &Key) -> Option<PathBuf> {
        sound.local_path(key, &Bytes::new())
    }
}

#[derive(Clone, Debug, Default)]
struct RemembersReads(Arc<Mutex<HashMap<Key, Bytes>>>);
#[async_trait]
impl Flaw for RemembersReads {
    fn per_handle(&self) -> Self {
        Self::default()
    }

    async fn get(&self, sound: &Sound, key: &Key) -> Result<Option<Bytes>> {
        let remembered = self.0.lock().unwrap().get(key).cloned();
        if remembered.is_some() {
            return Ok(remembered);
        }
        let found = sound.memory.get(key).await?;
        self.0.lock().unwrap().extend(found.clone().map(|value| (key.clone(), value)));
        Ok(found)
    }

    async fn put(
        &self,
        sound: &Sound,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> Result<PutOutcome> {
        self.0.lock().unwrap().remove(key);
        sound.put(key, value, mode).await
    }

    async fn delete(&self, sound: &Sound, key: &Key) -> Result<bool> {
        self.0.lock().unwrap().remove(key);
        sound.memory.delete(key).await
    }
}

#[derive(Clone, Debug)]
struct OnePlace;
impl Flaw for OnePlace {
    fn opens(&self, sound: &Sound) -> Sound {
        static PLACE: LazyLock<MemoryStore> = LazyLock::new(MemoryStore::new);
        Sound { memory: PLACE.clone(), ..sound.clone() }
    }
}

#[derive(Clone, Debug)]
struct Forgets;
impl Flaw for Forgets {
    fn opens(&self, sound: &Sound) -> Sound {
        Sound { memory: MemoryStore::new(), ..sound.clone() }
    }
}

/// What a handle deletes is gone for that handle alone.
#[derive(Clone, Debug, Default)]
struct BringsBack(Arc<Mutex<HashSet<Key>>>);
#[async_trait]
impl Flaw for BringsBack {
    fn per_handle(&self) -> Self {
        Self::default()
    }

    async fn get(&self, sound: &Sound, key: &Key) -> Result<Option<Bytes>> {
        let gone = self.0.lock().unwrap().contains(key);
        if gone { Ok(None) } else { sound.memory.get(key).await }
    }

    async fn put(
        &self,
        sound: &Sound,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> Result<PutOutcome> {
        self.0.lock().unwrap().remove(key);
        sound.put(key, value, mode).await
    }

    async fn delete(&self, sound: &Sound, key: &Key) -> Result<bool> {
        let is_new = self.0.lock().unwrap().insert(key.clone());
        Ok(is_new && sound.memory.get(key).await?.is_some())
    }

    fn list(&self, sound: &Sound, prefix: &Prefix) -> Vec<EntryInfo> {
        let gone = self.0.lock().unwrap();
        sound.entries(prefix).into_iter().filter(|entry| !gone.contains(&entry.key)).collect()
    }
}

#[derive(Clone, Debug)]
struct NamesAnotherFile;
impl Flaw for NamesAnotherFile {
    fn local_path(&self, sound: &Sound, key: &Key) -> Option<PathBuf> {
        let value = now(sound.memory.get(key)).ok()??;
        sound.local_path(key, &value.slice(..value.len() / 2))
    }
}
