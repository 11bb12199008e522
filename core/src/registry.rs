//! Backends by name.

mod builtin;
mod factory;
mod help;
mod inner;
mod known;
mod location;
mod parallel;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use serde::de::DeserializeOwned;

pub use self::builtin::Builtin;
pub use self::factory::{StoreFactory, StoreInfo};
pub use self::help::OptionInfo;
pub use self::inner::InnerStores;
pub use self::location::Location;
pub use self::parallel::{ParallelFactory, ParallelInfo};
use crate::codec::{Codec, Codecs};
use crate::compress::{Compressor, Compressors};
use crate::parallel::Sequential;
use crate::store::{MemoryStore, StoreBackend};
use crate::store_config::StoreConfig;
use crate::{Error, Result};

/// What can be asked for by name: stores, parallel backends, codecs and compressors.
///
/// ```
/// use larder_core::{Location, Registry, StoreConfig};
/// # use larder_core::{Key, Payload, Prefix, Result, store::*};
/// # #[derive(Debug)] struct MyStore;
/// # #[async_trait::async_trait]
/// # impl StoreBackend for MyStore {
/// #     fn capabilities(&self) -> StoreCapabilities { StoreCapabilities::inline() }
/// #     async fn get(&self, _: &Key) -> Result<Option<bytes::Bytes>> { Ok(None) }
/// #     async fn put(&self, _: &Key, _: Payload, _: PutMode<'_>) -> Result<PutOutcome> { Ok(PutOutcome::Written) }
/// #     async fn delete(&self, _: &Key) -> Result<bool> { Ok(false) }
/// #     fn list<'a>(&'a self, _: &Prefix) -> BoxStream<'a, Result<EntryInfo>> { unreachable!() }
/// # }
/// #[derive(serde::Deserialize)]
/// struct Options {
///     #[serde(default)]
///     retries: u8,
/// }
///
/// impl MyStore {
///     fn open(location: Location, options: Options) -> larder_core::Result<Self> {
///         let directory = location.path()?;
///         # let _ = (directory, options.retries);
///         # Ok(Self)
///         // …
///     }
/// }
///
/// let registry = Registry::new();
/// registry.register_store("mine", MyStore::open)?;
/// let store = registry.open_store(&"mine:results?retries=3".parse()?)?;
/// assert!(registry.open_store(&"mine:results?retires=3".parse()?).is_err());
/// # Ok::<(), larder_core::Error>(())
/// ```
pub struct Registry {
    stores: RwLock<BTreeMap<String, Arc<StoreFactory>>>,
    codecs: RwLock<Codecs>,
    compressors: RwLock<Compressors>,
    parallels: RwLock<parallel::Parallels>,
}

impl Registry {
    /// A registry of its own, with what this crate brings: the store `memory`, the layers, the parallel backend `sequential`, codecs,
    /// compressors.
    pub fn new() -> Self {
        let registry = Self {
            stores: RwLock::default(),
            codecs: RwLock::default(),
            compressors: RwLock::default(),
            parallels: RwLock::default(),
        };
        let memory = |location: Location, (): ()| location.none().map(|()| MemoryStore::new());
        let memory = StoreFactory::new("memory", memory)
            .about("results in this process's memory, gone with it");
        for factory in [memory].into_iter().chain(crate::store::layers()) {
            registry.register(factory).expect("the names are good, and each is another");
        }
        let sequential = ParallelFactory::new("sequential", |()| Ok(Sequential))
            .about("one task after the other, on the caller's thread");
        let registered = registry.register_parallel_factory(sequential);
        registered.expect("an empty registry has room for a good name");
        registry
    }

