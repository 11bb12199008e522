//! A namespace of its own in a store that is shared.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use serde::Deserialize;

use super::lease;
use super::listed::listed;
use crate::StoreFactory;
use crate::store::{
    BoxStream, EntryInfo, Execution, LeaseAttempt, PutMode, PutOutcome, StoreBackend,
    StoreCapabilities,
};
use crate::{Error, InnerStores, Key, Location, Mounted, Payload, Prefix, Result, StoreConfig};

/// A layer that keeps everything under a prefix of the inner store: `forecast/v1/…` lies there as
/// `team/forecast/v1/…`. Clearing it clears the prefix and nothing else.
///
/// It can do what the inner store can. Keys are as much shorter as the prefix is long: one of
/// [`MAX_KEY_LEN`](crate::MAX_KEY_LEN) bytes is refused as invalid. Those that larder makes leave some 100 bytes.
///
/// ```
/// use std::sync::Arc;
/// use larder_core::Prefix;
/// use larder_core::store::{MemoryStore, PrefixStore};
///
/// let store = PrefixStore::new(Arc::new(MemoryStore::new()), Prefix::new("team/weather")?);
/// # Ok::<(), larder_core::Error>(())
/// ```
pub struct PrefixStore {
    inner: Mounted,
    prefix: Prefix,
}

impl PrefixStore {
    /// A layer over what is, and will be, under `prefix` in `inner`.
    pub fn new(inner: Arc<dyn StoreBackend>, prefix: Prefix) -> Self {
        Self { inner: Mounted::new(inner), prefix }
    }

    /// What the inner store says of one of its entries, as one of this layer's.
    fn own(&self, mut entry: EntryInfo) -> Option<EntryInfo> {
        entry.key = entry.key.relative_to(&self.prefix)?;
        Some(entry)
    }
}

impl fmt::Debug for PrefixStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrefixStore({:?}, {:?})", self.inner.store(), self.prefix.as_str())
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl StoreBackend for PrefixStore {
    fn capabilities(&self) -> StoreCapabilities {
        let mut as_inner = self.inner.capabilities();
        as_inner.execution = Execution::Layered;
        as_inner
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        self.inner.get(&key.within(&self.prefix)?).await
    }

    async fn put(&self, key: &Key, value: Payload, mode: PutMode<'_>) -> Result<PutOutcome> {
        let inner_key = key.within(&self.prefix)?;
        match mode {
            PutMode::Replace => self.inner.put(&inner_key, value, false).await,
            PutMode::Create => self.inner.put(&inner_key, value, true).await,
            PutMode::Leased(_) if self.inner.capabilities().lease.is_none() => {
                Err(Error::unsupported(format_args!("{self:?}"), "leased puts"))
            }
            PutMode::Leased(lease) => match lease::of_inner(lease, key) {
                Some(lease) => self.inner.put_under(&inner_key, value, lease).await,
                None => Ok(PutOutcome::LeaseLost),
            },
        }
    }

    async fn delete(&self, key: &Key) -> Result<bool> {
        self.inner.delete(&key.within(&self.prefix)?).await
    }

    fn list<'a>(&'a self, prefix: &Prefix) -> BoxStream<'a, Result<EntryInfo>> {
        let within = prefix.within(&self.prefix);
        listed(async move {
            let entries = self.inner.entries(&within?).await?;
            Ok(entries.into_iter().filter_map(|entry| self.own(entry)).collect())
        })
    }

    async fn head(&self, key: &Key) -> Result<Option<EntryInfo>> {
        let found = self.inner.head(&key.within(&self.prefix)?).await?;
        Ok(found.and_then(|entry| self.own(entry)))
    }

    async fn get_range(&self, key: &Key, range: Range<u64>) -> Result<Option<Bytes>> {
        self.inner.get_range(&key.within(&self.prefix)?, range).await
    }

    async fn delete_prefix(&self, prefix: &Prefix) -> Result<u64> {
        self.inner.delete_prefix(&prefix.within(&self.prefix)?).await
    }

    async fn touch(&self, key: &Key) -> Result<bool> {
        self.inner.touch(&key.within(&self.prefix)?).await
    }

    async fn lease(&self, key: &Key) -> Result<LeaseAttempt> {
        let attempt = self.inner.lease(&key.within(&self.prefix)?).await?;
        Ok(lease::of_layer(key, attempt))
    }

    /// Of all of the inner store: room that no entry takes is nobody's.
    async fn compact(&self) -> Result<u64> {
        self.inner.compact().await
    }

    fn local_path(&self, key: &Key) -> Option<PathBuf> {
        self.inner.local_path(&key.within(&self.prefix).ok()?)
    }
}

