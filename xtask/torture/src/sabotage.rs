//! Stores that break a promise now and then: a judge that acquits them is no judge.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use clap::ValueEnum;
use larder::store::{
    BoxStream, EntryInfo, Lease, LeaseAttempt, LeaseGuard, PutMode, PutOutcome, StoreBackend,
    StoreCapabilities,
};
use larder::{Key, Payload, Prefix, Result};

/// Which promise is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sabotage {
    /// Now and then a reader gets what a key held before.
    Stale,
    /// Now and then a value that is said to be kept is not.
    Lost,
    /// Everybody gets the lease.
    Twice,
    /// A file is left beside each entry.
    Litter,
}

/// A store with a flaw.
pub(crate) struct Sabotaged {
    inner: Arc<dyn StoreBackend>,
    flaw: Sabotage,
    before: Mutex<HashMap<Key, Bytes>>,
}

impl Sabotaged {
    pub(crate) fn new(inner: Arc<dyn StoreBackend>, flaw: Sabotage) -> Self {
        Self { inner, flaw, before: Mutex::default() }
    }
}

impl fmt::Debug for Sabotaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sabotaged({:?}, {:?})", self.inner, self.flaw)
    }
}

fn now_and_then() -> bool {
    fastrand::u8(..8) == 0
}

#[derive(Debug)]
struct Anybody;

impl LeaseGuard for Anybody {}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl StoreBackend for Sabotaged {
    fn capabilities(&self) -> StoreCapabilities {
        self.inner.capabilities()
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        let stale = self.before.lock().expect("no holder panics").get(key).cloned();
        match stale {
            Some(stale) if now_and_then() => Ok(Some(stale)),
            _ => self.inner.get(key).await,
        }
    }

    async fn put(&self, key: &Key, value: Payload, mode: PutMode<'_>) -> Result<PutOutcome> {
        let mode = match (self.flaw, mode) {
            (Sabotage::Twice, PutMode::Leased(_)) => PutMode::Replace,
            (Sabotage::Lost, _) if now_and_then() => return Ok(PutOutcome::Written),
            (_, mode) => mode,
        };
        if self.flaw == Sabotage::Stale
            && let Some(was) = self.inner.get(key).await?
        {
            self.before.lock().expect("no holder panics").insert(key.clone(), was);
        }
        let outcome = self.inner.put(key, value, mode).await;
        if let (Sabotage::Litter, Some(path)) = (self.flaw, self.inner.local_path(key)) {
            std::fs::write(path.with_extension("part"), "left")?;
        }
        outcome
    }

    async fn delete(&self, key: &Key) -> Result<bool> {
        self.inner.delete(key).await
    }

    fn list<'a>(&'a self, prefix: &Prefix) -> BoxStream<'a, Result<EntryInfo>> {
        self.inner.list(prefix)
    }

    async fn head(&self, key: &Key) -> Result<Option<EntryInfo>> {
        self.inner.head(key).await
    }

    async fn get_range(&self, key: &Key, range: std::ops::Range<u64>) -> Result<Option<Bytes>> {
        self.inner.get_range(key, range).await
    }

    async fn delete_prefix(&self, prefix: &Prefix) -> Result<u64> {
        self.inner.delete_prefix(prefix).await
    }

    async fn touch(&self, key: &Key) -> Result<bool> {
        self.inner.touch(key).await
    }

    async fn lease(&self, key: &Key) -> Result<LeaseAttempt> {
        match self.flaw {
            Sabotage::Twice => Ok(LeaseAttempt::Acquired(Lease::new(key.clone(), Anybody))),
            _ => self.inner.lease(key).await,
        }
    }

    async fn compact(&self) -> Result<u64> {
        self.inner.compact().await
    }

    fn local_path(&self, key: &Key) -> Option<std::path::PathBuf> {
        self.inner.local_path(key)
    }
}
