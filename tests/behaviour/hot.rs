//! Results kept decoded in memory.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use larder::store::{FaultStore, MemoryStore, Operation};
use larder::{Limits, Memory, Metadata, memoize};

use crate::common::{count, events_of, faulty, faulty_with, local_with, note_run, runs};

#[memoize(hot)]
fn text(n: u64) -> String {
    note_run();
    format!("{n}")
}

#[memoize(hot)]
fn fallible(n: u64) -> Result<Vec<u64>, std::fmt::Error> {
    note_run();
    if n == 0 { Err(std::fmt::Error) } else { Ok(vec![n]) }
}

static VALID: AtomicBool = AtomicBool::new(true);

fn valid(_: &Metadata) -> bool {
    VALID.load(SeqCst)
}

#[memoize(hot, validate = valid)]
fn validated(n: u64) -> u64 {
    note_run();
    n
}

#[memoize(hot, expires_after = "1ns")]
fn expiring(n: u64) -> u64 {
    note_run();
    n
}

#[memoize(hot)]
async fn later(n: u64) -> u64 {
    note_run();
    n
}

type Act = Box<dyn FnOnce(&Memory)>;

thread_local! {
    /// What happens when a kept result is next looked at, and where.
    static MEANWHILE: RefCell<Option<(Memory, Act)>> = const { RefCell::new(None) };
}

fn meanwhile(_: &Metadata) -> bool {
    if let Some((memory, act)) = MEANWHILE.take() {
        act(&memory);
    }
    true
}

#[memoize(hot, validate = meanwhile)]
fn overtaken(n: u64) -> u64 {
    note_run();
    n
}

#[memoize]
fn around(n: u64) -> usize {
    text(n).len()
}

fn gets(store: &FaultStore) -> u64 {
    store.tally(Operation::Get).calls
}

/// Called until it is hot.
fn warm(memory: &Memory, n: u64) {
    let text = memory.cache::<text>();
    for _ in 0..2 {
        assert_eq!(text.call(n).unwrap(), n.to_string());
    }
}

#[test]
fn a_hot_result_is_taken_without_the_store() {
    let (store, memory) = faulty();
    warm(&memory, 1);
    let (before, text) = (gets(&store), memory.cache::<text>());
    let ((), events) = events_of(|| {
        for _ in 0..5 {
            assert_eq!(text.call(1).unwrap(), "1");
            assert_eq!(text.with(1).get().unwrap().as_deref(), Some("1"));
        }
    });
    assert_eq!(gets(&store), before);
    let stats = memory.stats();
    assert_eq!((stats.hits, stats.hot, stats.computed), (11, 10, 1));
    assert_eq!(count(&events, "larder::hit"), 10);
    assert!(events.iter().filter(|e| e.target == "larder::hit").all(|e| e.fields["hot"] == "true"));
    assert_eq!(store.tally(Operation::Touch).calls, 1, "a hot hit is a use, noted once a minute");
}

#[test]
fn results_and_futures_are_hot_too() {
    let (store, memory) = faulty();
    let (fallible, later) = (memory.cache::<fallible>(), memory.cache::<later>());
    for _ in 0..2 {
        assert_eq!(fallible.call(1).unwrap(), Ok(vec![1]));
        assert_eq!(futures::executor::block_on(later.call(2)).unwrap(), 2);
    }
    let before = gets(&store);
    assert_eq!(fallible.call(1).unwrap(), Ok(vec![1]));
    assert_eq!(futures::executor::block_on(later.call(2)).unwrap(), 2);
    assert_eq!(gets(&store), before);
    runs();
    assert!((0..3).all(|_| fallible.call(0).unwrap().is_err()));
    assert_eq!(runs(), 3, "an error is not kept");
}

/// Makes one result hot, does something, and says whether it is hot still and what ran.
fn after<R>(act: impl FnOnce(&Memory) -> R) -> (bool, u64) {
    let (store, memory) = faulty();
    warm(&memory, 1);
    act(&memory);
    runs();
    let before = gets(&store);
    memory.cache::<text>().call(1).unwrap();
    (gets(&store) == before, u64::from(runs()))
}