#[derive(Deserialize)]
struct Options {
    store: StoreConfig,
    prefix: Prefix,
}

pub(super) fn factory() -> StoreFactory {
    StoreFactory::layer(
        "prefix",
        |inner: &InnerStores<'_>, location: Location, options: Options| {
            location.none()?;
            Ok(PrefixStore::new(inner.open("store", &options.store)?, options.prefix))
        },
    )
    .about("a layer: a namespace of its own in another store")
    .option_help("store", "the store to share")
    .option_help("prefix", "the namespace: segments of `a-z0-9._-` such as `team/weather`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::block_on;
    use crate::store::{MemoryStore, StoreExt};

    /// What lies in `store`: keys without their digest, and values.
    async fn contents(store: &dyn StoreBackend) -> Vec<(String, Bytes)> {
        let mut all = Vec::new();
        for entry in store.entries(&Prefix::root()).await.unwrap() {
            let value = store.get(&entry.key).await.unwrap().unwrap();
            all.push((entry.key.version().to_string(), value));
        }
        all
    }

    #[test]
    fn what_is_beside_the_prefix_is_neither_seen_nor_touched() {
        let inner = MemoryStore::new();
        let store = PrefixStore::new(Arc::new(inner.clone()), Prefix::new("team/weather").unwrap());
        let at = |path: &str| Prefix::new(path).unwrap().key(&[1; 32]).unwrap();
        let key = at("forecast/v1");
        block_on(async {
            // The first as the layer's own would lie there without it, the last where its prefix ends.
            for path in ["forecast/v1", "team", "team/weathers/v1", "team/weather"] {
                inner.replace(&at(path), vec![1].into()).await.unwrap();
            }
            let before = contents(&inner).await;
            assert_eq!(store.entries(&Prefix::root()).await.unwrap(), []);
            assert_eq!(store.get(&key).await.unwrap(), None);
            assert_eq!(store.get_range(&key, 0..1).await.unwrap(), None);
            assert_eq!(store.head(&key).await.unwrap(), None);
            assert!(!store.touch(&key).await.unwrap());
            assert!(!store.delete(&key).await.unwrap());
            assert_eq!(store.delete_prefix(&Prefix::new("forecast").unwrap()).await.unwrap(), 0);
            assert_eq!(contents(&inner).await, before);

            store.replace(&key, vec![2].into()).await.unwrap();
            let value = inner.get(&at("team/weather/forecast/v1")).await.unwrap();
            assert_eq!(value.unwrap(), [2][..]);
            assert_eq!(contents(&store).await, [("forecast/v1".to_owned(), vec![2].into())]);
            assert_eq!(store.head(&key).await.unwrap().unwrap().key, key);
            assert!(store.delete(&key).await.unwrap());
            assert_eq!(contents(&inner).await, before);

            store.replace(&key, vec![2].into()).await.unwrap();
            // What the prefix itself holds goes with it.
            assert_eq!(store.delete_prefix(&Prefix::root()).await.unwrap(), 2);
            let left = contents(&inner).await;
            assert_eq!(left.len(), 3);
            assert!(left.iter().all(|entry| before.contains(entry)), "{left:?}");
        });
    }

    #[test]
    fn a_key_that_becomes_too_long_is_refused_by_name() {
        let prefix = Prefix::new("team").unwrap();
        let store = PrefixStore::new(Arc::new(MemoryStore::new()), prefix);
        let longest = [&"a".repeat(111)[..]; 4].join("/");
        let key = Prefix::new(&longest).unwrap().key(&[1; 32]).unwrap();
        let error = block_on(store.get(&key)).unwrap_err();
        assert!(error.is_invalid() && error.message().contains(&longest), "{error}");
    }
}
