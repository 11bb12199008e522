//! Conveniences over every store, for callers; stores implement none of them.

use std::pin::Pin;
use std::task::{Context, Poll};

use async_trait::async_trait;
use futures_core::Stream;

use super::{BoxStream, EntryInfo, PutMode, PutOutcome, StoreBackend};
use crate::{Key, Payload, Prefix, Result};

/// What callers of a store often want, said once over the narrow trait.
#[async_trait]
pub trait StoreExt: StoreBackend {
    /// Whether there is an entry. Do not ask this before a `get`: get it.
    async fn contains(&self, key: &Key) -> Result<bool> {
        Ok(self.head(key).await?.is_some())
    }

    /// Puts `value`, whatever was there.
    async fn replace(&self, key: &Key, value: Payload) -> Result<()> {
        self.put(key, value, PutMode::Replace).await.map(|_: PutOutcome| ())
    }

    /// All entries under `prefix`, collected and sorted by key.
    async fn entries(&self, prefix: &Prefix) -> Result<Vec<EntryInfo>> {
        let mut entries = collect(self.list(prefix)).await?;
        entries.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        Ok(entries)
    }
}

impl<S: StoreBackend + ?Sized> StoreExt for S {}

/// All items of a stream, or its first error.
pub(crate) async fn collect<T>(mut stream: BoxStream<'_, Result<T>>) -> Result<Vec<T>> {
    let mut all = Vec::new();
    while let Some(item) = next(&mut stream).await {
        all.push(item?);
    }
    Ok(all)
}

/// Only the keys: what a deletion needs, and no borrow of the store left.
pub(super) async fn keys(stream: BoxStream<'_, Result<EntryInfo>>) -> Result<Vec<Key>> {
    Ok(collect(stream).await?.into_iter().map(|entry| entry.key).collect())
}

/// The next item of a stream.
pub(crate) async fn next<T>(stream: &mut BoxStream<'_, T>) -> Option<T> {
    struct Next<'s, 'a, T>(&'s mut BoxStream<'a, T>);
    impl<T> Future for Next<'_, '_, T> {
        type Output = Option<T>;
        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
            Stream::poll_next(self.0.as_mut(), cx)
        }
    }
    Next(stream).await
}
