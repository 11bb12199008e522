//! What opening a service has in common, whichever it is.

use std::sync::Arc;

use larder_core::{Error, Location, Result, StoreConfig};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreScheme};
use url::Url;

use crate::options::{Abilities, ObjectStoreOptions};
use crate::secrets::{Secrets, is_secret};
use crate::store::ObjectStoreBackend;

/// The URL of a bucket, and the prefix in it.
pub(crate) struct Address {
    pub(crate) url: Url,
    pub(crate) prefix: Path,
    /// Fit to be shown.
    name: String,
}

impl Address {
    /// Reads a location that must be a URL of the kind `scheme`; `example` is one.
    pub(crate) fn of(
        location: &Location,
        is_kind: impl Fn(&ObjectStoreScheme) -> bool,
        example: &str,
    ) -> Result<Self> {
        let text = location.required()?;
        let wanted = || location.invalid(&format!("it must be a URL such as `{example}`"));
        let url = Url::parse(text).map_err(|_| wanted())?;
        let (scheme, prefix) = ObjectStoreScheme::parse(&url).map_err(|_| wanted())?;
        if !is_kind(&scheme) {
            return Err(wanted());
        }
        let shown = StoreConfig::new(url.scheme()).at(text).without_secrets().location;
        Ok(Self { url, prefix, name: shown.unwrap_or_default() })
    }

    /// The options, and what is secret of them and of the URL.
    pub(crate) fn secrets(&self, given: &[(&'static str, String)]) -> Secrets {
        let options = given.iter().filter(|(name, _)| is_secret(name));
        let password = self.url.password().map(str::to_owned);
        Secrets::new(options.map(|(_, value)| value.clone()).chain(password)).and_environment()
    }

    /// The store there. `endpoint` tells apart what has the same URL.
    pub(crate) fn store(
        self,
        objects: impl ObjectStore,
        endpoint: Option<String>,
        secrets: Secrets,
        abilities: Abilities,
        options: ObjectStoreOptions,
    ) -> ObjectStoreBackend {
        let identity = format!("{} {}", endpoint.unwrap_or_default(), self.url);
        let objects = Arc::new(objects);
        ObjectStoreBackend::open(
            objects,
            self.prefix,
            self.name,
            &identity,
            secrets,
            abilities,
            options,
        )
    }
}

/// An error of crate object_store about options, which says nothing secret.
pub(crate) fn refused(error: &object_store::Error, secrets: &Secrets) -> Error {
    let why =
        std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    Error::invalid(format!("these options do not make a store: {}", secrets.removed_from(why)))
}
