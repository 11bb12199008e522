//! A store that is looked at and left as it is.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use serde::Deserialize;

use super::listed::listed;
use crate::StoreFactory;
use crate::store::{
    BoxStream, EntryInfo, LeaseAttempt, PutMode, PutOutcome, StoreBackend, StoreCapabilities,
};
use crate::{Error, InnerStores, Key, Location, Mounted, Payload, Prefix, Result, StoreConfig};

/// A layer that serves what is in the inner store and refuses to change it: a colleague's results, a finished
/// experiment.
///
/// A memory over it takes hits from it; what is missing is computed, not kept, and nobody complains. Uses are not noted,
/// and there are no leases. Under a [`TieredStore`](super::TieredStore) as its far side, new results stay on the near
/// side.
///
/// ```
/// use std::sync::Arc;
/// use larder_core::store::{MemoryStore, ReadOnlyStore, StoreBackend};
///
/// let store = ReadOnlyStore::new(Arc::new(MemoryStore::new()));
/// assert!(store.capabilities().read_only);
/// ```
pub struct ReadOnlyStore {
    inner: Mounted,
}

impl ReadOnlyStore {
    /// A layer over `inner`.
    pub fn new(inner: Arc<dyn StoreBackend>) -> Self {
        Self { inner: Mounted::new(inner) }
    }

    fn refuse<T>(&self, operation: &'static str) -> Result<T> {
        Err(Error::unsupported(format_args!("{self:?}"), operation))
    }
}

impl fmt::Debug for ReadOnlyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReadOnlyStore({:?})", self.inner.store())
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl StoreBackend for ReadOnlyStore {
    fn capabilities(&self) -> StoreCapabilities {
        let inner = self.inner.capabilities();
        let mut own = StoreCapabilities::layered().read_only();
        (own.persistent, own.range, own.local_path) =
            (inner.persistent, inner.range, inner.local_path);
        own
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        self.inner.get(key).await
    }

    async fn put(&self, _: &Key, _: Payload, _: PutMode<'_>) -> Result<PutOutcome> {
        self.refuse("put")
    }

    async fn delete(&self, _: &Key) -> Result<bool> {
        self.refuse("delete")
    }

    fn list<'a>(&'a self, prefix: &Prefix) -> BoxStream<'a, Result<EntryInfo>> {
        let prefix = prefix.clone();
        listed(async move { self.inner.entries(&prefix).await })
    }

    async fn head(&self, key: &Key) -> Result<Option<EntryInfo>> {
        self.inner.head(key).await
    }

    async fn get_range(&self, key: &Key, range: Range<u64>) -> Result<Option<Bytes>> {
        self.inner.get_range(key, range).await
    }

    async fn delete_prefix(&self, _: &Prefix) -> Result<u64> {
        self.refuse("delete_prefix")
    }

    async fn touch(&self, _: &Key) -> Result<bool> {
        self.refuse("touch")
    }

    async fn lease(&self, _: &Key) -> Result<LeaseAttempt> {
        self.refuse("lease")
    }

    async fn compact(&self) -> Result<u64> {
        self.refuse("compact")
    }

    fn local_path(&self, key: &Key) -> Option<PathBuf> {
        self.inner.local_path(key)
    }
}

#[derive(Deserialize)]
struct Options {
    store: StoreConfig,
}

pub(super) fn factory() -> StoreFactory {
    StoreFactory::layer(
        "read-only",
        |inner: &InnerStores<'_>, location: Location, options: Options| {
            location.none()?;
            Ok(ReadOnlyStore::new(inner.open("store", &options.store)?))
        },
    )
    .about("a layer: serves what another store holds, and changes nothing")
    .option_help("store", "the store to serve from")
}
