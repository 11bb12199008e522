//! Small values here, large ones there.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use serde::Deserialize;

use super::listed::listed;
use crate::store::{
    BoxStream, EntryInfo, Lease, LeaseAttempt, LeaseGuard, LeaseScope, PutMode, PutOutcome,
    StoreBackend, StoreCapabilities,
};
use crate::units::ByteSize;
use crate::{
    Error, InnerStores, Key, Location, Mounted, Payload, Prefix, Result, StoreConfig, StoreFactory,
};

/// A layer that keeps small values in one store (a database of many rows) and large ones in another (files that can be
/// mapped, a bucket).
///
/// An entry is on one side; where both hold one, the small side's counts. A value is put on its side before the other
/// side's is removed, so that a reader finds the one or the other.
///
/// * **get**, **head**, **get_range** and **touch** ask the small side, then the large one.
/// * **put** writes to one side; no conditional creation, which two stores could not decide together.
/// * **delete** removes from both; **list** tells what either holds.
/// * **lease**s come from the side whose scope is wider, of those that end only with their holder: of one process, of
///   one host. A global lease can be lost to another holder, and only the store that gave it would know.
/// * There are no **local paths**: which side an entry is on is known only after looking.
///
/// ```
/// use std::sync::Arc;
/// use larder_core::store::{MemoryStore, SplitStore};
///
/// let (small, large) = (MemoryStore::new(), MemoryStore::new());
/// let store = SplitStore::new(Arc::new(small), Arc::new(large), 64 << 10);
/// ```
pub struct SplitStore {
    small: Mounted,
    large: Mounted,
    large_from: u64,
    /// Tells this store's leases from others'.
    own: Arc<()>,
}

/// From how many bytes on a value is large, unless told: 64 KiB.
const LARGE_FROM: u64 = 64 << 10;

impl SplitStore {
    /// A layer that keeps values of `large_from` bytes and more in `large`, others in `small`.
    pub fn new(
        small: Arc<dyn StoreBackend>,
        large: Arc<dyn StoreBackend>,
        large_from: u64,
    ) -> Self {
        let (small, large) = (Mounted::new(small), Mounted::new(large));
        Self { small, large, large_from, own: Arc::new(()) }
    }

    fn lessor(&self) -> Option<&Mounted> {
        let lasting = |store: &&Mounted| {
            matches!(store.capabilities().lease, Some(LeaseScope::Process | LeaseScope::Host))
        };
        [&self.large, &self.small]
            .into_iter()
            .filter(lasting)
            .max_by_key(|store| store.capabilities().lease)
    }

    fn owns(&self, lease: &Lease, key: &Key) -> bool {
        lease.key() == key
            && lease.guard::<SplitLease>().is_some_and(|guard| Arc::ptr_eq(&guard.split, &self.own))
    }

    fn refuse<T>(&self, operation: &'static str) -> Result<T> {
        Err(Error::unsupported(format_args!("{self:?}"), operation))
    }
}

/// A lease of one of the sides.
#[derive(Debug)]
struct SplitLease {
    side: Option<Lease>,
    split: Arc<()>,
}

impl LeaseGuard for SplitLease {
    fn abandon(&mut self) {
        if let Some(lease) = self.side.take() {
            lease.abandon();
        }
    }
}

