//! The way out when a backend is not there.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{ParallelFactory, StoreFactory};
use crate::store_config::StoreConfig;
use crate::{Error, suggest};

/// A backend of larder's that a program may have left out.
struct Optional {
    /// The backend's name, and that of the facade's feature that brings it.
    name: &'static str,
    schemes: &'static [&'static str],
    /// Where it lives, as one adds it without the facade.
    package: &'static str,
}

const OPTIONAL: [Optional; 7] = [
    Optional { name: "local", schemes: &["file"], package: "crate `larder-local`" },
    Optional { name: "sqlite", schemes: &[], package: "crate `larder-sqlite`" },
    Optional {
        name: "s3",
        schemes: &["s3a"],
        package: "crate `larder-object-store` with its feature `s3`",
    },
    Optional {
        name: "gcs",
        schemes: &["gs"],
        package: "crate `larder-object-store` with its feature `gcs`",
    },
    Optional {
        name: "azure",
        schemes: &["az", "adl", "abfs", "abfss"],
        package: "crate `larder-object-store` with its feature `azure`",
    },
    Optional {
        name: "http",
        schemes: &["https"],
        package: "crate `larder-object-store` with its feature `http`",
    },
    Optional { name: "object-store", schemes: &[], package: "crate `larder-object-store`" },
];

const OPTIONAL_PARALLEL: [Optional; 3] = [
    Optional { name: "threading", schemes: &["threads"], package: "crate `larder-threading`" },
    Optional {
        name: "process",
        schemes: &["loky", "multiprocessing", "processes"],
        package: "crate `larder-process`",
    },
    Optional { name: "dask", schemes: &["distributed"], package: "crate `larder-dask`" },
];

pub(super) fn parallel_not_found<'f>(
    name: &str,
    factories: impl Iterator<Item = &'f Arc<ParallelFactory>>,
) -> Error {
    let names: Vec<&str> = factories.flat_map(|factory| factory.names()).collect();
    let mut left_out = OPTIONAL_PARALLEL.iter().filter(|optional| !names.contains(&optional.name));
    if let Some(optional) = left_out.clone().find(|o| o.name == name || o.schemes.contains(&name)) {
        return Error::invalid(format!(
            "the parallel backend `{name}` is not compiled in: add the feature `{}` of crate `larder`, or {} and register it",
            optional.name, optional.package
        ));
    }
    let mut message = format!("no parallel backend is called `{name}`");
    let near = suggest::nearest(name, names.iter().copied());
    match (near, left_out.find(|o| suggest::nearest(name, [o.name]).is_some())) {
        (None, Some(optional)) => message.push_str(&format!(
            " (did you mean `{0}`? It is not compiled in: feature `{0}` of crate `larder`), known: {1}",
            optional.name,
            suggest::quoted(&names),
        )),
        _ => message.push_str(&suggest::hint(name, &names)),
    }
    Error::invalid(message)
}

pub(super) fn not_found(
    config: &StoreConfig,
    stores: &BTreeMap<String, Arc<StoreFactory>>,
) -> Error {
    let name = config.backend.as_str();
    let compiled_in = |optional: &Optional| stores.contains_key(optional.name);
    let mut left_out = OPTIONAL.iter().filter(|optional| !compiled_in(optional));
    if let Some(optional) = left_out.clone().find(|o| o.name == name || o.schemes.contains(&name)) {
        return Error::invalid(format!(
            "the store backend `{name}` is not compiled in: add the feature `{}` of crate `larder`, or {} and register it",
            optional.name, optional.package
        ));
    }

    let names: Vec<&str> = stores.values().flat_map(|factory| factory.names()).collect();
    let mut message = format!("no store backend or scheme is called `{name}`");
    let optional = left_out.clone().map(|optional| optional.name);
    // Of two as near, what is left out is the likelier slip: of the others there are short ones.
    let near = suggest::nearest(name, optional.chain(names.iter().copied()));
    match left_out.find(|optional| Some(optional.name) == near) {
        Some(optional) => message.push_str(&format!(
            " (did you mean `{0}`? It is not compiled in: feature `{0}` of crate `larder`), known: {1}",
            optional.name,
            if names.is_empty() { "none".to_owned() } else { suggest::quoted(&names) },
        )),
        None => message.push_str(&suggest::hint(name, &names)),
    }
    if let Some(location) = config.without_secrets().location
        && !location.contains("://")
    {
        message.push_str(&format!("; a path of that name is written `./{name}:{location}`"));
    }
    Error::invalid(message)
}
