//! A store that really awaits before every call: what a runtime drives, or, as a layer, only its own waker.

use std::future::poll_fn;
use std::ops::Range;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use larder_core::store::{
    BoxStream, EntryInfo, Execution, LeaseAttempt, MemoryStore, PutMode, PutOutcome, StoreBackend,
    StoreCapabilities,
};
use larder_core::{Key, Payload, Prefix, Result};

#[derive(Debug)]
pub(crate) struct Awaiting {
    pub(crate) memory: MemoryStore,
    pub(crate) execution: Execution,
}

impl Awaiting {
    async fn travel(&self) {
        if self.execution == Execution::Runtime {
            // Panics where no runtime has a timer; and would wait for ever where none runs its tasks.
            tokio::time::sleep(Duration::from_micros(1)).await;
            tokio::spawn(tokio::task::yield_now()).await.expect("the runtime runs its tasks");
            return;
        }
        let mut asked = false;
        poll_fn(|cx| {
            cx.waker().wake_by_ref();
            if std::mem::replace(&mut asked, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

#[async_trait]
impl StoreBackend for Awaiting {
    fn capabilities(&self) -> StoreCapabilities {
        let mut as_below = self.memory.capabilities();
        as_below.execution = self.execution;
        as_below
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        self.travel().await;
        self.memory.get(key).await
    }

    async fn put(&self, key: &Key, value: Payload, mode: PutMode<'_>) -> Result<PutOutcome> {
        self.travel().await;
        self.memory.put(key, value, mode).await
    }

    async fn delete(&self, key: &Key) -> Result<bool> {
        self.travel().await;
        self.memory.delete(key).await
    }

    fn list<'a>(&'a self, prefix: &Prefix) -> BoxStream<'a, Result<EntryInfo>> {
        self.memory.list(prefix)
    }

    async fn head(&self, key: &Key) -> Result<Option<EntryInfo>> {
        self.travel().await;
        self.memory.head(key).await
    }

    async fn get_range(&self, key: &Key, range: Range<u64>) -> Result<Option<Bytes>> {
        self.travel().await;
        self.memory.get_range(key, range).await
    }

    async fn touch(&self, key: &Key) -> Result<bool> {
        self.travel().await;
        self.memory.touch(key).await
    }

    async fn lease(&self, key: &Key) -> Result<LeaseAttempt> {
        self.travel().await;
        self.memory.lease(key).await
    }

    async fn compact(&self) -> Result<u64> {
        self.travel().await;
        self.memory.compact().await
    }
}
