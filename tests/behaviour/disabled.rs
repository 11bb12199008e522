//! A disabled memory is transparent: everything computes, nothing is kept, nobody has to ask.

use larder::{Config, Lookup, MemoizedResult, Memory, MissReason, memoize};

use crate::common::{files, note_run, runs};

#[memoize]
fn triple(n: u64) -> u64 {
    note_run();
    3 * n
}

#[test]
fn every_verb_computes_or_finds_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.memory.enabled = false;
    config.memory.store = dir.path().try_into().unwrap();
    for memory in [Memory::disabled(), Memory::open(config).unwrap()] {
        assert!(!memory.is_enabled());
        assert_eq!(memory.location(), None);
        let function = memory.cache::<triple>();
        assert_eq!(function.call(1).unwrap(), 3);
        assert_eq!(function.call(1).unwrap(), 3);
        assert_eq!(function.with(1).refresh().unwrap(), 3);
        assert_eq!(memory.scope(|| triple(1)), 3);
        assert_eq!(runs(), 4);
        assert_eq!(function.with(1).get().unwrap(), None);
        assert_eq!(function.with(1).lookup().unwrap(), Lookup::Miss(MissReason::Never));
        assert!(!function.with(1).invalidate().unwrap());
        assert!(function.with(1).key().is_err());
        assert_eq!(function.clear().unwrap() + memory.clear().unwrap(), 0);
        assert_eq!(memory.entries().unwrap(), []);
        assert_eq!(memory.get_or_compute("key", || 7).unwrap(), 7);
        let closure = memory.cache_fn("closure", 1, 2, |two, n: &u64| two * n).unwrap();
        assert_eq!(closure.call(&4).unwrap(), 8);
        assert_eq!((closure.get(&4).unwrap(), closure.key(&4).unwrap()), (None, None));
        assert_eq!(runs(), 0);
    }
    assert!(files(dir.path()).is_empty());
}

#[test]
fn a_reference_holds_the_value_and_travels() {
    let memory = Memory::disabled();
    let reference = memory.cache::<triple>().with(5).shelve().unwrap();
    assert_eq!(runs(), 1);
    assert_eq!(reference.key(), None);
    assert_eq!(reference.get().unwrap(), 15);
    assert_eq!(reference.get().unwrap(), 15);
    assert!(!reference.clear().unwrap());
    assert_eq!(runs(), 0);

    let sent = serde_json::to_string(&reference).unwrap();
    let there: MemoizedResult<u64> = serde_json::from_str(&sent).unwrap();
    assert_eq!(there.get().unwrap(), 15);

    let text = reference.to_string();
    let error = text.parse::<MemoizedResult<u64>>().unwrap_err();
    assert!(error.is_invalid() && error.message().contains("store#key"), "{error:?}");
}
