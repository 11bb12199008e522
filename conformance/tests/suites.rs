//! The suite over the stores of larder-core, over stores that await, over every layer, and over a store of a third
//! party.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use larder_conformance::StoreSuite;
use larder_core::store::{
    Execution, Fault, FaultStore, LeaseScope, MemoryStore, StoreCapabilities, When,
};

#[path = "suites/awaiting.rs"]
mod awaiting;
#[path = "suites/layers.rs"]
mod layers;
#[path = "third_party/store.rs"]
mod third_party;

use awaiting::Awaiting;

fn main() -> ExitCode {
    let all = |by: StoreCapabilities| by.create().lease(LeaseScope::Process).recency().range();
    let stores = [
        StoreSuite::new("memory", all(StoreCapabilities::inline()), || {
            let memory = MemoryStore::new();
            Ok(move || Ok(memory.clone()))
        }),
        awaiting("awaiting", all(StoreCapabilities::runtime()), Execution::Runtime),
        awaiting("stepped", all(StoreCapabilities::layered()), Execution::Layered),
        StoreSuite::new("fault over memory", all(StoreCapabilities::inline()), || {
            let memory = MemoryStore::new();
            Ok(move || Ok(FaultStore::new(Arc::new(memory.clone()))))
        }),
        StoreSuite::new("delay over awaiting", all(StoreCapabilities::runtime()), || {
            let memory = MemoryStore::new();
            Ok(move || {
                let (memory, execution) = (memory.clone(), Execution::Runtime);
                let store = FaultStore::new(Arc::new(Awaiting { memory, execution }));
                store.inject(When::Always, Fault::Delay(Duration::from_micros(1)));
                Ok(store)
            })
        }),
        StoreSuite::new("third party", StoreCapabilities::inline().persistent(), || {
            let dir = tempfile::tempdir()?;
            Ok(move || Ok(third_party::Directory(dir.path().to_owned())))
        }),
    ];
    larder_conformance::main(stores.into_iter().chain(layers::suites()))
}

fn awaiting(name: &str, must: StoreCapabilities, execution: Execution) -> StoreSuite {
    StoreSuite::new(name, must, move || {
        let memory = MemoryStore::new();
        Ok(move || Ok(Awaiting { memory: memory.clone(), execution }))
    })
}
