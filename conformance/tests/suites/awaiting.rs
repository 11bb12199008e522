//! A store that really awaits: every call goes through a timer and another task of the runtime it must be on.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use larder_core::store::{
    BoxStream, EntryInfo, Execution, LeaseAttempt, MemoryStore, PutMode, PutOutcome, StoreBackend,
    StoreCapabilities,
};
use larder_core::{Key, Payload, Prefix, Result};

#[derive(Debug)]
pub(crate) struct Awaiting(pub(crate) MemoryStore);

/// Ends only where a runtime drives timers and tasks; panics where there is none.
async fn travel() {
    tokio::time::sleep(std::time::Duration::from_micros(1)).await;
    tokio::spawn(tokio::task::yield_now()).await.expect("the runtime runs its tasks");
}

#[async_trait]
impl StoreBackend for Awaiting {
    fn capabilities(&self) -> StoreCapabilities {
        let mut as_below = self.0.capabilities();
        (as_below.execution, as_below.range) = (Execution::Runtime, false);
        as_below
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        travel().await;
        self.0.get(key).await
    }

    async fn put(&self, key: &Key, value: Payload, mode: PutMode<'_>) -> Result<PutOutcome> {
        travel().await;
        self.0.put(key, value, mode).await
    }

    async fn delete(&self, key: &Key) -> Result<bool> {
        travel().await;
        self.0.delete(key).await
    }

    fn list<'a>(&'a self, prefix: &Prefix) -> BoxStream<'a, Result<EntryInfo>> {
        self.0.list(prefix)
    }

    async fn head(&self, key: &Key) -> Result<Option<EntryInfo>> {
        travel().await;
        self.0.head(key).await
    }

    async fn get_range(&self, key: &Key, range: Range<u64>) -> Result<Option<Bytes>> {
        travel().await;
        self.0.get_range(key, range).await
    }

    async fn touch(&self, key: &Key) -> Result<bool> {
        travel().await;
        self.0.touch(key).await
    }

    async fn lease(&self, key: &Key) -> Result<LeaseAttempt> {
        travel().await;
        self.0.lease(key).await
    }
}
