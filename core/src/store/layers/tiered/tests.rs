use std::sync::OnceLock;

use super::super::ReadOnlyStore;
use super::*;
use crate::ErrorKind;
use crate::runtime::block_on;
use crate::store::{Fault, FaultStore, LeaseScope, MemoryStore, Operation, StoreExt, When};

fn key(n: u8) -> Key {
    Prefix::new("layers/tiered").unwrap().key(&[n; 32]).unwrap()
}

fn value(fill: u8) -> Payload {
    vec![fill; 3].into()
}

struct Tiers {
    near: Arc<FaultStore>,
    far: Arc<FaultStore>,
    both: TieredStore,
}

fn tiers() -> Tiers {
    let store = || Arc::new(FaultStore::new(Arc::new(MemoryStore::new())));
    let (near, far) = (store(), store());
    Tiers { both: TieredStore::new(near.clone(), far.clone()), near, far }
}

impl Tiers {
    fn get(&self, n: u8) -> Option<u8> {
        block_on(self.both.get(&key(n))).unwrap().map(|value| value[0])
    }

    fn put(&self, n: u8, fill: u8) {
        block_on(self.both.replace(&key(n), value(fill))).unwrap();
    }

    fn break_near(&self) {
        self.near.inject(When::Always, Fault::Fail(ErrorKind::Io));
    }
}

fn held(store: &FaultStore, n: u8) -> Option<u8> {
    block_on(store.get(&key(n))).unwrap().map(|value| value[0])
}

#[test]
fn compacting_reaches_every_side_that_can_be_written_and_no_other() {
    let tiers = tiers();
    let compacted = |store: &FaultStore| store.tally(Operation::Compact).calls;
    block_on(tiers.both.compact()).unwrap();
    assert_eq!((compacted(&tiers.near), compacted(&tiers.far)), (1, 1));
    tiers.break_near();
    block_on(tiers.both.compact()).expect("a near side that fails hides nothing");
    assert_eq!(compacted(&tiers.far), 2);
    tiers.near.heal();
    let look = || Arc::new(ReadOnlyStore::new(tiers.far.clone()));
    block_on(TieredStore::new(tiers.near.clone(), look()).compact()).unwrap();
    assert!(block_on(look().compact()).unwrap_err().is_unsupported());
    let neither = TieredStore::new(look(), look());
    assert!(block_on(neither.compact()).unwrap_err().is_unsupported());
    assert_eq!((compacted(&tiers.near), compacted(&tiers.far)), (3, 2));
}

#[test]
fn a_near_hit_leaves_no_trace_on_the_far_side() {
    let tiers = tiers();
    tiers.put(1, 1);
    let before = tiers.far.total().calls;
    let both = Mounted::new(Arc::new(tiers.both));
    block_on(async {
        for _ in 0..3 {
            assert!(both.get(&key(1)).await.unwrap().is_some());
            assert!(both.get_range(&key(1), 0..2).await.unwrap().is_some());
            assert!(both.head(&key(1)).await.unwrap().is_some());
            assert!(both.touch(&key(1)).await.unwrap());
            both.touch_soon(&key(1));
        }
    });
    assert!(block_on(both.settled(std::time::Duration::from_secs(60))));
    assert_eq!(tiers.far.total().calls, before);
}

#[test]
fn what_far_has_is_copied_to_near_on_its_first_hit() {
    let tiers = tiers();
    block_on(tiers.far.replace(&key(1), value(1))).unwrap();
    assert_eq!(tiers.get(1), Some(1));
    assert_eq!(held(&tiers.near, 1), Some(1));
    let before = tiers.far.total().calls;
    assert_eq!(tiers.get(1), Some(1));
    assert_eq!(tiers.far.total().calls, before);
}

#[test]
fn a_put_is_on_both_sides_or_not_done() {
    let tiers = tiers();
    tiers.put(1, 1);
    assert_eq!((held(&tiers.near, 1), held(&tiers.far, 1)), (Some(1), Some(1)));
    tiers.far.inject(When::Each(Operation::Put), Fault::Fail(ErrorKind::StorageFull));
    let refused = block_on(tiers.both.replace(&key(1), value(2)));
    assert!(refused.unwrap_err().is_storage_full());
    assert_eq!((tiers.get(1), held(&tiers.far, 1)), (Some(1), Some(1)));
    assert!(block_on(tiers.both.replace(&key(2), value(2))).is_err());
    assert_eq!((tiers.get(2), held(&tiers.near, 2)), (None, None));
}

#[test]
fn a_broken_near_side_never_hides_the_far_side() {
    let tiers = tiers();
    tiers.put(1, 1);
    tiers.break_near();
    assert_eq!(tiers.get(1), Some(1));
    tiers.put(1, 2);
    tiers.put(2, 2);
    assert_eq!((tiers.get(1), tiers.get(2)), (Some(2), Some(2)));
    block_on(async {
        let both = &tiers.both;
        assert_eq!(both.entries(&Prefix::root()).await.unwrap().len(), 2);
        assert!(both.head(&key(1)).await.unwrap().is_some());
        assert_eq!(both.get_range(&key(1), 0..2).await.unwrap().unwrap().len(), 2);
        assert!(both.touch(&key(1)).await.unwrap());
        assert!(both.delete(&key(1)).await.unwrap());
        assert_eq!(both.delete_prefix(&Prefix::root()).await.unwrap(), 1);
    });
    assert_eq!((tiers.get(1), tiers.get(2)), (None, None));
}

