//! A store together with the way its futures must run.

mod recency;

use std::future::Future;
use std::ops::Range;
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

use self::recency::Recency;
use crate::runtime::{block_on, is_blocking, runtime, timeout};
use crate::store::{
    EntryInfo, Execution, Lease, LeaseAttempt, PutMode, PutOutcome, StoreBackend,
    StoreCapabilities, StoreExt,
};
use crate::{Error, ErrorKind, Key, Payload, Prefix, Result};

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A store whose every call runs where the store's [`Execution`] wants it, whoever awaits: in place for a caller who
/// waits on its own thread, on larder's blocking threads or runtime otherwise.
///
/// The core calls stores only through this, and a layer holds its inner stores mounted, so that each inner call runs
/// under the inner store's own rule.
#[derive(Debug, Clone)]
pub struct Mounted {
    store: Arc<dyn StoreBackend>,
    capabilities: StoreCapabilities,
    /// Which last uses were noted lately.
    recency: Arc<Recency>,
    /// How much goes on in the background.
    pending: Arc<watch::Sender<usize>>,
}

impl Mounted {
    /// Mounts a store.
    pub fn new(store: Arc<dyn StoreBackend>) -> Self {
        let capabilities = store.capabilities();
        Self { store, capabilities, recency: Arc::new(Recency::new()), pending: Arc::default() }
    }

    /// What the store declared when it was mounted.
    pub fn capabilities(&self) -> StoreCapabilities {
        self.capabilities
    }

    /// The store itself.
    pub fn store(&self) -> &Arc<dyn StoreBackend> {
        &self.store
    }

