//! Memories over layered stores.

use std::sync::Arc;
use std::time::Duration;

use larder::store::{FaultStore, MemoryStore, ReadOnlyStore, StoreBackend, TieredStore};
use larder::{Key, MemoizedResult, Memory, memoize};

use crate::common::{count, events_of, note_run, runs};

#[memoize]
fn square(n: u64) -> u64 {
    note_run();
    n * n
}

#[test]
fn a_read_only_store_serves_hits_and_nobody_complains() {
    let store = MemoryStore::new();
    let writer = Memory::over(Arc::new(store.clone())).open().unwrap();
    assert_eq!(writer.cache::<square>().call(3).unwrap(), 9);
    let memory = Memory::over(Arc::new(ReadOnlyStore::new(Arc::new(store)))).open().unwrap();
    let reader = memory.cache::<square>();
    runs();
    let ((), events) = events_of(|| {
        for _ in 0..3 {
            assert_eq!(reader.call(3).unwrap(), 9);
            assert_eq!(reader.call(4).unwrap(), 16);
        }
    });
    assert_eq!(runs(), 3, "what is missing is computed each time");
    assert!(events.iter().all(|event| event.level > tracing::Level::INFO), "{events:?}");
    assert_eq!(count(&events, "larder::store"), 0);
    let stats = memory.stats();
    assert_eq!((stats.hits, stats.computed, stats.stored, stats.store_errors), (3, 3, 0, 0));
    assert!(memory.clear().unwrap_err().is_unsupported());
    assert!(reader.with(3).lookup().unwrap().is_hit());
}

#[test]
fn a_near_hit_never_asks_the_far_side() {
    let far = Arc::new(FaultStore::new(Arc::new(MemoryStore::new())));
    let store = TieredStore::new(Arc::new(MemoryStore::new()), far.clone());
    let memory = Memory::over(Arc::new(store)).open().unwrap();
    let square = memory.cache::<square>();
    square.call(3).unwrap();
    let before = far.total().calls;
    assert!(before > 0);
    for _ in 0..10 {
        assert_eq!(square.call(3).unwrap(), 9);
        assert!(square.with(3).lookup().unwrap().is_hit());
        assert!(square.with(3).shelve().unwrap().key().is_some());
    }
    futures::executor::block_on(async {
        assert_eq!(memory.get_or_compute_async("key", async { 1 }).await.unwrap(), 1);
        let before = far.total().calls;
        assert_eq!(memory.get_or_compute_async("key", async { 2 }).await.unwrap(), 1);
        assert_eq!(far.total().calls, before);
    });
    assert!(memory.close(Duration::from_secs(600)).unwrap());
    let of_the_value = 4; // look, lease, look again, put
    assert_eq!(far.total().calls - before, of_the_value);
}

#[test]
fn layers_are_opened_by_description_and_their_references_travel() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let text = format!(
        "tiered:?near={}&far=prefix:?prefix=team%26store=local:{}?durability=file",
        at("near"),
        at("far")
    );
    let memory = Memory::open(&text).unwrap();
    let shelved = memory.cache::<square>().with(5).shelve().unwrap();
    let reference: MemoizedResult<u64> = shelved.to_string().parse().unwrap();
    std::fs::remove_dir_all(dir.path().join("near")).unwrap();
    assert_eq!(reference.get().unwrap(), 25);
    let key: &Key = reference.key().unwrap();
    let near = larder::local::LocalStore::open(at("near")).unwrap();
    assert!(near.local_path(key).unwrap().exists(), "copied on its way");
    assert!(dir.path().join("far/team").exists());
}
