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
            location.none()?;
            let near = inner.open("near", &options.near)?;
            Ok(TieredStore::new(near, inner.open("far", &options.far)?))
        },
    )
    .about("a layer: a store close by before one far away")
    .option_help("near", "the store that is asked first, and holds copies")
    .option_help("far", "the store that holds everything")
}
