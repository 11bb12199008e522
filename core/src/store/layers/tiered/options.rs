//! The layer by name.

use serde::Deserialize;

use super::TieredStore;
use crate::{InnerStores, Location, StoreConfig, StoreFactory};

#[derive(Deserialize)]
struct Options {
    near: StoreConfig,
    far: StoreConfig,
}

pub(in super::super) fn factory() -> StoreFactory {
    StoreFactory::layer(
        "tiered",
        |inner: &InnerStores<'_>, location: Location, options: Options| {
            let only_looked_into = location.must_exist();
            location.none()?;
            let near = inner.open("near", &options.near)?;
            let store = TieredStore::new(near, inner.open("far", &options.far)?);
            Ok(if only_looked_into { store.without_promotion() } else { store })
        },
    )
    .about("a layer: a store close by before one far away")
    .option_help("near", "the store that is asked first, and holds copies")
    .option_help("far", "the store that holds everything")
}
