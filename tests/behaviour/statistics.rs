//! Counters and events tell the same story: every call is a hit or computed, every computation has one reason.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use larder::compress::{Compression, Compressor};
use larder::store::{Fault, Operation, When};
use larder::{ErrorKind, Memory, MissReason, Registry, Stats, memoize};
use proptest::prelude::*;

use crate::common::{Event, count, events_of, faulty, faulty_with, note_run, runs};

#[memoize]
fn bits(n: u8) -> u32 {
    note_run();
    u32::from(n).count_ones()
}

#[memoize(expires_after = Duration::ZERO)]
fn fleeting(n: u8) -> u8 {
    note_run();
    n
}

#[memoize]
fn fallible(n: u8) -> Result<u8, String> {
    note_run();
    n.checked_sub(128).ok_or_else(|| "small".to_owned())
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Call(u8),
    Get(u8),
    Refresh(u8),
    Invalidate(u8),
    Lookup(u8),
    Fleeting(u8),
    Fallible(u8),
    Fault(Operation, Fault),
    Clear,
}

fn act() -> impl Strategy<Value = Act> {
    let few = || 0..4_u8;
    let fault = prop_oneof![
        Just(Fault::Fail(ErrorKind::Io)),
        Just(Fault::FailAfter(ErrorKind::Unavailable)),
        Just(Fault::Torn),
    ];
    let operation = prop_oneof![
        Just(Operation::Get),
        Just(Operation::Put),
        Just(Operation::Lease),
        Just(Operation::Touch),
    ];
    prop_oneof![
        6 => few().prop_map(Act::Call),
        2 => few().prop_map(Act::Get),
        2 => few().prop_map(Act::Refresh),
        2 => few().prop_map(Act::Invalidate),
        1 => few().prop_map(Act::Lookup),
        2 => few().prop_map(Act::Fleeting),
        2 => any::<u8>().prop_map(Act::Fallible),
        2 => (operation, fault).prop_map(|(operation, fault)| Act::Fault(operation, fault)),
        1 => Just(Act::Clear),
    ]
}

/// The reasons that the events of a target give, with how many do.
fn reasons(events: &[Event]) -> BTreeMap<String, u64> {
    let mut reasons = BTreeMap::new();
    for event in events.iter().filter(|event| event.target == "larder::miss") {
        *reasons.entry(event.fields["reason"].clone()).or_default() += 1;
    }
    reasons
}

fn seconds(events: &[Event], target: &str, field: &str) -> f64 {
    let of_target = events.iter().filter(|event| event.target == target);
    of_target.map(|event| event.fields[field].parse::<f64>().unwrap()).sum()
}

fn reconcile(stats: &Stats, events: &[Event]) {
    assert_eq!(stats.calls(), stats.hits + stats.computed);
    assert_eq!(stats.computed, stats.misses_by_reason().map(|(_, count)| count).sum::<u64>());
    assert_eq!(stats.computed, count(events, "larder::computed"));
    assert_eq!(stats.hits, count(events, "larder::hit"));
    let by_reason = stats.misses_by_reason().map(|(reason, n)| (reason.to_string(), n)).collect();
    assert_eq!(reasons(events), by_reason);
    let told =
        events.iter().filter(|e| e.target == "larder::store" && e.fields.contains_key("function"));
    assert_eq!(stats.store_errors, told.count() as u64);
    let close = |sum: Duration, events: f64| (sum.as_secs_f64() - events).abs() < 1e-3;
    assert!(close(stats.time_saved, seconds(events, "larder::hit", "seconds_saved")));
    assert!(close(stats.time_computing, seconds(events, "larder::computed", "seconds")));
}

proptest! {
    #[test]
    fn whatever_happens_they_agree(acts in prop::collection::vec(act(), 1..60)) {
        let (store, memory) = faulty();
        runs();
        let ((), events) = events_of(|| {
            let (bits, fleeting, fallible) =
                (memory.cache::<bits>(), memory.cache::<fleeting>(), memory.cache::<fallible>());
            for act in acts {
                match act {
                    Act::Call(n) => drop(bits.call(n).unwrap()),
                    Act::Get(n) => drop(bits.with(n).get().unwrap()),
                    Act::Refresh(n) => drop(bits.with(n).refresh().unwrap()),
                    Act::Invalidate(n) => drop(bits.with(n).invalidate().unwrap()),
                    Act::Lookup(n) => drop(bits.with(n).lookup().unwrap()),
                    Act::Fleeting(n) => drop(fleeting.call(n).unwrap()),
                    Act::Fallible(n) => drop(fallible.call(n).unwrap()),
                    Act::Clear => drop(bits.clear().unwrap()),
                    Act::Fault(operation, fault) => {
                        let next = store.tally(operation).calls + 1;
                        store.inject(When::NthOf(operation, next), fault);
                    }
                }
            }
        });
        let stats = memory.stats();
        reconcile(&stats, &events);
        prop_assert_eq!(stats.computed, u64::from(runs()));
        let sum: Stats = memory.stats_by_function().into_iter().map(|(_, stats)| stats).sum();
        prop_assert_eq!(sum, stats);
    }
}