    /// [`StoreBackend::get`].
    pub async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        if self.runs_here() {
            return self.here(self.store.get(key)).await;
        }
        let key = key.clone();
        self.elsewhere(move |store| Box::pin(async move { store.get(&key).await })).await
    }

    /// [`StoreBackend::put`] with [`PutMode::Replace`] or [`PutMode::Create`].
    pub async fn put(&self, key: &Key, value: Payload, create: bool) -> Result<PutOutcome> {
        let mode = if create { PutMode::Create } else { PutMode::Replace };
        if self.runs_here() {
            return self.here(self.store.put(key, value, mode)).await;
        }
        let key = key.clone();
        self.elsewhere(move |store| {
            Box::pin(async move {
                let mode = if create { PutMode::Create } else { PutMode::Replace };
                store.put(&key, value, mode).await
            })
        })
        .await
    }

    /// [`StoreBackend::put`] under a lease, which ends with it: not before the value is there, even when the caller
    /// stops waiting.
    pub async fn publish(&self, lease: Lease, value: Payload) -> Result<PutOutcome> {
        if self.runs_here() {
            let outcome =
                self.here(self.store.put(lease.key(), value, PutMode::Leased(&lease))).await;
            return give_back(lease, outcome);
        }
        self.elsewhere(move |store| {
            Box::pin(async move {
                let outcome = store.put(lease.key(), value, PutMode::Leased(&lease)).await;
                give_back(lease, outcome)
            })
        })
        .await
    }

    /// [`StoreBackend::put`] under a lease that the caller goes on holding: for layers, which hold one for theirs.
    /// The lease does not end before the value is there, even when the caller stops waiting.
    pub async fn put_under(
        &self,
        key: &Key,
        value: Payload,
        lease: Arc<Lease>,
    ) -> Result<PutOutcome> {
        if self.runs_here() {
            return self.here(self.store.put(key, value, PutMode::Leased(&lease))).await;
        }
        let key = key.clone();
        self.elsewhere(move |store| {
            Box::pin(async move { store.put(&key, value, PutMode::Leased(&lease)).await })
        })
        .await
    }

    /// [`StoreBackend::delete`].
    pub async fn delete(&self, key: &Key) -> Result<bool> {
        if self.runs_here() {
            return self.here(self.store.delete(key)).await;
        }
        let key = key.clone();
        self.elsewhere(move |store| Box::pin(async move { store.delete(&key).await })).await
    }

    /// [`StoreBackend::list`], collected and sorted by key.
    pub async fn entries(&self, prefix: &Prefix) -> Result<Vec<EntryInfo>> {
        if self.runs_here() {
            return self.here(self.store.entries(prefix)).await;
        }
        let prefix = prefix.clone();
        self.elsewhere(move |store| Box::pin(async move { store.entries(&prefix).await })).await
    }

    /// [`StoreBackend::head`].
    pub async fn head(&self, key: &Key) -> Result<Option<EntryInfo>> {
        if self.runs_here() {
            return self.here(self.store.head(key)).await;
        }
        let key = key.clone();
        self.elsewhere(move |store| Box::pin(async move { store.head(&key).await })).await
    }

    /// [`StoreBackend::get_range`].
    pub async fn get_range(&self, key: &Key, range: Range<u64>) -> Result<Option<Bytes>> {
        if self.runs_here() {
            return self.here(self.store.get_range(key, range)).await;
        }
        let key = key.clone();
        self.elsewhere(move |store| Box::pin(async move { store.get_range(&key, range).await }))
            .await
    }

    /// [`StoreBackend::delete_prefix`].
    pub async fn delete_prefix(&self, prefix: &Prefix) -> Result<u64> {
        if self.runs_here() {
            return self.here(self.store.delete_prefix(prefix)).await;
        }
        let prefix = prefix.clone();
        self.elsewhere(move |store| Box::pin(async move { store.delete_prefix(&prefix).await }))
            .await
    }

    /// [`StoreBackend::touch`].
    pub async fn touch(&self, key: &Key) -> Result<bool> {
        if self.runs_here() {
            return self.here(self.store.touch(key)).await;
        }
        let key = key.clone();
        self.elsewhere(move |store| Box::pin(async move { store.touch(&key).await })).await
    }

    /// [`touch`](Self::touch), where the store keeps recency, at most once a minute for each entry: at once for a caller
    /// who waits on this thread, behind the caller's back otherwise. A failure costs only the note.
    pub fn touch_soon(&self, key: &Key) {
        if !self.capabilities.recency || !self.recency.note(key.hash()) {
            return;
        }
        if self.capabilities.execution == Execution::Inline && is_blocking() {
            return self.noted(key, poll_once(self.store.touch(key)));
        }
        let (mounted, key, pending) = (self.clone(), key.clone(), self.busy());
        let touch = async move {
            mounted.noted(&key, mounted.store.touch(&key).await);
            drop(pending);
        };
        match self.capabilities.execution {
            Execution::Inline => drop(runtime().spawn_blocking(move || block_on(touch))),
            Execution::Runtime => drop(runtime().spawn(touch)),
            // A layer's near side may be done with it at once.
            Execution::Layered => {
                let mut touch = Box::pin(touch);
                if touch.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
                    drop(runtime().spawn(touch));
                }
            }
        }
    }

    fn noted(&self, key: &Key, outcome: Result<bool>) {
        if let Err(error) = outcome {
            self.recency.forget(key.hash());
            tracing::debug!(target: "larder::store", %key, %error, "the last use was not noted");
        }
    }

    /// Makes the next use of every entry be noted again, even within the minute.
    pub(crate) fn forget_uses(&self) {
        self.recency.forget_all();
    }

    /// Counts as something in the background until it is dropped.
    pub(crate) fn busy(&self) -> Pending {
        Pending::new(&self.pending)
    }

    /// Waits, for at most `deadline`, until nothing goes on in the background; says whether that is so.
    pub async fn settled(&self, deadline: Duration) -> bool {
        if *self.pending.borrow() == 0 {
            return true;
        }
        let mut pending = self.pending.subscribe();
        let settled = pin!(pending.wait_for(|count| *count == 0));
        timeout(deadline, settled).await.is_some()
    }

    /// [`StoreBackend::lease`].
    pub async fn lease(&self, key: &Key) -> Result<LeaseAttempt> {
        if self.runs_here() {
            return self.here(self.store.lease(key)).await;
        }
        let key = key.clone();
        self.elsewhere(move |store| Box::pin(async move { store.lease(&key).await })).await
    }

    /// [`StoreBackend::compact`].
    pub async fn compact(&self) -> Result<u64> {
        if self.runs_here() {
            return self.here(self.store.compact()).await;
        }
        self.elsewhere(|store| Box::pin(async move { store.compact().await })).await
    }

    /// [`StoreBackend::local_path`].
    pub fn local_path(&self, key: &Key) -> Option<PathBuf> {
        self.store.local_path(key)
    }

    fn runs_here(&self) -> bool {
        match self.capabilities.execution {
            Execution::Inline => is_blocking(),
            Execution::Layered => true,
            Execution::Runtime => false,
        }
    }

    async fn here<T>(&self, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        match self.capabilities.execution {
            Execution::Inline => poll_once(call),
            Execution::Layered | Execution::Runtime => call.await,
        }
    }

    async fn elsewhere<T, C>(&self, call: C) -> Result<T>
    where
        T: Send + 'static,
        C: for<'s> FnOnce(&'s dyn StoreBackend) -> BoxFuture<'s, Result<T>> + Send + 'static,
    {
        let store = self.store.clone();
        let task = match self.capabilities.execution {
            Execution::Inline => runtime().spawn_blocking(move || poll_once(call(&*store))),
            Execution::Runtime | Execution::Layered => {
                runtime().spawn(async move { call(&*store).await })
            }
        };
        task.await.unwrap_or_else(|error| {
            Err(Error::new(ErrorKind::Bug, "the store panicked").with_source(error))
        })
    }
}

/// Something that goes on in the background.
#[derive(Debug)]
pub(crate) struct Pending(Arc<watch::Sender<usize>>);

impl Pending {
    fn new(count: &Arc<watch::Sender<usize>>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count.clone())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// Without a value the lease is abandoned: whoever waits should not wait for the next failure.
fn give_back(lease: Lease, outcome: Result<PutOutcome>) -> Result<PutOutcome> {
    if matches!(outcome, Ok(PutOutcome::Written)) {
        drop(lease);
    } else {
        lease.abandon();
    }
    outcome
}

/// The result of a future that is ready at once, as an inline store's must be.
fn poll_once<T>(call: impl Future<Output = Result<T>>) -> Result<T> {
    match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(Error::new(
            ErrorKind::Bug,
            "the store declares Execution::Inline, and yet it awaits",
        )),
    }
}
