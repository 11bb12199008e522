//! The store that keeps everything in this process.

use std::collections::{HashMap, hash_map};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::watch;

use super::{
    BoxStream, EntryInfo, Lease, LeaseAttempt, LeaseEnd, LeaseGuard, LeaseScope, LeaseWait,
    PutMode, PutOutcome, StoreBackend, StoreCapabilities, listing,
};
use crate::{Key, Payload, Prefix, Result};

/// A store in memory: for tests, for one process, and as the near side of a layer.
///
/// Clones share their entries and leases; the last clone takes them with it. Nothing is ever evicted unasked.
///
/// ```
/// use larder_core::store::{LeaseScope, MemoryStore, StoreBackend};
///
/// let store = MemoryStore::new();
/// assert!(!store.capabilities().persistent);
/// assert_eq!(store.capabilities().lease, Some(LeaseScope::Process));
/// ```
#[derive(Clone, Default)]
pub struct MemoryStore {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    entries: RwLock<HashMap<Key, Entry>>,
    /// The held leases, and where their end will be told.
    leases: Mutex<HashMap<Key, watch::Receiver<Option<LeaseEnd>>>>,
}

struct Entry {
    value: Bytes,
    last_used: SystemTime,
}

impl Entry {
    fn info(&self, key: &Key) -> EntryInfo {
        EntryInfo::new(key.clone(), self.value.len() as u64).last_used(self.last_used)
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    // A panic cannot leave the maps half changed, so a poisoned lock is as good as any.
    fn read(&self) -> RwLockReadGuard<'_, HashMap<Key, Entry>> {
        self.shared.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<Key, Entry>> {
        self.shared.entries.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn leases(&self) -> MutexGuard<'_, HashMap<Key, watch::Receiver<Option<LeaseEnd>>>> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// No content: a store may hold millions of entries, and other people's data.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore")
    }
}

#[async_trait]
impl StoreBackend for MemoryStore {
    fn capabilities(&self) -> StoreCapabilities {
        StoreCapabilities::inline().create().lease(LeaseScope::Process).recency().range()
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        Ok(self.read().get(key).map(|entry| entry.value.clone()))
    }

    async fn put(&self, key: &Key, value: Payload, mode: PutMode<'_>) -> Result<PutOutcome> {
        let ours = |lease: &Lease| {
            let guard = lease.guard::<MemoryLease>();
            guard.is_some_and(|g| g.key == *key && Arc::ptr_eq(&g.shared, &self.shared))
        };
        if let PutMode::Leased(lease) = mode
            && !ours(lease)
        {
            return Ok(PutOutcome::LeaseLost);
        }
        let entry = Entry { value: value.into_bytes()?, last_used: SystemTime::now() };
        match (self.write().entry(key.clone()), mode) {
            (hash_map::Entry::Occupied(_), PutMode::Create) => return Ok(PutOutcome::Exists),
            (place, _) => place.insert_entry(entry),
        };
        Ok(PutOutcome::Written)
    }

    async fn delete(&self, key: &Key) -> Result<bool> {
        Ok(self.write().remove(key).is_some())
    }

    fn list<'a>(&'a self, prefix: &Prefix) -> BoxStream<'a, Result<EntryInfo>> {
        let entries = self.read();
        let within = entries.iter().filter(|(key, _)| prefix.contains(key));
        listing(within.map(|(key, entry)| Ok(entry.info(key))).collect::<Vec<_>>())
    }

    async fn head(&self, key: &Key) -> Result<Option<EntryInfo>> {
        Ok(self.read().get(key).map(|entry| entry.info(key)))
    }

    async fn delete_prefix(&self, prefix: &Prefix) -> Result<u64> {
        let mut entries = self.write();
        let before = entries.len();
        entries.retain(|key, _| !prefix.contains(key));
        Ok((before - entries.len()) as u64)
    }

    async fn touch(&self, key: &Key) -> Result<bool> {
        let now = SystemTime::now();
        Ok(self.write().get_mut(key).map(|entry| entry.last_used = now).is_some())
    }

    async fn lease(&self, key: &Key) -> Result<LeaseAttempt> {
        Ok(match self.shared.leases().entry(key.clone()) {
            hash_map::Entry::Occupied(held) => {
                let mut end = held.get().clone();
                LeaseAttempt::Held(LeaseWait::new(async move {
                    // A sender that is gone without a word means that its holder is.
                    let told = end.wait_for(Option::is_some).await;
                    told.ok().and_then(|end| *end).unwrap_or(LeaseEnd::Free)
                }))
            }
            hash_map::Entry::Vacant(free) => {
                let (end, told) = watch::channel(None);
                free.insert(told);
                let shared = Arc::clone(&self.shared);
                let guard = MemoryLease { key: key.clone(), shared, end, how: LeaseEnd::Free };
                LeaseAttempt::Acquired(Lease::new(key.clone(), guard))
            }
        })
    }
}

struct MemoryLease {
    key: Key,
    shared: Arc<Shared>,
    end: watch::Sender<Option<LeaseEnd>>,
    how: LeaseEnd,
}

impl LeaseGuard for MemoryLease {
    fn abandon(&mut self) {
        self.how = LeaseEnd::Abandoned;
    }
}

impl Drop for MemoryLease {
    fn drop(&mut self) {
        // First free, then told: who is woken and asks again must not find this lease.
        self.shared.leases().remove(&self.key);
        self.end.send_replace(Some(self.how));
    }
}

impl fmt::Debug for MemoryLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryLease({})", self.key)
    }
}
