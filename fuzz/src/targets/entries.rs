//! Entries of a store, whoever wrote them.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use futures::executor::block_on;
use larder::compress::Compression;
use larder::store::{MemoryStore, PutMode, PutOutcome, StoreBackend, StoreExt};
use larder::{Array, Key, Memory, Prefix, memoize};

use super::behind;
use crate::same::comes_back;
use crate::seal::Right;

type Value = (String, Array<u8>, Vec<u16>);

#[memoize]
fn kept(n: u64) -> Value {
    (format!("the number {n}"), Array::from(vec![n as u8; 4500]), vec![1, 2, 3])
}

struct Ground {
    memory: Memory,
    store: MemoryStore,
    key: Key,
    genuine: Bytes,
}

static GROUND: LazyLock<Ground> = LazyLock::new(|| {
    let store = MemoryStore::new();
    let memory = Memory::over(Arc::new(store.clone())).open().expect("a memory");
    let function = memory.cache::<kept>();
    function.call(7).expect("it is computed");
    let key = function.with(7).key().expect("a key");
    let genuine = block_on(store.get(&key)).expect("no store fails less").expect("it was kept");
    Ground { memory, store, key, genuine }
});

/// The first byte says what is made right in the rest. Where nothing is, only what larder wrote itself has the right
/// checksums.
pub(crate) fn check(bytes: &[u8]) {
    let [form, rest @ ..] = bytes else { return };
    let Ground { memory, store, key, genuine } = &*GROUND;
    let mut entry = rest.to_vec();
    Right(*form).seal(&mut entry, genuine);
    let put = store.put(key, Bytes::from(entry).into(), PutMode::Replace);
    assert_eq!(block_on(put).expect("no store fails less"), PutOutcome::Written);

    let function = memory.cache::<kept>();
    function.with(7).lookup().expect("damage is a miss");
    match memory.inspect(key) {
        Ok(details) => assert!(details.is_some(), "it is there"),
        Err(error) => assert!(error.is_corrupt() || error.is_decode(), "{error:?}"),
    }
    let _ = memory.version_record(&key.version());
    match function.with(7).get().expect("damage is a miss") {
        // Nobody makes a right checksum by changing bytes.
        Some(value) if *form == 0 => assert_eq!(value, computed()),
        Some(value) => comes_back(&value),
        None => {
            assert_eq!(function.call(7).expect("it is computed"), computed());
            let kept = function.with(7).get().expect("no store fails less");
            assert_eq!(kept, Some(computed()), "the entry was not replaced");
        }
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let ground = &*GROUND;
    let small: Value = ("small".to_owned(), Array::from(vec![1, 2]), vec![]);
    let memory = Memory::over(Arc::new(ground.store.clone())).compress(zlib()).open();
    let memory = memory.expect("a memory");
    memory.get_or_compute("small", || small.clone()).expect("it is computed");
    let entries = block_on(ground.store.entries(&Prefix::root())).expect("no store fails less");
    let small = entries.iter().min_by_key(|entry| entry.size).expect("there are some");
    let small = block_on(ground.store.get(&small.key)).expect("no store fails less");
    [behind(0, [&ground.genuine]), behind(31, [&ground.genuine]), behind(31, small)].concat()
}

fn zlib() -> Compression {
    "zlib".parse().expect("it is a setting")
}

fn computed() -> Value {
    Memory::disabled().cache::<kept>().call(7).expect("it is computed")
}
