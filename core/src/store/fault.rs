//! The layer that fails on purpose, and counts: for tests.

mod plan;

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_core::Stream;

pub use self::plan::{Fault, Operation, Tally, When};
use self::plan::{Plan, Step};
use super::{
    BoxStream, EntryInfo, Execution, LeaseAttempt, PutMode, PutOutcome, StoreBackend,
    StoreCapabilities,
};
use crate::{Error, Key, Payload, Prefix, Result};

/// A layer over any store that fails, dawdles or tears values as it is told, and counts calls and bytes.
///
/// Deterministic: what happens depends only on the number of the call. It declares what its inner store declares and
/// runs the way that one does; without a fault it changes nothing. Leases are the inner store's own.
///
/// ```
/// use std::sync::Arc;
/// use larder_core::ErrorKind;
/// use larder_core::store::{Fault, FaultStore, MemoryStore, Operation, When};
///
/// let store = Arc::new(FaultStore::new(Arc::new(MemoryStore::new())));
/// store.inject(When::Each(Operation::Put), Fault::Fail(ErrorKind::StorageFull));
/// store.inject(When::Nth(3), Fault::Fail(ErrorKind::Unavailable)); // the third call of any kind
/// assert_eq!(store.tally(Operation::Put).calls, 0);
/// ```
pub struct FaultStore {
    inner: Arc<dyn StoreBackend>,
    execution: Execution,
    plan: Mutex<Plan>,
}

impl FaultStore {
    /// A layer over `inner` that has no fault yet.
    pub fn new(inner: Arc<dyn StoreBackend>) -> Self {
        let execution = inner.capabilities().execution;
        Self { inner, execution, plan: Mutex::default() }
    }

    /// Adds a fault. Of several that meet one call, every [`Fault::Delay`] counts, and of the others the first.
    pub fn inject(&self, when: When, fault: Fault) {
        self.plan().inject(when, fault);
    }

    /// Takes all faults away; what was counted stays.
    pub fn heal(&self) {
        self.plan().heal();
    }

    /// What the calls of one kind came to so far, the failed ones included.
    pub fn tally(&self, operation: Operation) -> Tally {
        self.plan().tally(operation)
    }

    /// What all calls came to so far.
    pub fn total(&self) -> Tally {
        Operation::ALL.iter().map(|&operation| self.tally(operation)).sum()
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn moved(&self, operation: Operation, bytes: u64) {
        self.plan().moved(operation, bytes);
    }

    /// One call: counted, delayed, then `inner` or what is to happen in its place.
    async fn run<T>(
        &self,
        operation: Operation,
        subject: &str,
        inner: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let step = self.plan().begin(operation);
        self.carry_out(step, operation, subject, inner).await
    }

    async fn carry_out<T>(
        &self,
        step: Step,
        operation: Operation,
        subject: &str,
        inner: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        pause(self.execution, step.delay).await;
        match step.fault {
            Some(Fault::Fail(kind)) => Err(step.error(kind, operation, subject)),
            Some(Fault::FailAfter(kind)) => {
                inner.await?;
                Err(step.error(kind, operation, subject))
            }
            Some(Fault::Torn | Fault::Delay(_)) | None => inner.await,
        }
    }

    /// One call that reads a value: the bytes are counted, and torn if it must be.
    async fn read(
        &self,
        operation: Operation,
        key: &Key,
        inner: impl Future<Output = Result<Option<Bytes>>> + Send,
    ) -> Result<Option<Bytes>> {
        let step = self.plan().begin(operation);
        let torn = step.is_torn();
        let value = self.carry_out(step, operation, key.as_str(), inner).await?;
        let value = value.map(|v| if torn { v.slice(..v.len() / 2) } else { v });
        self.moved(operation, value.as_ref().map_or(0, |v| v.len() as u64));
        Ok(value)
    }
}

/// Waits as `execution` allows: an inline store may block its thread, and must not return a pending future.
async fn pause(execution: Execution, delay: Duration) {
    if delay.is_zero() {
        return;
    }
    match execution {
        Execution::Runtime => tokio::time::sleep(delay).await,
        Execution::Inline | Execution::Layered => std::thread::sleep(delay),
    }
}

impl fmt::Debug for FaultStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaultStore({:?})", self.inner)
    }
}

