//! Every layer, over stores in memory and stores that await.

use std::sync::Arc;
use std::time::Duration;

use larder_conformance::StoreSuite;
use larder_core::store::{
    Execution, LeaseScope, MemoryStore, PrefixStore, ReadOnlyStore, SplitStore, StoreBackend,
    StoreCapabilities, TieredStore, TimeoutStore,
};
use larder_core::{MAX_KEY_LEN, Prefix, Result};

use crate::awaiting::Awaiting;

type Inner = Arc<dyn StoreBackend>;

/// What an inner store is made of, place by place.
#[derive(Clone, Copy)]
enum Kind {
    Memory,
    Awaiting,
    Stepped,
}
use Kind::{Awaiting as Far, Memory as Here, Stepped};

impl Kind {
    fn over(self, memory: &MemoryStore) -> Inner {
        let memory = memory.clone();
        match self {
            Here => Arc::new(memory),
            Far => Arc::new(Awaiting { memory, execution: Execution::Runtime }),
            Stepped => Arc::new(Awaiting { memory, execution: Execution::Layered }),
        }
    }
}

pub(crate) fn suites() -> Vec<StoreSuite> {
    let layered = StoreCapabilities::layered();
    let bare = |by: StoreCapabilities| by.lease(LeaseScope::Process).recency().range();
    let all = |by: StoreCapabilities| bare(by).create();
    let tiered = |name, near, far| {
        two(name, all(layered), near, far, |near, far| Ok(TieredStore::new(near, far)))
    };
    let split = |name, small, large| {
        two(name, bare(layered), small, large, |small, large| {
            Ok(SplitStore::new(small, large, 100))
        })
    };
    let prefix = |name, inner| {
        one(name, all(layered), inner, |inner| {
            Ok(PrefixStore::new(inner, Prefix::new("team/weather")?))
        })
        .longest_key(MAX_KEY_LEN - "team/weather/".len())
    };
    let read_only = |name, inner| {
        one(name, layered.range().read_only(), inner, |inner| Ok(ReadOnlyStore::new(inner)))
    };
    let timeout = |name, inner| {
        let hour = Duration::from_secs(3600);
        one(name, all(StoreCapabilities::runtime()), inner, move |inner| {
            TimeoutStore::new(inner, hour)
        })
    };
    vec![
        tiered("tiered", Here, Here),
        tiered("tiered, far awaits", Here, Far),
        tiered("tiered, near awaits", Far, Stepped),
        split("split", Here, Here),
        split("split, large awaits", Here, Far),
        split("split, small awaits", Far, Stepped),
        prefix("prefix", Here),
        prefix("prefix over awaiting", Far),
        read_only("read-only", Here),
        read_only("read-only over awaiting", Far),
        timeout("timeout over awaiting", Far),
        timeout("timeout over stepped", Stepped),
    ]
}

fn one<S: StoreBackend>(
    name: &str,
    must: StoreCapabilities,
    kind: Kind,
    layer: impl Fn(Inner) -> Result<S> + Clone + Send + Sync + 'static,
) -> StoreSuite {
    StoreSuite::new(name, must, move || {
        let (memory, layer) = (MemoryStore::new(), layer.clone());
        Ok(move || layer(kind.over(&memory)))
    })
}

fn two<S: StoreBackend>(
    name: &str,
    must: StoreCapabilities,
    first: Kind,
    second: Kind,
    layer: impl Fn(Inner, Inner) -> Result<S> + Clone + Send + Sync + 'static,
) -> StoreSuite {
    StoreSuite::new(name, must, move || {
        let (one, other, layer) = (MemoryStore::new(), MemoryStore::new(), layer.clone());
        Ok(move || layer(first.over(&one), second.over(&other)))
    })
}