    /// The registry of this process: everything compiled in, and what the program registers.
    pub fn global() -> &'static Self {
        static GLOBAL: OnceLock<Registry> = OnceLock::new();
        GLOBAL.get_or_init(|| {
            let registry = Self::new();
            builtin::add_to(&registry);
            registry
        })
    }

    /// Makes a store available as `name:location?options`. `open` is a function of two arguments: the [`Location`],
    /// and a struct of the options, read by serde; `()` takes none.
    /// For URL schemes and help texts, [`register`](Self::register) a [`StoreFactory`].
    ///
    /// # Errors
    /// The name is taken, or no name (at least two of `a-z0-9+-._`, a letter first).
    pub fn register_store<S, O>(
        &self,
        name: &str,
        open: impl Fn(Location, O) -> Result<S> + Send + Sync + 'static,
    ) -> Result<()>
    where
        S: StoreBackend,
        O: DeserializeOwned,
    {
        self.register(StoreFactory::new(name, open))
    }

    /// Makes a store available under the name and the schemes of `factory`.
    ///
    /// # Errors
    /// The name or a scheme is taken or not well formed, or help is given for an option that is not there.
    pub fn register(&self, factory: StoreFactory) -> Result<()> {
        factory.check()?;
        let mut stores = self.stores.write().unwrap_or_else(PoisonError::into_inner);
        for name in factory.names() {
            if let Some(other) = find(&stores, name) {
                let owner = other.name();
                return Err(Error::invalid(format!(
                    "the store backend `{owner}` is registered as `{name}` already; `replace` replaces it on purpose"
                )));
            }
        }
        stores.insert(factory.name().to_owned(), Arc::new(factory));
        Ok(())
    }

    /// Like [`register`](Self::register), in place of the backend of that name if there is one; says whether there was.
    /// Stores already open stay as they are.
    ///
    /// # Errors
    /// As for [`register`](Self::register), where another backend has one of the schemes.
    pub fn replace(&self, factory: StoreFactory) -> Result<bool> {
        factory.check()?;
        let mut stores = self.stores.write().unwrap_or_else(PoisonError::into_inner);
        for name in factory.names() {
            if let Some(other) = find(&stores, name).filter(|other| other.name() != factory.name())
            {
                let owner = other.name();
                return Err(Error::invalid(format!(
                    "`{name}` belongs to the store backend `{owner}`"
                )));
            }
        }
        Ok(stores.insert(factory.name().to_owned(), Arc::new(factory)).is_some())
    }

    /// Opens the store that `config` describes.
    ///
    /// # Errors
    /// No such backend (the message lists what there is, or says which feature brings it), an option it does not have,
    /// or whatever the backend finds wrong. Backend and location are in the error's context; secrets are not.
    pub fn open_store(&self, config: &StoreConfig) -> Result<Arc<dyn StoreBackend>> {
        self.open_anywhere(config, false).map(|(store, _)| store)
    }

    /// Opens the store that `config` describes as [`open_store`](Self::open_store) does, provided that it is there: for
    /// who wants to look at a store, and would not want a mistyped path to become an empty one. Opening changes nothing.
    ///
    /// # Errors
    /// Those of [`open_store`](Self::open_store); [`NotFound`](crate::ErrorKind::NotFound) where a path that the backend
    /// opens does not exist.
    pub fn open_existing(&self, config: &StoreConfig) -> Result<Arc<dyn StoreBackend>> {
        self.open_anywhere(config, true).map(|(store, _)| store)
    }

    /// The store, and a description of it that holds from any directory.
    pub(crate) fn open_anywhere(
        &self,
        config: &StoreConfig,
        must_exist: bool,
    ) -> Result<(Arc<dyn StoreBackend>, StoreConfig)> {
        self.open_at(config, must_exist, 0)
    }

    /// As [`open_anywhere`](Self::open_anywhere), with so many layers around it.
    fn open_at(
        &self,
        config: &StoreConfig,
        must_exist: bool,
        depth: usize,
    ) -> Result<(Arc<dyn StoreBackend>, StoreConfig)> {
        let (factory, config) = self.resolve(config)?;
        factory.open(&config, self, must_exist, depth).map_err(|error| {
            let shown = config.without_secrets();
            let error = error.with("backend", &shown.backend);
            shown
                .location
                .into_iter()
                .fold(error, |error, location| error.with("location", location))
        })
    }

    /// Makes a codec available by its name. Memories that are open already don't see it.
    ///
    /// # Errors
    /// The name is taken, or cannot be one.
    pub fn register_codec(&self, codec: impl Codec) -> Result<()> {
        self.codecs.write().unwrap_or_else(PoisonError::into_inner).register(codec)
    }

    /// Like [`register_codec`](Self::register_codec), in place of the codec of that name if there is one; says whether
    /// there was.
    ///
    /// # Errors
    /// The name is that of a codec of larder's own, or cannot be one.
    pub fn replace_codec(&self, codec: impl Codec) -> Result<bool> {
        self.codecs.write().unwrap_or_else(PoisonError::into_inner).replace(codec)
    }

    /// Makes a compressor available: by its name to settings, by its magic to `load`, by its extensions to `dump`.
    /// Memories that are open already don't see it.
    ///
    /// # Errors
    /// The name, the magic or an extension is taken, or the name cannot be one.
    pub fn register_compressor(&self, compressor: impl Compressor) -> Result<()> {
        self.compressors.write().unwrap_or_else(PoisonError::into_inner).register(compressor)
    }

    /// Like [`register_compressor`](Self::register_compressor), in place of the compressor of that name if there is
    /// one; says whether there was. What that one wrote is read by the new one from now on.
    ///
    /// # Errors
    /// As for [`register_compressor`](Self::register_compressor), where another compressor has the magic or an
    /// extension.
    pub fn replace_compressor(&self, compressor: impl Compressor) -> Result<bool> {
        self.compressors.write().unwrap_or_else(PoisonError::into_inner).replace(compressor)
    }

    /// The codecs there are now.
    pub fn codecs(&self) -> Codecs {
        self.codecs.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The compressors there are now.
    pub fn compressors(&self) -> Compressors {
        self.compressors.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What there is, sorted by name.
    pub fn stores(&self) -> Vec<StoreInfo> {
        self.read().values().map(|factory| factory.info()).collect()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<String, Arc<StoreFactory>>> {
        self.stores.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The factory for `config`, and `config` in that factory's own terms: its name in place of a scheme, its location
    /// without its own name in front.
    fn resolve(&self, config: &StoreConfig) -> Result<(Arc<StoreFactory>, StoreConfig)> {
        let stores = self.read();
        let factory = find(&stores, &config.backend)
            .ok_or_else(|| known::not_found(config, &stores))?
            .clone();
        drop(stores);
        let mut config = config.clone();
        let url = format!("{}://", config.backend);
        let after_scheme =
            config.location.as_deref().and_then(|location| location.strip_prefix(&url));
        if factory.has_scheme(&config.backend) {
            // A backend that is called as one of its schemes says itself what is wrong with a location.
            if after_scheme.is_none() && config.backend != factory.name() {
                return Err(Error::invalid(format!(
                    "`{}` is a URL scheme of the backend `{}`: write `{url}…`",
                    config.backend,
                    factory.name()
                )));
            }
            config.backend = factory.name().to_owned();
        } else if let Some(rest) = after_scheme {
            config.location =
                Some(crate::store_config::decode(rest)?).filter(|rest| !rest.is_empty());
        }
        Ok((factory, config))
    }
}

/// By name, or by scheme.
fn find<'a>(
    stores: &'a BTreeMap<String, Arc<StoreFactory>>,
    name: &str,
) -> Option<&'a Arc<StoreFactory>> {
    stores.get(name).or_else(|| stores.values().find(|factory| factory.has_scheme(name)))
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("stores", &self.read().keys().collect::<Vec<_>>()).finish()
    }
}

#[cfg(test)]
mod tests;
