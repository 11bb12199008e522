//! A part of a store as a store of its own.

use std::ops::Range;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_trait::async_trait;
use bytes::Bytes;
use futures_core::Stream;
use larder::store::{
    BoxStream, EntryInfo, Lease, LeaseAttempt, LeaseGuard, PutMode, PutOutcome, StoreBackend,
    StoreCapabilities,
};
use larder::{Error, Key, Payload, Prefix, Result};

/// Everything under `prefix` in `inner`. It declares and runs what `inner` does, so that it is `inner` that is judged: a
/// `PrefixStore` mounts it, sorts its listings and leaves out what does not belong there, and knows about leases itself.
#[derive(Debug)]
pub(super) struct Namespace {
    inner: Arc<dyn StoreBackend>,
    prefix: Prefix,
}

impl Namespace {
    pub(super) fn new(inner: Arc<dyn StoreBackend>, prefix: Prefix) -> Self {
        Self { inner, prefix }
    }
}

/// A listed entry under its key within the namespace.
fn own(prefix: &Prefix, mut entry: EntryInfo) -> Result<EntryInfo> {
    let outside = || Error::invalid("listed, and not under the prefix").with("key", &entry.key);
    entry.key = entry.key.relative_to(prefix).ok_or_else(outside)?;
    Ok(entry)
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl StoreBackend for Namespace {
    fn capabilities(&self) -> StoreCapabilities {
        self.inner.capabilities()
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        self.inner.get(&key.within(&self.prefix)?).await
    }

    async fn put(&self, key: &Key, value: Payload, mode: PutMode<'_>) -> Result<PutOutcome> {
        let mode = match &mode {
            PutMode::Leased(lease) => match lease.guard::<Held>() {
                Some(Held(Some(inner))) if lease.key() == key => PutMode::Leased(inner),
                _ => mode,
            },
            _ => mode,
        };
        self.inner.put(&key.within(&self.prefix)?, value, mode).await
    }

    async fn delete(&self, key: &Key) -> Result<bool> {
        self.inner.delete(&key.within(&self.prefix)?).await
    }

    fn list<'a>(&'a self, prefix: &Prefix) -> BoxStream<'a, Result<EntryInfo>> {
        match prefix.within(&self.prefix) {
            Ok(below) => {
                Box::pin(Listed { prefix: self.prefix.clone(), inner: self.inner.list(&below) })
            }
            Err(error) => larder::store::listing([Err(error)]),
        }
    }

    async fn head(&self, key: &Key) -> Result<Option<EntryInfo>> {
        let found = self.inner.head(&key.within(&self.prefix)?).await?;
        found.map(|entry| own(&self.prefix, entry)).transpose()
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
        Ok(match self.inner.lease(&key.within(&self.prefix)?).await? {
            LeaseAttempt::Acquired(lease) => {
                LeaseAttempt::Acquired(Lease::new(key.clone(), Held(Some(lease))))
            }
            held => held,
        })
    }

    async fn compact(&self) -> Result<u64> {
        self.inner.compact().await
    }

    fn local_path(&self, key: &Key) -> Option<PathBuf> {
        self.inner.local_path(&key.within(&self.prefix).ok()?)
    }
}

/// A lease of the inner store under the key within the namespace.
#[derive(Debug)]
struct Held(Option<Lease>);

impl LeaseGuard for Held {
    fn abandon(&mut self) {
        if let Some(lease) = self.0.take() {
            lease.abandon();
        }
    }
}

/// The inner list under the keys within the namespace.
struct Listed<'a> {
    prefix: Prefix,
    inner: BoxStream<'a, Result<EntryInfo>>,
}

impl Stream for Listed<'_> {
    type Item = Result<EntryInfo>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.inner.as_mut().poll_next(cx);
        next.map(|item| item.map(|item| item.and_then(|entry| own(&self.prefix, entry))))
    }
}
