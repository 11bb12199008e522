//! The published suite over the SQLite store: as it is, with values cut into tiny rows, and with one connection.

use std::process::ExitCode;

use larder_conformance::StoreSuite;
use larder_core::store::{LeaseScope, StoreCapabilities};
use larder_sqlite::{SqliteOptions, SqliteStore, Synchronous};

fn main() -> ExitCode {
    let must = StoreCapabilities::inline().persistent().create().recency().range();
    let must = if cfg!(target_os = "linux") { must.lease(LeaseScope::Host) } else { must };
    let suite = |name: &'static str, options: SqliteOptions| {
        StoreSuite::new(name, must, move || {
            let dir = tempfile::tempdir()?;
            let options = options.clone();
            Ok(move || SqliteStore::with_options(dir.path().join("a.db"), options.clone()))
        })
    };
    let options = SqliteOptions::default();
    larder_conformance::main([
        suite("sqlite", options.clone()),
        suite("sqlite, in rows of 1000 bytes", options.clone().chunk_size(1000)),
        suite(
            "sqlite, durable, one connection",
            options.synchronous(Synchronous::Full).connections(1).cache_size(0),
        ),
    ])
}
