//! The published suite over the local store: read, and mapped.

use std::process::ExitCode;

use larder_conformance::StoreSuite;
use larder_core::store::{LeaseScope, StoreCapabilities};
use larder_local::{Durability, LocalOptions, LocalStore};

fn main() -> ExitCode {
    let must = StoreCapabilities::inline().persistent().create().recency().range().local_path();
    let must = if cfg!(target_os = "linux") { must.lease(LeaseScope::Host) } else { must };
    let suite = |name: &'static str, options: LocalOptions| {
        StoreSuite::new(name, must, move || {
            let dir = tempfile::tempdir()?;
            let options = options.clone();
            Ok(move || LocalStore::with_options(dir.path(), options.clone()))
        })
        .throttles_touch()
    };
    larder_conformance::main([
        suite("local", LocalOptions::default()),
        suite("local, mapped", LocalOptions::default().map_from(1)),
        suite("local, durable", LocalOptions::default().durability(Durability::Full)),
    ])
}
