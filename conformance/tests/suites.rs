//! The suite over the stores of larder-core, over a layer, over a store that awaits, over a store of a third party.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use larder_conformance::{StorePlace, StoreSuite};
use larder_core::Result;
use larder_core::store::{
    Fault, FaultStore, LeaseScope, MemoryStore, StoreBackend, StoreCapabilities, When,
};

#[path = "third_party/store.rs"]
mod third_party;

#[path = "suites/awaiting.rs"]
mod awaiting;

fn main() -> ExitCode {
    let memory = StoreCapabilities::inline().create().lease(LeaseScope::Process).recency().range();
    let awaiting = StoreCapabilities::runtime().create().lease(LeaseScope::Process).recency();
    larder_conformance::main([
        StoreSuite::new("memory", memory, || {
            let memory = MemoryStore::new();
            Ok(move || Ok(memory.clone()))
        }),
        StoreSuite::new("fault", memory, || layered(|memory| Arc::new(memory), |_| {})),
        StoreSuite::new("awaiting", awaiting, || {
            let memory = MemoryStore::new();
            Ok(move || Ok(awaiting::Awaiting(memory.clone())))
        }),
        StoreSuite::new("fault over awaiting", awaiting, || {
            let a_little = Fault::Delay(Duration::from_micros(1));
            layered(|m| Arc::new(awaiting::Awaiting(m)), move |s| s.inject(When::Always, a_little))
        }),
        StoreSuite::new("third party", StoreCapabilities::inline().persistent(), || {
            let dir = tempfile::tempdir()?;
            Ok(move || Ok(third_party::Directory(dir.path().to_owned())))
        }),
    ])
}

/// A place in memory, seen through a store over it and the fault layer over that.
fn layered(
    below: impl Fn(MemoryStore) -> Arc<dyn StoreBackend> + Send + Sync + 'static,
    prepare: impl Fn(&FaultStore) + Send + Sync + 'static,
) -> Result<impl StorePlace> {
    let memory = MemoryStore::new();
    Ok(move || {
        let store = FaultStore::new(below(memory.clone()));
        prepare(&store);
        Ok(store)
    })
}