#[deny(clippy::missing_trait_methods)] // A method left to its default would go round the faults and the count.
#[async_trait]
impl StoreBackend for FaultStore {
    fn capabilities(&self) -> StoreCapabilities {
        self.inner.capabilities()
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        self.read(Operation::Get, key, self.inner.get(key)).await
    }

    async fn put(&self, key: &Key, mut value: Payload, mode: PutMode<'_>) -> Result<PutOutcome> {
        let step = self.plan().begin(Operation::Put);
        if step.is_torn() {
            let whole = value.into_bytes()?;
            value = whole.slice(..whole.len() / 2).into();
        }
        let size = value.len();
        let inner = async {
            let outcome = self.inner.put(key, value, mode).await?;
            self.moved(Operation::Put, if outcome == PutOutcome::Written { size } else { 0 });
            Ok(outcome)
        };
        self.carry_out(step, Operation::Put, key.as_str(), inner).await
    }

    async fn delete(&self, key: &Key) -> Result<bool> {
        self.run(Operation::Delete, key.as_str(), self.inner.delete(key)).await
    }

    fn list<'a>(&'a self, prefix: &Prefix) -> BoxStream<'a, Result<EntryInfo>> {
        let step = self.plan().begin(Operation::List);
        let failure = |kind| step.error(kind, Operation::List, prefix.as_str());
        let (inner, error) = match step.fault {
            Some(Fault::Fail(kind)) => (None, Some(failure(kind))),
            Some(Fault::FailAfter(kind)) => (Some(self.inner.list(prefix)), Some(failure(kind))),
            Some(Fault::Torn | Fault::Delay(_)) | None => (Some(self.inner.list(prefix)), None),
        };
        let pause = Some(Box::pin(pause(self.execution, step.delay)) as _);
        Box::pin(FaultyList { pause, inner, error })
    }

    async fn head(&self, key: &Key) -> Result<Option<EntryInfo>> {
        self.run(Operation::Head, key.as_str(), self.inner.head(key)).await
    }

    async fn get_range(&self, key: &Key, range: Range<u64>) -> Result<Option<Bytes>> {
        self.read(Operation::GetRange, key, self.inner.get_range(key, range)).await
    }

    async fn delete_prefix(&self, prefix: &Prefix) -> Result<u64> {
        let inner = self.inner.delete_prefix(prefix);
        self.run(Operation::DeletePrefix, prefix.as_str(), inner).await
    }

    async fn touch(&self, key: &Key) -> Result<bool> {
        self.run(Operation::Touch, key.as_str(), self.inner.touch(key)).await
    }

    async fn lease(&self, key: &Key) -> Result<LeaseAttempt> {
        self.run(Operation::Lease, key.as_str(), self.inner.lease(key)).await
    }

    async fn compact(&self) -> Result<u64> {
        self.run(Operation::Compact, "", self.inner.compact()).await
    }

    /// Neither counted nor failed: it does no I/O and has no error to return.
    fn local_path(&self, key: &Key) -> Option<PathBuf> {
        self.inner.local_path(key)
    }
}

/// The delay, then the entries, then the error: each if there is one.
struct FaultyList<'a> {
    pause: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    inner: Option<BoxStream<'a, Result<EntryInfo>>>,
    error: Option<Error>,
}

impl Stream for FaultyList<'_> {
    type Item = Result<EntryInfo>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        if let Some(inner) = &mut self.inner {
            if let Some(item) = ready!(inner.as_mut().poll_next(cx)) {
                return Poll::Ready(Some(item));
            }
            self.inner = None;
        }
        Poll::Ready(self.error.take().map(Err))
    }
}

#[cfg(test)]
mod tests;
