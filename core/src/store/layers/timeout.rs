//! A limit on how long a store may take.

use std::fmt;
use std::future::Future;
use std::ops::Range;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_core::Stream;
use serde::Deserialize;
use tokio::time::{Sleep, sleep};

use crate::store::{
    BoxStream, EntryInfo, Execution, LeaseAttempt, PutMode, PutOutcome, StoreBackend,
    StoreCapabilities,
};
use crate::units::TimeSpan;
use crate::{
    Error, ErrorKind, InnerStores, Key, Location, Payload, Prefix, Result, StoreConfig,
    StoreFactory,
};

/// A layer that ends every operation of the inner store after a time, with [`ErrorKind::Timeout`].
///
/// What is cut off is given up, not left to go on: though a value may have got through to a server that has not
/// answered. A listing may take that long for each entry; [`delete_prefix`](StoreBackend::delete_prefix) and
/// [`compact`](StoreBackend::compact) that long for each entry there is.
///
/// It cannot interrupt what never awaits, and refuses such stores.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use larder_core::store::{MemoryStore, TimeoutStore};
///
/// let inline = TimeoutStore::new(Arc::new(MemoryStore::new()), Duration::from_secs(5));
/// assert!(inline.unwrap_err().is_invalid());
/// ```
pub struct TimeoutStore {
    /// Not mounted: it runs where the inner store does, so that dropping a call ends it.
    inner: Arc<dyn StoreBackend>,
    after: Duration,
}

impl TimeoutStore {
    /// A layer over `inner`, each of whose operations may take `after`.
    ///
    /// # Errors
    /// When `inner` is [`Inline`](Execution::Inline), or `after` is no time at all.
    pub fn new(inner: Arc<dyn StoreBackend>, after: Duration) -> Result<Self> {
        if inner.capabilities().execution == Execution::Inline {
            return Err(Error::invalid(format!(
                "a timeout cannot interrupt {inner:?}, which never awaits: put it around the store that is far away"
            )));
        }
        if after.is_zero() {
            return Err(Error::invalid(
                "after = 0 would end every operation: give how long one may take, such as `5s`",
            ));
        }
        Ok(Self { inner, after })
    }

    async fn bounded<T>(
        &self,
        operation: &'static str,
        subject: impl fmt::Display + Send,
        call: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        self.within(self.after, operation, subject, call).await
    }

    /// How long what concerns every entry may take.
    async fn for_all(&self, prefix: &Prefix) -> Result<Duration> {
        let entries = crate::store::ext::keys(self.list(prefix)).await?.len();
        Ok(self.after.saturating_mul(u32::try_from(entries).unwrap_or(u32::MAX).max(1)))
    }

    async fn within<T>(
        &self,
        limit: Duration,
        operation: &'static str,
        subject: impl fmt::Display + Send,
        call: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        match tokio::time::timeout(limit, call).await {
            Ok(result) => result,
            Err(_) => Err(too_long(limit, operation).with("key", subject)),
        }
    }
}

fn too_long(limit: Duration, operation: &'static str) -> Error {
    Error::new(ErrorKind::Timeout, format!("the store took longer than {}", TimeSpan(limit)))
        .with("operation", operation)
}