#[test]
fn what_this_process_removes_is_not_hot() {
    assert_eq!(after(|_| ()), (true, 0));
    assert_eq!(after(|memory| memory.clear().unwrap()), (false, 1));
    let call = |memory: &Memory| memory.cache::<text>();
    assert_eq!(after(|memory| call(memory).clear().unwrap()), (false, 1));
    assert_eq!(after(|memory| call(memory).with(1).invalidate().unwrap()), (false, 1));
    assert_eq!(after(|memory| call(memory).with(1).refresh().unwrap()), (false, 0));
    let reference = |memory: &Memory| call(memory).with(1).shelve().unwrap();
    assert_eq!(after(|memory| reference(memory).clear().unwrap()), (false, 1));
    let none = Limits { max_items: Some(0), ..Default::default() };
    assert_eq!(after(|memory| memory.reduce_size(none).unwrap()), (false, 1));
    // Another's removal leaves it alone.
    assert_eq!(after(|memory| call(memory).with(2).invalidate().unwrap()), (true, 0));
}

#[test]
fn what_is_removed_while_it_is_read_does_not_become_hot() {
    let acts: [Act; 2] = [
        Box::new(|memory| assert!(memory.cache::<overtaken>().with(1).invalidate().unwrap())),
        Box::new(|memory| assert_eq!(memory.clear().unwrap(), 1)),
    ];
    for act in acts {
        let (_, memory) = faulty();
        let overtaken = memory.cache::<overtaken>();
        overtaken.call(1).unwrap();
        MEANWHILE.set(Some((memory.clone(), act)));
        runs();
        assert_eq!((overtaken.call(1).unwrap(), runs()), (1, 0), "what was read is right");
        assert!(MEANWHILE.take().is_none());
        assert_eq!((overtaken.call(1).unwrap(), runs()), (1, 1));
    }
}

#[test]
fn a_hot_hit_keeps_its_entry_from_being_the_least_recently_used() {
    let limits = Limits { max_items: Some(20), ..Limits::default() };
    let (_dir, memory) = local_with(|builder| builder.limits(limits));
    warm(&memory, 0);
    for n in 1..100 {
        memory.cache::<text>().call(n).unwrap();
        memory.cache::<text>().call(0).unwrap();
    }
    assert!(memory.close(Duration::from_secs(600)).unwrap());
    assert_eq!(memory.stats().hot, 99);
    assert!(!memory.cache::<text>().with(1).lookup().unwrap().is_hit());
    assert!(memory.cache::<text>().with(0).lookup().unwrap().is_hit());
}

#[test]
fn a_hot_hit_is_what_a_result_was_made_with() {
    let (_, memory) = faulty();
    warm(&memory, 7);
    assert_eq!(memory.scope(|| around(7)), 1);
    assert_eq!(memory.stats().hot, 1);
    let key = memory.cache::<around>().with(7).key().unwrap();
    let details = memory.inspect(&key).unwrap().unwrap();
    assert_eq!(details.meta.metadata.used, [memory.cache::<text>().with(7).key().unwrap()]);
}

#[test]
fn what_others_remove_is_noticed_when_the_time_is_up() {
    let store = MemoryStore::new();
    let memory = |hot_for| Memory::over(Arc::new(store.clone())).hot_for(hot_for).open().unwrap();
    let (long, none) = (memory(Duration::from_secs(3600)), memory(Duration::ZERO));
    warm(&long, 1);
    warm(&none, 1);
    Memory::over(Arc::new(store.clone())).open().unwrap().clear().unwrap();
    runs();
    none.cache::<text>().call(1).unwrap();
    assert_eq!(runs(), 1);
    // Where it may be hot for an hour that is not noticed, as the documentation says.
    long.cache::<text>().call(1).unwrap();
    assert_eq!((runs(), long.stats().hot), (0, 1));
}

#[test]
fn validation_and_expiry_are_asked_on_every_hot_hit() {
    let (_, memory) = faulty();
    let (validated, expiring) = (memory.cache::<validated>(), memory.cache::<expiring>());
    runs();
    for _ in 0..4 {
        validated.call(1).unwrap();
    }
    assert_eq!((runs(), memory.stats().hot), (1, 2));
    VALID.store(false, SeqCst);
    validated.call(1).unwrap();
    VALID.store(true, SeqCst);
    assert_eq!(runs(), 1);
    for _ in 0..3 {
        expiring.call(1).unwrap();
    }
    assert_eq!(runs(), 3);
}

#[test]
fn room_is_bounded_and_may_be_none() {
    let hot_after = |bytes: u64, results: u64| {
        let (_, memory) = faulty_with(|builder| builder.hot_bytes(bytes));
        for _ in 0..3 {
            (0..results).for_each(|n| drop(memory.cache::<text>().call(n).unwrap()));
        }
        memory.stats().hot
    };
    assert_eq!(hot_after(0, 10), 0);
    assert_eq!(hot_after(1 << 20, 10), 10);
    let crowded = hot_after(64 << 10, 1000);
    assert!(crowded < 500, "{crowded} of results of some 400 bytes each in 64 KiB");
}
