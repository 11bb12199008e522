use super::*;
use crate::ErrorKind;
use crate::runtime::block_on;
use crate::store::{Fault, FaultStore, MemoryStore, Operation, StoreExt, When};

fn key() -> Key {
    Prefix::new("layers/split").unwrap().key(&[1; 32]).unwrap()
}

struct Sides {
    small: Arc<FaultStore>,
    large: Arc<FaultStore>,
    both: SplitStore,
}

fn sides() -> Sides {
    let store = || Arc::new(FaultStore::new(Arc::new(MemoryStore::new())));
    let (small, large) = (store(), store());
    Sides { both: SplitStore::new(small.clone(), large.clone(), 100), small, large }
}

impl Sides {
    fn put(&self, len: usize) -> Result<()> {
        block_on(self.both.replace(&key(), vec![7; len].into()))
    }

    fn len(&self) -> Option<usize> {
        block_on(self.both.get(&key())).unwrap().map(|value| value.len())
    }

    /// On which sides the entry is.
    fn held(&self) -> (bool, bool) {
        let held = |store: &FaultStore| block_on(store.head(&key())).unwrap().is_some();
        (held(&self.small), held(&self.large))
    }
}

#[test]
fn a_value_is_on_the_side_for_its_size() {
    let sides = sides();
    for (len, held) in [(99, (true, false)), (100, (false, true)), (5, (true, false))] {
        sides.put(len).unwrap();
        assert_eq!((sides.len(), sides.held()), (Some(len), held));
        let listed = block_on(sides.both.entries(&Prefix::root())).unwrap();
        assert_eq!(listed.iter().map(|entry| entry.size).collect::<Vec<_>>(), [len as u64]);
    }
    assert!(block_on(sides.both.delete(&key())).unwrap());
    assert_eq!((sides.len(), sides.held()), (None, (false, false)));
}

#[test]
fn a_failure_between_the_sides_leaves_what_was() {
    let sides = sides();
    sides.put(5).unwrap();
    sides.large.inject(When::Each(Operation::Put), Fault::Fail(ErrorKind::StorageFull));
    assert!(sides.put(200).is_err());
    assert_eq!((sides.len(), sides.held()), (Some(5), (true, false)));
    sides.large.heal();
    // The large value is written first; as long as the small one is there it is the one that counts.
    sides.small.inject(When::Each(Operation::Delete), Fault::Fail(ErrorKind::Io));
    assert!(sides.put(200).is_err());
    assert_eq!((sides.len(), sides.held()), (Some(5), (true, true)));
    sides.small.heal();
    let listed = block_on(sides.both.entries(&Prefix::root())).unwrap();
    assert_eq!(listed.len(), 1, "one entry, whatever is hidden");
    assert!(block_on(sides.both.delete(&key())).unwrap());
    assert_eq!(sides.len(), None, "nothing comes up from behind");
}

#[test]
fn the_rest_of_a_replaced_large_value_costs_only_room() {
    let sides = sides();
    sides.put(200).unwrap();
    sides.large.inject(When::Each(Operation::Delete), Fault::Fail(ErrorKind::Io));
    sides.put(5).unwrap();
    assert_eq!((sides.len(), sides.held()), (Some(5), (true, true)));
}

#[test]
fn creation_that_two_stores_cannot_decide_is_refused() {
    let sides = sides();
    let key = key();
    let create = sides.both.put(&key, vec![1].into(), PutMode::Create);
    assert!(block_on(create).unwrap_err().is_unsupported());
    assert_eq!(sides.len(), None);
}