impl fmt::Debug for TimeoutStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TimeoutStore({:?}, {})", self.inner, TimeSpan(self.after))
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl StoreBackend for TimeoutStore {
    fn capabilities(&self) -> StoreCapabilities {
        let mut as_inner = self.inner.capabilities();
        // The clock is the runtime's, also over a layer.
        as_inner.execution = Execution::Runtime;
        as_inner
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        self.bounded("get", key, self.inner.get(key)).await
    }

    async fn put(&self, key: &Key, value: Payload, mode: PutMode<'_>) -> Result<PutOutcome> {
        self.bounded("put", key, self.inner.put(key, value, mode)).await
    }

    async fn delete(&self, key: &Key) -> Result<bool> {
        self.bounded("delete", key, self.inner.delete(key)).await
    }

    fn list<'a>(&'a self, prefix: &Prefix) -> BoxStream<'a, Result<EntryInfo>> {
        let inner = self.inner.list(prefix);
        Box::pin(BoundedList { inner: Some(inner), after: self.after, timer: None })
    }

    async fn head(&self, key: &Key) -> Result<Option<EntryInfo>> {
        self.bounded("head", key, self.inner.head(key)).await
    }

    async fn get_range(&self, key: &Key, range: Range<u64>) -> Result<Option<Bytes>> {
        self.bounded("get_range", key, self.inner.get_range(key, range)).await
    }

    async fn delete_prefix(&self, prefix: &Prefix) -> Result<u64> {
        let limit = self.for_all(prefix).await?;
        self.within(limit, "delete_prefix", prefix, self.inner.delete_prefix(prefix)).await
    }

    async fn touch(&self, key: &Key) -> Result<bool> {
        self.bounded("touch", key, self.inner.touch(key)).await
    }

    async fn lease(&self, key: &Key) -> Result<LeaseAttempt> {
        self.bounded("lease", key, self.inner.lease(key)).await
    }

    async fn compact(&self) -> Result<u64> {
        let limit = self.for_all(&Prefix::root()).await?;
        self.within(limit, "compact", "", self.inner.compact()).await
    }

    fn local_path(&self, key: &Key) -> Option<PathBuf> {
        self.inner.local_path(key)
    }
}

/// A listing each of whose entries may take a time.
struct BoundedList<'a> {
    inner: Option<BoxStream<'a, Result<EntryInfo>>>,
    after: Duration,
    /// Started when the inner listing first has nothing ready.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Stream for BoundedList<'_> {
    type Item = Result<EntryInfo>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
        if let Poll::Ready(item) = inner.as_mut().poll_next(cx) {
            self.timer = None;
            return Poll::Ready(item);
        }
        let after = self.after;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(after)));
        if timer.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.inner = None;
        Poll::Ready(Some(Err(too_long(after, "list"))))
    }
}

#[derive(Deserialize)]
struct Options {
    store: StoreConfig,
    after: TimeSpan,
}