#[test]
fn what_was_saved_is_what_it_took() {
    let (_store, memory) = faulty();
    let slow = memory
        .cache_fn("slow", 1, (), |(), n: &u64| {
            // Work of a length that a clock sees.
            (0..100_000).fold(*n, |x, i| std::hint::black_box(x.wrapping_mul(31) ^ i))
        })
        .unwrap();
    slow.call(&1).unwrap();
    let took = slow.stats().time_computing;
    assert!(took > Duration::ZERO);
    for _ in 0..3 {
        slow.call(&1).unwrap();
    }
    let stats = slow.stats();
    assert_eq!(stats.time_saved.as_micros(), 3 * took.as_micros());
    assert_eq!(stats.bytes_read, 3 * stats.bytes_written);
    assert_eq!((stats.stored, stats.waited), (1, 0));
}

#[test]
fn a_damaged_entry_is_told_as_such() {
    let (store, memory) = faulty();
    let function = memory.cache::<bits>();
    store.inject(When::NthOf(Operation::Put, 1), Fault::Torn);
    let ((), events) = events_of(|| {
        for _ in 0..3 {
            function.call(3).unwrap();
        }
    });
    assert_eq!(runs(), 2);
    assert_eq!(function.stats().misses(MissReason::Corrupt), 1);
    let rejected: Vec<_> =
        events.iter().filter(|event| event.target == "larder::rejected").collect();
    assert_eq!(rejected.len(), 1, "told once: {rejected:?}");
    assert_eq!(rejected[0].level, tracing::Level::WARN);
    assert_eq!(rejected[0].fields["reason"], "corrupt");
    assert!(rejected[0].fields["why"].contains("length"), "{rejected:?}");
}

/// A compressor that only this test's memory knows.
#[derive(Debug)]
struct Copy;

impl Compressor for Copy {
    fn name(&self) -> &str {
        "copy"
    }

    fn magic(&self) -> &[u8] {
        b""
    }

    fn extensions(&self) -> &[&str] {
        &[]
    }

    fn levels(&self) -> Option<RangeInclusive<i32>> {
        None
    }

    fn compress(
        &self,
        _: Option<i32>,
        input: &mut dyn Read,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        io::copy(input, output).map(drop)
    }

    fn decompress(&self, input: &mut dyn Read, output: &mut dyn Write) -> io::Result<()> {
        io::copy(input, output).map(drop)
    }
}

#[test]
fn an_unreadable_entry_is_told_once_and_replaced_by_one_caller() {
    let (store, memory) = faulty();
    let registry = Registry::new();
    registry.register_compressor(Copy).unwrap();
    let with_copy = Memory::over(store.clone())
        .registry(Arc::new(registry))
        .compress(Compression::new("copy", None).unwrap());
    with_copy.open().unwrap().cache::<bits>().call(3).unwrap();

    let leases = store.tally(Operation::Lease).calls;
    let (_, events) = events_of(|| memory.cache::<bits>().call(3).unwrap());
    assert_eq!(count(&events, "larder::rejected"), 1, "{events:?}");
    assert_eq!(memory.stats().misses(MissReason::Unreadable), 1);
    assert_eq!(store.tally(Operation::Lease).calls, leases + 1);
    assert_eq!(memory.stats().waited, 0);
    assert_eq!(memory.cache::<bits>().call(3).unwrap(), 2);
    assert_eq!(runs(), 2);
}

/// The levels that joblib's users expect: what is computed from 1, what is loaded from 11.
#[test]
fn verbosity_is_a_level() {
    let told = |verbose: u8| -> Vec<String> {
        let (_store, memory) = faulty_with(|builder| builder.verbose(verbose));
        let ((), events) = events_of(|| call_twice(&memory));
        events
            .into_iter()
            .filter(|event| event.level == tracing::Level::INFO)
            .map(|event| event.target)
            .collect()
    };
    assert!(told(0).is_empty());
    assert_eq!(told(1), ["larder::miss", "larder::computed"]);
    assert_eq!(told(10), told(1));
    assert_eq!(told(11), ["larder::miss", "larder::computed", "larder::hit"]);
}

fn call_twice(memory: &Memory) {
    for _ in 0..2 {
        memory.cache::<bits>().call(1).unwrap();
    }
}
