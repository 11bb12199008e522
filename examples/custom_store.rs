//! A store of one's own: written, proved by the conformance suite, and used by name.
//!
//! ```sh
//! cargo run --example custom_store
//! ```
#![expect(clippy::print_stdout, reason = "a program for people to look at")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use larder::store::{
    BoxStream, EntryInfo, PutMode, PutOutcome, StoreBackend, StoreCapabilities, listing,
};
use larder::{Error, Key, Location, Memory, Payload, Prefix, Registry, Result, memoize};
use larder_conformance::StoreSuite;
use serde::Deserialize;

/// Results of a program's lifetime, in a table of its own, none of them larger than the limit.
#[derive(Debug, Clone)]
struct Table {
    entries: Arc<Mutex<BTreeMap<Key, Bytes>>>,
    largest: usize,
}

/// What its users can say after the `?`.
#[derive(Deserialize)]
struct Options {
    #[serde(default = "unlimited")]
    largest: usize,
}

fn unlimited() -> usize {
    usize::MAX
}

impl Table {
    fn open(_: Location, Options { largest }: Options) -> Result<Self> {
        Ok(Self { entries: Arc::default(), largest })
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<Key, Bytes>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl StoreBackend for Table {
    /// It never waits for anything, and what it cannot do is done without: leases, creation, notes of use.
    fn capabilities(&self) -> StoreCapabilities {
        StoreCapabilities::inline()
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        Ok(self.entries().get(key).cloned())
    }

    async fn put(&self, key: &Key, value: Payload, mode: PutMode<'_>) -> Result<PutOutcome> {
        if !matches!(mode, PutMode::Replace) {
            return Err(Error::unsupported("a table", "conditional puts"));
        }
        let value = value.into_bytes()?;
        if value.len() > self.largest {
            return Err(Error::invalid(format!(
                "{} bytes are more than {}",
                value.len(),
                self.largest
            )));
        }
        self.entries().insert(key.clone(), value);
        Ok(PutOutcome::Written)
    }

    async fn delete(&self, key: &Key) -> Result<bool> {
        Ok(self.entries().remove(key).is_some())
    }

    fn list<'a>(&'a self, prefix: &Prefix) -> BoxStream<'a, Result<EntryInfo>> {
        let entries = self.entries();
        let under = entries.iter().filter(|(key, _)| prefix.contains(key));
        let infos = under.map(|(key, value)| Ok(EntryInfo::new(key.clone(), value.len() as u64)));
        listing(infos.collect::<Vec<_>>())
    }
}

#[memoize]
fn letters(n: usize) -> String {
    "abc".repeat(n)
}

fn main() -> Result<()> {
    // Does it keep what a store promises? In a project this is a test: see docs/writing-a-store.md.
    let suite = StoreSuite::new("table", StoreCapabilities::inline(), || {
        let table = Table { entries: Arc::default(), largest: usize::MAX };
        Ok(move || Ok(table.clone()))
    });
    let report = suite.run();
    println!("keeps its promises: {}", report.is_success());

    // From here on, every configuration of this program may say "table:".
    Registry::global().register_store("table", Table::open)?;
    let memory = Memory::open("table:?largest=1024")?;
    let handle = memory.cache::<letters>();
    for n in [2, 2, 2000, 2000] {
        println!("{} letters, {} hits so far", handle.call(n)?.len(), memory.stats().hits);
    }
    println!("what was too large was computed, and not kept: {} kept", memory.stats().stored);
    Ok(())
}
