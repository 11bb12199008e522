//! What lies in the place of an entry in a bucket: values, leases, ways to values; and the notes of last uses.

use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use larder::store::{PutMode, PutOutcome, StoreBackend};
use larder::{Key, Prefix};
use larder_object_store::ObjectStoreBackend;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use super::behind;

const MAGIC: &[u8] = b"larder-in-place";

/// The rest of the input lies in the place of an entry; with an odd first byte, it is somebody's notes of last uses.
pub(crate) fn check(bytes: &[u8]) {
    let [form, rest @ ..] = bytes else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime").block_on(read(form & 1 != 0, Bytes::copy_from_slice(rest)));
}

async fn read(noted: bool, bytes: Bytes) {
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let store = ObjectStoreBackend::new(Arc::clone(&objects), "").expect("no prefix is one");
    let key = Key::new(&format!("app/f/0123/{}", "5a".repeat(32))).expect("a key");
    let genuine = Bytes::from_static(b"a value");
    let place = match noted {
        true => format!(".larder/recency/{}", "5a".repeat(16)),
        false => key.to_string(),
    };
    if noted {
        put(&store, &key, &genuine).await;
    }
    if let Some(nonce) = bytes.get(48..64) {
        // What it points to may even be there.
        let nonce: String = nonce.iter().map(|byte| format!("{byte:02x}")).collect();
        let side = Path::from(format!("{key}.{nonce}"));
        objects.put(&side, genuine.clone().into()).await.expect("memory takes it");
    }
    objects.put(&Path::from(place), bytes.clone().into()).await.expect("memory takes it");

    let infos: Vec<_> = store.list(&Prefix::root()).collect().await;
    let got = store.get(&key).await;
    let head = store.head(&key).await;
    if noted {
        assert_eq!(got.expect("a value"), Some(genuine.clone()), "notes are no values");
        let info = infos.into_iter().map(|info| info.expect("an entry")).collect::<Vec<_>>();
        assert_eq!(info.len(), 1, "notes are no entries");
    } else if !bytes.starts_with(MAGIC) || ![48, 72].contains(&bytes.len()) {
        assert_eq!(got.expect("a value"), Some(bytes.clone()), "a value is a value");
        assert_eq!(head.expect("an entry").map(|info| info.size), Some(bytes.len() as u64));
    } else if let Ok(Some(value)) = got {
        // Whoever forges a placeholder can point to a part of what was put, and to nothing else.
        assert!(value == bytes || genuine.starts_with(&value), "a placeholder became {value:?}");
    }
    // Who is told that somebody computes does not wait for one who never was.
    drop(store.lease(&key).await);
    put(&store, &key, &genuine).await;
    assert_eq!(store.get(&key).await.expect("a value"), Some(genuine), "a put was lost");
    assert!(store.delete(&key).await.expect("a removal"));
    assert_eq!(store.get(&key).await.expect("an answer"), None, "a removal was lost");
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let (holder, nonce) = ([7; 16], [9; 16]);
    let numbers = [&1u64.to_le_bytes()[..], &30_000u64.to_le_bytes()].concat();
    let bare = |kind: u8| [MAGIC, &[kind], &holder, &numbers].concat();
    let beside = |kind: u8, size: u64| [&bare(kind)[..], &nonce, &size.to_le_bytes()].concat();
    let notes = format!("1700000000 app/f/0123/{}\n1 app/{}\n", "5a".repeat(32), "0".repeat(64));
    let places = [
        bare(b'l'),
        bare(b'e'),
        bare(b'a'),
        beside(b'l', 7),
        beside(b'p', 7),
        beside(b'p', u64::MAX >> 1),
        b"a value".to_vec(),
    ];
    [behind(0, places), behind(1, [notes])].concat()
}

async fn put(store: &ObjectStoreBackend, key: &Key, value: &Bytes) {
    let put = store.put(key, value.clone().into(), PutMode::Replace).await;
    assert_eq!(put.expect("memory takes it"), PutOutcome::Written);
}