#[test]
fn what_near_would_go_on_showing_is_an_error() {
    let tiers = tiers();
    tiers.put(1, 1);
    for operation in [Operation::Put, Operation::Delete, Operation::DeletePrefix] {
        tiers.near.inject(When::Each(operation), Fault::Fail(ErrorKind::Io));
    }
    assert!(block_on(tiers.both.replace(&key(1), value(2))).is_err(), "near still says 1");
    assert!(block_on(tiers.both.delete(&key(1))).is_err());
    assert!(block_on(tiers.both.delete_prefix(&Prefix::root())).is_err());
    block_on(tiers.both.replace(&key(2), value(2))).expect("near has nothing of this one");
    assert_eq!(tiers.get(2), Some(2));
}

#[test]
fn over_a_read_only_far_side_near_takes_what_is_new() {
    let (near, shared) = (MemoryStore::new(), MemoryStore::new());
    block_on(shared.replace(&key(1), value(1))).unwrap();
    let far = Arc::new(ReadOnlyStore::new(Arc::new(shared.clone())));
    let both = TieredStore::new(Arc::new(near), far);
    let declared = both.capabilities();
    assert!(!declared.read_only && declared.create);
    assert_eq!(declared.lease, Some(LeaseScope::Process));
    block_on(async {
        both.replace(&key(2), value(2)).await.unwrap();
        assert_eq!(both.put(&key(1), value(9), PutMode::Create).await.unwrap(), PutOutcome::Exists);
        let LeaseAttempt::Acquired(lease) = both.lease(&key(3)).await.unwrap() else {
            panic!("nobody else asked")
        };
        let put = both.put(&key(3), value(3), PutMode::Leased(&lease)).await.unwrap();
        assert_eq!(put, PutOutcome::Written);
        assert_eq!(both.entries(&Prefix::root()).await.unwrap().len(), 3);
        assert_eq!(shared.entries(&Prefix::root()).await.unwrap().len(), 1);
        assert!(both.touch(&key(1)).await.unwrap() && !both.touch(&key(9)).await.unwrap());
        assert!(both.delete(&key(2)).await.unwrap());
        assert!(both.delete(&key(1)).await.unwrap_err().is_unsupported());
        assert!(both.delete_prefix(&Prefix::root()).await.unwrap_err().is_unsupported());
        assert!(both.get(&key(1)).await.unwrap().is_some());
    });
}

/// A far store without leases, which does something else before it answers a `get`.
#[derive(Debug, Default)]
struct Plain {
    store: MemoryStore,
    both: OnceLock<Arc<TieredStore>>,
    refuses: AtomicBool,
}

#[async_trait]
impl StoreBackend for Plain {
    fn capabilities(&self) -> StoreCapabilities {
        StoreCapabilities::inline()
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        let found = self.store.get(key).await;
        if let Some(both) = self.both.get() {
            block_on(both.delete(key))?;
        }
        found
    }

    async fn put(&self, key: &Key, value: Payload, mode: PutMode<'_>) -> Result<PutOutcome> {
        match self.refuses.load(Relaxed) {
            true => Err(Error::new(ErrorKind::StorageFull, "no room")),
            false => self.store.put(key, value, mode).await,
        }
    }

    async fn delete(&self, key: &Key) -> Result<bool> {
        self.store.delete(key).await
    }

    fn list<'a>(&'a self, prefix: &Prefix) -> BoxStream<'a, Result<EntryInfo>> {
        self.store.list(prefix)
    }
}

#[test]
fn a_copy_that_was_overtaken_is_not_kept() {
    let (near, far) = (MemoryStore::new(), Arc::new(Plain::default()));
    block_on(far.store.replace(&key(1), value(1))).unwrap();
    let both = Arc::new(TieredStore::new(Arc::new(near.clone()), far.clone()));
    far.both.set(both.clone()).unwrap();
    // Found, and deleted by somebody else before it arrives.
    assert!(block_on(both.get(&key(1))).unwrap().is_some());
    assert_eq!(block_on(near.get(&key(1))).unwrap(), None);
    assert_eq!(block_on(both.get(&key(1))).unwrap(), None);
}

#[test]
fn a_lease_of_the_near_side_lets_through_to_the_far_side() {
    let (near, far) = (MemoryStore::new(), Arc::new(Plain::default()));
    let both = TieredStore::new(Arc::new(near.clone()), far.clone());
    assert_eq!(both.capabilities().lease, Some(LeaseScope::Process));
    block_on(async {
        let LeaseAttempt::Acquired(lease) = both.lease(&key(1)).await.unwrap() else {
            panic!("nobody else asked")
        };
        let put = |n: u8, key| both.put(key, value(n), PutMode::Leased(&lease));
        let (first, second) = (key(1), key(2));
        assert_eq!(put(2, &second).await.unwrap(), PutOutcome::LeaseLost);
        assert_eq!(put(1, &first).await.unwrap(), PutOutcome::Written);
        assert!(far.store.get(&first).await.unwrap().is_some());
        far.refuses.store(true, Relaxed);
        assert!(put(3, &first).await.unwrap_err().is_storage_full());
        assert_eq!(both.get(&first).await.unwrap().unwrap()[0], 1, "as before");
    });
}
