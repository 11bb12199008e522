//! What each call asks of the service: that is what one waits and pays for.

mod common;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use common::{key, now};
use futures::stream::BoxStream;
use larder_core::store::{LeaseAttempt, StoreBackend, StoreExt};
use larder_core::{Memory, Prefix};
use larder_object_store::ObjectStoreBackend;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// Counts the requests about entries.
#[derive(Debug, Default)]
struct Counted {
    objects: InMemory,
    requests: AtomicUsize,
}

impl Counted {
    fn note(&self, path: &Path) {
        if !path.as_ref().starts_with(".larder") {
            self.requests.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many there were since this was last asked.
    fn taken(&self) -> usize {
        self.requests.swap(0, Ordering::Relaxed)
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("counted")
    }
}

#[async_trait]
impl ObjectStore for Counted {
    async fn put_opts(&self, at: &Path, bytes: PutPayload, how: PutOptions) -> Result<PutResult> {
        self.note(at);
        self.objects.put_opts(at, bytes, how).await
    }

    async fn put_multipart_opts(
        &self,
        at: &Path,
        how: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.note(at);
        self.objects.put_multipart_opts(at, how).await
    }

    async fn get_opts(&self, at: &Path, how: GetOptions) -> Result<GetResult> {
        self.note(at);
        self.objects.get_opts(at, how).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.objects.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.objects.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.objects.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, how: CopyOptions) -> Result<()> {
        self.note(from);
        self.objects.copy_opts(from, to, how).await
    }
}

#[test]
fn a_hit_is_one_request_and_a_miss_is_four() {
    let counted = Arc::new(Counted::default());
    let store = ObjectStoreBackend::new(counted.clone(), "").unwrap();
    let memory = Memory::over(Arc::new(store)).open().unwrap();
    let call = |n: u32| assert_eq!(memory.get_or_compute(&n, || n * n).unwrap(), n * n);
    call(1);
    counted.taken();
    call(2);
    assert_eq!(counted.taken(), 4, "a miss");
    call(2);
    assert_eq!(counted.taken(), 1, "a hit");
}

#[test]
fn what_stands_in_an_entrys_place_is_asked_for_once() {
    let counted = Arc::new(Counted::default());
    let store = ObjectStoreBackend::new(counted.clone(), "").unwrap();
    let put = |n, value: Vec<u8>| now(store.replace(&key(n), value.into())).unwrap();
    put(1, vec![7; 100]);
    // As long as a placeholder: it lies beside.
    put(2, vec![7; 48]);
    let LeaseAttempt::Acquired(_lease) = now(store.lease(&key(3))).unwrap() else {
        panic!("it is free")
    };
    counted.taken();
    for (n, size, requests) in [(1, Some(100), 1), (2, Some(48), 2), (3, None, 2), (4, None, 1)] {
        let found = now(store.head(&key(n))).unwrap();
        assert_eq!(found.map(|entry| entry.size), size);
        assert_eq!(counted.taken(), requests, "the head of {n}");
    }
    assert_eq!(now(store.entries(&Prefix::root())).unwrap().len(), 2);
    assert_eq!(counted.taken(), 1, "only the pointer has to be read for a listing");
}
