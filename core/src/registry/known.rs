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
    let not_here = NotHere { name, names: &names, optional: &OPTIONAL_PARALLEL };
    not_here.not_compiled_in("parallel backend").unwrap_or_else(|| {
        Error::invalid(format!("no parallel backend is called `{name}`{}", not_here.hint()))
    })
}

pub(super) fn not_found(
    config: &StoreConfig,
    stores: &BTreeMap<String, Arc<StoreFactory>>,
) -> Error {
    let name = config.backend.as_str();
    let names: Vec<&str> = stores.values().flat_map(|factory| factory.names()).collect();
    let not_here = NotHere { name, names: &names, optional: &OPTIONAL };
    if let Some(error) = not_here.not_compiled_in("store backend") {
        return error;
    }
    let mut message = format!("no store backend or scheme is called `{name}`{}", not_here.hint());
    if let Some(location) = config.without_secrets().location
        && !location.contains("://")
    {
        message.push_str(&format!("; a path of that name is written `./{name}:{location}`"));
    }
    Error::invalid(message)
}

/// A name that none of `names` is.
struct NotHere<'n> {
    name: &'n str,
    names: &'n [&'n str],
    optional: &'static [Optional],
}

impl NotHere<'_> {
    fn left_out(&self) -> impl Iterator<Item = &'static Optional> {
        self.optional.iter().filter(|optional| !self.names.contains(&optional.name))
    }

    /// The way out where the backend is one of larder's.
    fn not_compiled_in(&self, kind: &str) -> Option<Error> {
        let name = self.name;
        let optional = self.left_out().find(|o| o.name == name || o.schemes.contains(&name))?;
        Some(Error::invalid(format!(
            "the {kind} `{name}` is not compiled in: add the feature `{}` of crate `larder`, or {} and register it",
            optional.name, optional.package
        )))
    }

    /// What may have been meant, and what there is.
    fn hint(&self) -> String {
        let left_out = self.left_out().map(|optional| optional.name);
        // Of two as near, what is left out is the likelier slip: of the others there are short ones.
        let near = suggest::nearest(self.name, left_out.chain(self.names.iter().copied()));
        match self.left_out().find(|optional| Some(optional.name) == near) {
            Some(Optional { name, .. }) => format!(
                " (did you mean `{name}`? It is not compiled in: feature `{name}` of crate `larder`){}",
                suggest::known(self.names)
            ),
            None => suggest::hint(self.name, self.names),
        }
    }
}
