//! The published suite over the local store: read, mapped, and under every layer that takes it.

use std::process::ExitCode;
use std::sync::Arc;

use larder_conformance::StoreSuite;
use larder_core::store::{
    LeaseScope, MemoryStore, PrefixStore, ReadOnlyStore, SplitStore, StoreCapabilities, TieredStore,
};
use larder_core::{MAX_KEY_LEN, Prefix};
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
    };
    larder_conformance::main([
        suite("local", LocalOptions::default()),
        suite("local, mapped", LocalOptions::default().map_from(1)),
        suite("local, durable", LocalOptions::default().durability(Durability::Full)),
        tiered(),
        split(),
        prefix(),
        read_only(),
    ])
}

/// What a layer over files declares.
fn layer(own: StoreCapabilities) -> StoreCapabilities {
    let own = own.persistent().recency().range();
    if cfg!(target_os = "linux") { own.lease(LeaseScope::Host) } else { own }
}

fn tiered() -> StoreSuite {
    let must = layer(StoreCapabilities::layered()).create();
    StoreSuite::new("memory before local", must, || {
        let (near, dir) = (MemoryStore::new(), tempfile::tempdir()?);
        Ok(move || {
            Ok(TieredStore::new(Arc::new(near.clone()), Arc::new(LocalStore::open(dir.path())?)))
        })
    })
}

fn split() -> StoreSuite {
    StoreSuite::new("local beside local", layer(StoreCapabilities::layered()), || {
        let dir = tempfile::tempdir()?;
        let open = |path| LocalStore::open(path).map(Arc::new);
        Ok(move || {
            let (small, large) = (open(dir.path().join("small"))?, open(dir.path().join("large"))?);
            Ok(SplitStore::new(small, large, 100))
        })
    })
}

fn prefix() -> StoreSuite {
    let must = layer(StoreCapabilities::layered()).create().local_path();
    StoreSuite::new("prefix of local", must, || {
        let dir = tempfile::tempdir()?;
        let prefix = Prefix::new("team/weather")?;
        Ok(move || Ok(PrefixStore::new(Arc::new(LocalStore::open(dir.path())?), prefix.clone())))
    })
    .longest_key(MAX_KEY_LEN - "team/weather/".len())
}

fn read_only() -> StoreSuite {
    let must = StoreCapabilities::layered().persistent().range().local_path().read_only();
    StoreSuite::new("read-only local", must, || {
        let dir = tempfile::tempdir()?;
        Ok(move || Ok(ReadOnlyStore::new(Arc::new(LocalStore::open(dir.path())?))))
    })
}