pub(super) fn factory() -> StoreFactory {
    StoreFactory::layer(
        "timeout",
        |inner: &InnerStores<'_>, location: Location, options: Options| {
            location.none()?;
            TimeoutStore::new(inner.open("store", &options.store)?, options.after.0)
        },
    )
    .about("a layer: ends every operation of a store over a network after a time")
    .option_help("store", "the store that may take that long and no longer")
    .option_help("after", "how long: `5s`, `500ms`")
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::future::poll_fn;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::task::Waker;

    use super::*;
    use crate::Mounted;
    use crate::runtime::{block_on, runtime};
    use crate::store::MemoryStore;

    /// A store over a network that has stopped answering; before or after its listings.
    #[derive(Debug, Default)]
    struct Hangs {
        inner: MemoryStore,
        after_listings: bool,
        /// Calls that wait for their answer.
        under_way: AtomicUsize,
    }

    impl Hangs {
        async fn hang<T>(&self) -> Result<T> {
            struct UnderWay<'h>(&'h AtomicUsize);
            impl Drop for UnderWay<'_> {
                fn drop(&mut self) {
                    self.0.fetch_sub(1, SeqCst);
                }
            }
            self.under_way.fetch_add(1, SeqCst);
            let _until_dropped = UnderWay(&self.under_way);
            std::future::pending().await
        }
    }

    #[async_trait]
    impl StoreBackend for Hangs {
        fn capabilities(&self) -> StoreCapabilities {
            let mut as_inner = self.inner.capabilities();
            as_inner.execution = Execution::Runtime;
            as_inner
        }

        async fn get(&self, _: &Key) -> Result<Option<Bytes>> {
            self.hang().await
        }

        async fn put(&self, _: &Key, _: Payload, _: PutMode<'_>) -> Result<PutOutcome> {
            self.hang().await
        }

        async fn delete(&self, _: &Key) -> Result<bool> {
            self.hang().await
        }

        fn list<'a>(&'a self, prefix: &Prefix) -> BoxStream<'a, Result<EntryInfo>> {
            match self.after_listings {
                true => self.inner.list(prefix),
                false => Box::pin(Script(VecDeque::from([Poll::Pending]))),
            }
        }

        async fn head(&self, _: &Key) -> Result<Option<EntryInfo>> {
            self.hang().await
        }

        async fn get_range(&self, _: &Key, _: Range<u64>) -> Result<Option<Bytes>> {
            self.hang().await
        }

        async fn delete_prefix(&self, _: &Prefix) -> Result<u64> {
            self.hang().await
        }

        async fn touch(&self, _: &Key) -> Result<bool> {
            self.hang().await
        }

        async fn lease(&self, _: &Key) -> Result<LeaseAttempt> {
            self.hang().await
        }

        fn local_path(&self, _: &Key) -> Option<PathBuf> {
            None
        }
    }

    /// A listing that does as written, and is pending when all is done.
    struct Script(VecDeque<Poll<Option<Result<EntryInfo>>>>);

    impl Stream for Script {
        type Item = Result<EntryInfo>;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            self.0.pop_front().unwrap_or(Poll::Pending)
        }
    }

    fn assert_ended<T: fmt::Debug>(operation: &str, result: Result<T>) {
        let error = result.unwrap_err();
        assert!(error.is_timeout() && error.is_transient(), "{error:?}");
        assert_eq!(error.get("operation"), Some(operation));
    }

    #[test]
    fn every_operation_of_a_store_that_hangs_ends() {
        let hangs = Arc::new(Hangs::default());
        let store = TimeoutStore::new(hangs.clone(), Duration::from_millis(1)).unwrap();
        let store = Mounted::new(Arc::new(store));
        let key = Prefix::new("hangs").unwrap().key(&[1; 32]).unwrap();
        block_on(async {
            assert_ended("get", store.get(&key).await);
            assert_ended("get_range", store.get_range(&key, 0..1).await);
            assert_ended("put", store.put(&key, vec![1].into(), false).await);
            assert_ended("delete", store.delete(&key).await);
            assert_ended("list", store.entries(&Prefix::root()).await);
            assert_ended("head", store.head(&key).await);
            assert_ended("list", store.delete_prefix(&Prefix::root()).await);
            assert_ended("touch", store.touch(&key).await);
            assert_ended("lease", store.lease(&key).await);
        });
        assert_eq!(hangs.under_way.load(SeqCst), 0, "what is cut off does not go on");
    }

    #[test]
    fn clearing_ends_when_only_the_listing_was_answered() {
        let hangs = Hangs { after_listings: true, ..Hangs::default() };
        let store = TimeoutStore::new(Arc::new(hangs), Duration::from_millis(1)).unwrap();
        let store = Mounted::new(Arc::new(store));
        assert_ended("delete_prefix", block_on(store.delete_prefix(&Prefix::root())));
    }

    #[test]
    fn each_entry_of_a_listing_has_its_own_time_and_after_an_error_there_are_none() {
        let key = Prefix::new("slow").unwrap().key(&[1; 32]).unwrap();
        let entry = || Poll::Ready(Some(Ok(EntryInfo::new(key.clone(), 1))));
        let script = VecDeque::from([Poll::Pending, entry(), Poll::Pending, entry()]);
        let mut list = BoundedList {
            inner: Some(Box::pin(Script(script))),
            after: Duration::from_secs(3600),
            timer: None,
        };
        let _context = runtime().enter();
        let poll = |list: &mut BoundedList<'_>| {
            Pin::new(list).poll_next(&mut Context::from_waker(Waker::noop()))
        };
        for _ in 0..2 {
            assert!(poll(&mut list).is_pending() && list.timer.is_some());
            assert!(matches!(poll(&mut list), Poll::Ready(Some(Ok(_)))));
            assert!(list.timer.is_none(), "the next one's time begins when it is waited for");
        }
        list.after = Duration::ZERO;
        let mut next = || block_on(poll_fn(|cx| Pin::new(&mut list).poll_next(cx)));
        assert_ended("list", next().unwrap());
        assert!(next().is_none());
    }

    #[test]
    fn what_would_not_be_a_limit_is_refused() {
        let memory = || Arc::new(MemoryStore::new());
        let error = TimeoutStore::new(memory(), Duration::from_secs(1)).unwrap_err();
        assert!(error.message().contains("never awaits"), "{error}");
        let hangs = Arc::new(Hangs::default());
        assert!(TimeoutStore::new(hangs, Duration::ZERO).unwrap_err().is_invalid());
    }
}
