//! How the stores of one backend are opened.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::help::{OptionInfo, Strays, options_of};
use super::{InnerStores, Location, Registry};
use crate::store::StoreBackend;
use crate::store_config::{StoreConfig, is_name};
use crate::{Error, Result};

type Open =
    dyn Fn(&InnerStores<'_>, Location, &StoreConfig) -> Result<Arc<dyn StoreBackend>> + Send + Sync;

/// A backend as the [`Registry`](super::Registry) holds it: its name, how a store of it is opened, and what it says
/// of itself.
///
/// ```
/// # use larder_core::{Location, StoreFactory, store::StoreBackend};
/// # #[derive(serde::Deserialize)] struct Options { #[expect(dead_code)] region: Option<String> }
/// # fn factory<S: StoreBackend>(open: fn(Location, Options) -> larder_core::Result<S>) -> StoreFactory {
/// StoreFactory::new("bucket", open)
///     .schemes(["s3", "gs"])
///     .about("objects in a bucket")
///     .option_help("region", "where the bucket is; the provider's default otherwise")
/// # }
/// ```
pub struct StoreFactory {
    info: StoreInfo,
    strays: Strays,
    open: Box<Open>,
}

/// What a backend says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreInfo {
    /// The name it is registered under.
    pub name: String,
    /// The URL schemes it opens.
    pub schemes: Vec<String>,
    /// One line on what it is.
    pub about: String,
    /// The options it takes, in the order of its struct.
    pub options: Vec<OptionInfo>,
}

impl StoreFactory {
    /// The backend `name`, whose stores are opened by `open` from a location and a struct of options. The names of the
    /// options are learnt from the struct.
    pub fn new<S, O>(
        name: impl Into<String>,
        open: impl Fn(Location, O) -> Result<S> + Send + Sync + 'static,
    ) -> Self
    where
        S: StoreBackend,
        O: DeserializeOwned,
    {
        Self::layer(name, move |_: &InnerStores<'_>, location, options| open(location, options))
    }

    /// A backend that is made of others: fields of its options are [`StoreConfig`]s, and `open` gets the means to open
    /// them.
    ///
    /// ```
    /// use larder_core::store::{FaultStore, StoreBackend};
    /// use larder_core::{InnerStores, Location, Registry, StoreConfig, StoreFactory};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Options {
    ///     store: StoreConfig,
    /// }
    ///
    /// let factory = StoreFactory::layer("counting", |inner: &InnerStores<'_>, _: Location, options: Options| {
    ///     Ok(FaultStore::new(inner.open("store", &options.store)?))
    /// });
    /// let registry = Registry::new();
    /// registry.register(factory)?;
    /// assert!(registry.open_store(&"counting:?store=memory:".parse()?).is_ok());
    /// # Ok::<(), larder_core::Error>(())
    /// ```
    pub fn layer<S, O>(
        name: impl Into<String>,
        open: impl Fn(&InnerStores<'_>, Location, O) -> Result<S> + Send + Sync + 'static,
    ) -> Self
    where
        S: StoreBackend,
        O: DeserializeOwned,
    {
        Self {
            info: StoreInfo {
                name: name.into(),
                schemes: Vec::new(),
                about: String::new(),
                options: options_of::<O>(),
            },
            strays: Strays::default(),
            open: Box::new(move |inner, location, config| {
                Ok(Arc::new(open(inner, location, config.options()?)?) as Arc<dyn StoreBackend>)
            }),
        }
    }

    /// Adds URL schemes. A URL of one of these reaches the backend whole, as its location. Of `name://rest`, where
    /// `name` is no scheme but the backend's own name, only `rest` does.
    #[must_use]
    pub fn schemes<T: Into<String>>(mut self, schemes: impl IntoIterator<Item = T>) -> Self {
        self.info.schemes.extend(schemes.into_iter().map(Into::into));
        self
    }

    /// Says in a line what the backend is.
    #[must_use]
    pub fn about(mut self, about: impl Into<String>) -> Self {
        self.info.about = about.into();
        self
    }

    /// Says what an option does and what is allowed.
    #[must_use]
    pub fn option_help(mut self, name: &str, help: impl Into<String>) -> Self {
        self.strays.explain(&mut self.info.options, name, help.into());
        self
    }

    /// The name it is registered under.
    pub fn name(&self) -> &str {
        &self.info.name
    }

    pub(super) fn info(&self) -> StoreInfo {
        self.info.clone()
    }

    pub(super) fn has_scheme(&self, scheme: &str) -> bool {
        self.info.schemes.iter().any(|own| own == scheme)
    }

    /// Everything it is found by.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name()).chain(self.info.schemes.iter().map(String::as_str))
    }

    /// The store, and a description of it that holds from any directory.
    pub(super) fn open(
        &self,
        config: &StoreConfig,
        registry: &Registry,
        must_exist: bool,
        depth: usize,
    ) -> Result<(Arc<dyn StoreBackend>, StoreConfig)> {
        let (location, inner) =
            (Location::of(config, must_exist), InnerStores::new(registry, must_exist, depth));
        let store = (self.open)(&inner, location.clone(), config)?;
        let mut anywhere = location.absolute(config);
        anywhere.options.extend(inner.described());
        Ok((store, anywhere))
    }

    pub(super) fn check(&self) -> Result<()> {
        if let Some(name) = self.names().find(|name| !is_name(name)) {
            return Err(Error::invalid(format!(
                "`{name}` cannot be the name or scheme of a backend: at least two of `a-z0-9+-._`, a letter first"
            )));
        }
        self.strays.check(self.name(), &self.info.options)
    }
}

impl fmt::Debug for StoreFactory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StoreFactory").field(&self.info).finish()
    }
}