impl fmt::Debug for SplitStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (small, large) = (self.small.store(), self.large.store());
        write!(f, "SplitStore({small:?}, {large:?} from {})", ByteSize(self.large_from))
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl StoreBackend for SplitStore {
    fn capabilities(&self) -> StoreCapabilities {
        let (small, large) = (self.small.capabilities(), self.large.capabilities());
        let mut own = StoreCapabilities::layered();
        own.persistent = small.persistent && large.persistent;
        own.lease = self.lessor().and_then(|store| store.capabilities().lease);
        own.recency = small.recency && large.recency;
        own.range = small.range && large.range;
        own.read_only = small.read_only || large.read_only;
        own
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        if let Some(value) = self.small.get(key).await? {
            return Ok(Some(value));
        }
        match self.large.get(key).await? {
            Some(value) => Ok(Some(value)),
            // A large value may have become a small one in between.
            None => self.small.get(key).await,
        }
    }

    async fn put(&self, key: &Key, value: Payload, mode: PutMode<'_>) -> Result<PutOutcome> {
        match mode {
            PutMode::Replace => {}
            PutMode::Create => return self.refuse("conditional creation"),
            PutMode::Leased(_) if self.lessor().is_none() => return self.refuse("leased puts"),
            // Held as long as its holder lives: being the right one is enough.
            PutMode::Leased(lease) if self.owns(lease, key) => {}
            PutMode::Leased(_) => return Ok(PutOutcome::LeaseLost),
        }
        if value.len() < self.large_from {
            let outcome = self.small.put(key, value, false).await?;
            // Hidden by now: left there it costs room until the entry is deleted.
            if let Err(error) = self.large.delete(key).await {
                tracing::debug!(target: "larder::store", %key, %error, "a value that was replaced is left");
            }
            return Ok(outcome);
        }
        let outcome = self.large.put(key, value, false).await?;
        // The small side hides the new value until its own is gone.
        self.small.delete(key).await?;
        Ok(outcome)
    }

    async fn delete(&self, key: &Key) -> Result<bool> {
        // What the small side may hide goes first.
        let large = self.large.delete(key).await?;
        Ok(self.small.delete(key).await? | large)
    }

    fn list<'a>(&'a self, prefix: &Prefix) -> BoxStream<'a, Result<EntryInfo>> {
        let prefix = prefix.clone();
        listed(async move {
            // In this order an entry that changes sides meanwhile is seen on one at least.
            let early = self.small.entries(&prefix).await?;
            let large = self.large.entries(&prefix).await?;
            let small = self.small.entries(&prefix).await?;
            let all = early.into_iter().chain(large).chain(small);
            let all = all.map(|entry| (entry.key.clone(), entry));
            Ok(all.collect::<BTreeMap<_, _>>().into_values().collect())
        })
    }

    async fn head(&self, key: &Key) -> Result<Option<EntryInfo>> {
        if let Some(found) = self.small.head(key).await? {
            return Ok(Some(found));
        }
        match self.large.head(key).await? {
            Some(found) => Ok(Some(found)),
            None => self.small.head(key).await,
        }
    }

    async fn get_range(&self, key: &Key, range: Range<u64>) -> Result<Option<Bytes>> {
        if let Some(part) = self.small.get_range(key, range.clone()).await? {
            return Ok(Some(part));
        }
        match self.large.get_range(key, range.clone()).await? {
            Some(part) => Ok(Some(part)),
            None => self.small.get_range(key, range).await,
        }
    }

    async fn delete_prefix(&self, prefix: &Prefix) -> Result<u64> {
        let large = self.large.delete_prefix(prefix).await?;
        Ok(self.small.delete_prefix(prefix).await? + large)
    }

    async fn touch(&self, key: &Key) -> Result<bool> {
        if !self.capabilities().recency {
            return self.refuse("touch");
        }
        Ok(self.small.touch(key).await? || self.large.touch(key).await?)
    }

    async fn lease(&self, key: &Key) -> Result<LeaseAttempt> {
        let Some(lessor) = self.lessor() else { return self.refuse("lease") };
        Ok(match lessor.lease(key).await? {
            LeaseAttempt::Acquired(lease) => {
                let guard = SplitLease { side: Some(lease), split: Arc::clone(&self.own) };
                LeaseAttempt::Acquired(Lease::new(key.clone(), guard))
            }
            LeaseAttempt::Held(wait) => LeaseAttempt::Held(wait),
        })
    }

    async fn compact(&self) -> Result<u64> {
        if self.capabilities().read_only {
            return self.refuse("compact");
        }
        Ok(self.small.compact().await? + self.large.compact().await?)
    }

    fn local_path(&self, _: &Key) -> Option<PathBuf> {
        None
    }
}

#[derive(Deserialize)]
struct Options {
    small: StoreConfig,
    large: StoreConfig,
    large_from: Option<ByteSize>,
}

pub(super) fn factory() -> StoreFactory {
    StoreFactory::layer("split", |inner: &InnerStores<'_>, location: Location, options: Options| {
        location.none()?;
        let small = inner.open("small", &options.small)?;
        let large = inner.open("large", &options.large)?;
        let large_from = options.large_from.map_or(LARGE_FROM, |size| size.0);
        Ok(SplitStore::new(small, large, large_from))
    })
    .about("a layer: small values in one store, large ones in another")
    .option_help("small", "the store for small values")
    .option_help("large", "the store for large values")
    .option_help("large_from", "from how many bytes on a value is large; 64K by default")
}

#[cfg(test)]
mod tests;
