//! One thread of a process: the functions it calls, and the journal it keeps of that.

use std::cell::RefCell;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use anyhow::Result;
use larder::{CachedFn, Memory};

use crate::journal::{Event, Journal};
use crate::value::Value;

/// How many processes play.
pub(crate) const SLOTS: usize = 4;
/// How many keys each process has to itself, in each version.
pub(crate) const OWN: u64 = 6;
/// The versions of each function that are around.
pub(crate) const VERSIONS: u64 = 2;

thread_local! {
    /// What the bodies of functions write to: they may capture nothing.
    static JOURNAL: RefCell<Option<Journal>> = const { RefCell::new(None) };
}

pub(crate) fn begin_journal(path: &Path, gives_up: bool) -> Result<()> {
    let mut journal = Journal::open(path)?;
    journal.note(&Event::Start { gives_up });
    JOURNAL.set(Some(journal));
    Ok(())
}

pub(crate) fn note(event: Event) {
    JOURNAL.with_borrow_mut(|journal| journal.as_mut().expect("it was begun").note(&event));
}

/// What stands for all functions: it says when it runs, and takes a little while.
fn compute(key: &str) -> Value {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let generation = u64::from(std::process::id()) << 32 | COUNT.fetch_add(1, Relaxed);
    note(Event::Begin(key.to_owned(), generation));
    let millis = fastrand::u64(..4) * if fastrand::u8(..32) == 0 { 8 } else { 1 };
    std::thread::sleep(Duration::from_millis(millis));
    note(Event::End(key.to_owned(), generation));
    Value::new(key, generation)
}

/// What it calls: from keys to values.
type Function<F> = CachedFn<(), str, Value, F>;

/// A function in one of its versions. `own` are those of keys that only one process computes, `shared` all others.
pub(crate) fn function(
    memory: &Memory,
    name: &str,
    version: u64,
) -> larder::Result<Function<impl Fn(&(), &str) -> Value + use<>>> {
    memory.cache_fn(name, version, (), |(), key: &str| compute(key))
}

/// The function that a key is one of, by the key's name: `o.<version>.<slot>.<n>` or `s.<version>.<n>`.
pub(crate) fn function_of(
    memory: &Memory,
    key: &str,
) -> larder::Result<Function<impl Fn(&(), &str) -> Value + use<>>> {
    let name = if key.starts_with('o') { "own" } else { "shared" };
    let version = key.split('.').nth(1).and_then(|it| it.parse().ok()).unwrap_or_default();
    function(memory, name, version)
}

/// Every key that `slot` has to itself.
pub(crate) fn own_keys(slot: usize) -> impl Iterator<Item = String> {
    (0..VERSIONS).flat_map(move |version| (0..OWN).map(move |n| format!("o.{version}.{slot}.{n}")))
}
