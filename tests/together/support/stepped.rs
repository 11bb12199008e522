//! A store in memory with a step of the test's own before each operation.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use larder::store::{
    BoxStream, EntryInfo, Execution, LeaseAttempt, MemoryStore, Operation, PutMode, PutOutcome,
    StoreBackend, StoreCapabilities,
};
use larder::{Key, Payload, Prefix, Result};

type Step = Pin<Box<dyn Future<Output = ()> + Send>>;

pub(crate) struct Stepped {
    inner: MemoryStore,
    execution: Execution,
    before: Arc<dyn Fn(Operation) -> Step + Send + Sync>,
}

impl Stepped {
    /// A store whose futures await `before`, which must suit `execution`.
    pub(crate) fn new<S: Future<Output = ()> + Send + 'static>(
        execution: Execution,
        before: impl Fn(Operation) -> S + Send + Sync + 'static,
    ) -> Self {
        let before = Arc::new(move |operation| Box::pin(before(operation)) as Step);
        Self { inner: MemoryStore::new(), execution, before }
    }

    /// A store that never awaits, and may block.
    pub(crate) fn inline(before: impl Fn(Operation) + Send + Sync + 'static) -> Self {
        let before = Arc::new(before);
        Self::new(Execution::Inline, move |operation| {
            let before = before.clone();
            async move { before(operation) }
        })
    }
}

impl fmt::Debug for Stepped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stepped")
    }
}

#[async_trait]
impl StoreBackend for Stepped {
    fn capabilities(&self) -> StoreCapabilities {
        let mut capabilities = self.inner.capabilities();
        capabilities.execution = self.execution;
        capabilities
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        (self.before)(Operation::Get).await;
        self.inner.get(key).await
    }

    async fn put(&self, key: &Key, value: Payload, mode: PutMode<'_>) -> Result<PutOutcome> {
        (self.before)(Operation::Put).await;
        self.inner.put(key, value, mode).await
    }

    async fn delete(&self, key: &Key) -> Result<bool> {
        (self.before)(Operation::Delete).await;
        self.inner.delete(key).await
    }

    fn list<'a>(&'a self, prefix: &Prefix) -> BoxStream<'a, Result<EntryInfo>> {
        self.inner.list(prefix)
    }

    async fn touch(&self, key: &Key) -> Result<bool> {
        (self.before)(Operation::Touch).await;
        self.inner.touch(key).await
    }

    async fn lease(&self, key: &Key) -> Result<LeaseAttempt> {
        (self.before)(Operation::Lease).await;
        self.inner.lease(key).await
    }
}
