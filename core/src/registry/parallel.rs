//! Parallel backends by name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError};

use serde::de::DeserializeOwned;

use super::help::{Strays, options_of};
use super::{Registry, known};
use crate::parallel::ParallelBackend;
use crate::store_config::is_name;
use crate::{BackendConfig, Error, OptionInfo, Result};

type Open = dyn Fn(&BackendConfig) -> Result<Arc<dyn ParallelBackend>> + Send + Sync;

/// A parallel backend as the [`Registry`] holds it: its name, its aliases, how it is opened, and what it says of itself.
///
/// ```
/// # use larder_core::parallel::Sequential;
/// # use larder_core::ParallelFactory;
/// # #[derive(serde::Deserialize)] struct Options { #[expect(dead_code)] endpoint: String }
/// # let open = |_: Options| Ok(Sequential);
/// ParallelFactory::new("cluster", open)
///     .aliases(["grid"])
///     .about("the cluster in the cellar")
///     .option_help("endpoint", "where it is, such as `tcp://cellar:8786`; must be given");
/// ```
pub struct ParallelFactory {
    info: ParallelInfo,
    strays: Strays,
    open: Box<Open>,
}

/// What a parallel backend says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParallelInfo {
    /// The name it is registered under.
    pub name: String,
    /// What else it is called.
    pub aliases: Vec<String>,
    /// One line on what it is.
    pub about: String,
    /// The options it takes, in the order of its struct.
    pub options: Vec<OptionInfo>,
}

/// The backends there are, those that were opened, and the one for calls that choose none.
#[derive(Default)]
pub(super) struct Parallels {
    factories: BTreeMap<String, Arc<ParallelFactory>>,
    open: Vec<(BackendConfig, Arc<dyn ParallelBackend>)>,
    default: Option<BackendConfig>,
}

impl ParallelFactory {
    /// The backend `name`, which `open` makes from a struct of options. Their names are learnt from the struct.
    pub fn new<B, O>(
        name: impl Into<String>,
        open: impl Fn(O) -> Result<B> + Send + Sync + 'static,
    ) -> Self
    where
        B: ParallelBackend,
        O: DeserializeOwned,
    {
        Self {
            info: ParallelInfo {
                name: name.into(),
                aliases: Vec::new(),
                about: String::new(),
                options: options_of::<O>(),
            },
            strays: Strays::default(),
            open: Box::new(move |config| {
                Ok(Arc::new(open(config.options()?)?) as Arc<dyn ParallelBackend>)
            }),
        }
    }

    /// Adds other names.
    #[must_use]
    pub fn aliases<T: Into<String>>(mut self, aliases: impl IntoIterator<Item = T>) -> Self {
        self.info.aliases.extend(aliases.into_iter().map(Into::into));
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

    /// Everything it is found by.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name()).chain(self.info.aliases.iter().map(String::as_str))
    }
}

impl Registry {
    /// Makes a parallel backend available by `name`. `open` is a function of one argument: a struct of the options, read
    /// by serde; `()` takes none. It is called once for each set of options that is asked for, and what it returns is
    /// kept. For aliases and help texts, [`register_parallel_factory`](Self::register_parallel_factory).
    ///
    /// ```
    /// # use larder_core::parallel::{Call, NJobs, ParallelBackend, ParallelCapabilities};
    /// # use larder_core::{Parallel, Registry, Result, delayed};
    /// # #[derive(Debug)] struct Cluster;
    /// # impl ParallelBackend for Cluster {
    /// #     fn capabilities(&self) -> ParallelCapabilities { ParallelCapabilities::shared_memory() }
    /// #     fn workers(&self, _: NJobs) -> Result<usize> { Ok(1) }
    /// #     fn run(&self, call: &dyn Call) -> Result<()> {
    /// #         while let Some(batch) = call.next_batch(0) { batch.run_here(); }
    /// #         Ok(())
    /// #     }
    /// # }
    /// #[derive(serde::Deserialize)]
    /// struct Options {
    ///     endpoint: String, // has to be given
    /// }
    ///
    /// Registry::global().register_parallel("cluster", |options: Options| {
    ///     # let _ = options.endpoint;
    ///     Ok(Cluster)
    /// })?;
    /// let tasks = || (0..2).map(|i| delayed(move || i));
    /// Parallel::new().backend("cluster?endpoint=here").run(tasks())?;
    /// let error = Parallel::new().backend("cluster").run(tasks()).unwrap_err();
    /// assert!(error.to_string().contains("endpoint"), "{error}");
    /// # Ok::<(), larder_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// The name is taken, or no name (at least two of `a-z0-9+-._`, a letter first).
    pub fn register_parallel<B, O>(
        &self,
        name: &str,
        open: impl Fn(O) -> Result<B> + Send + Sync + 'static,
    ) -> Result<()>
    where
        B: ParallelBackend,
        O: DeserializeOwned,
    {
        self.register_parallel_factory(ParallelFactory::new(name, open))
    }

    /// Makes a parallel backend available under the name and the aliases of `factory`.
    ///
    /// # Errors
    /// The name or an alias is taken or not well formed, or help is given for an option that is not there.
    pub fn register_parallel_factory(&self, factory: ParallelFactory) -> Result<()> {
        if let Some(name) = factory.names().find(|name| !is_name(name)) {
            return Err(Error::invalid(format!(
                "`{name}` cannot be the name of a backend: at least two of `a-z0-9+-._`, a letter first"
            )));
        }
        factory.strays.check(factory.name(), &factory.info.options)?;
        let mut parallels = self.parallels.write().unwrap_or_else(PoisonError::into_inner);
        for name in factory.names() {
            if let Some(other) = parallels.find(name) {
                return Err(Error::invalid(format!(
                    "the parallel backend `{}` is registered as `{name}` already",
                    other.name()
                )));
            }
        }
        parallels.factories.insert(factory.name().to_owned(), Arc::new(factory));
        Ok(())
    }

    /// Makes this the backend of all calls that choose none, in place of `threading`.
    ///
    /// # Errors
    /// There is no such backend.
    pub fn set_default_parallel(&self, backend: impl Into<BackendConfig>) -> Result<()> {
        let backend = backend.into();
        let mut parallels = self.parallels.write().unwrap_or_else(PoisonError::into_inner);
        parallels.factory(&backend.backend)?;
        parallels.default = Some(backend);
        Ok(())
    }

    /// The parallel backend that `config` describes: opened at the first time, and the same one from then on.
    ///
    /// # Errors
    /// No such backend (the message lists what there is, or says which feature brings it), an option it does not have,
    /// or whatever the backend finds wrong.
    pub fn open_parallel(&self, config: &BackendConfig) -> Result<Arc<dyn ParallelBackend>> {
        self.open_named(config).map(|(_, backend)| backend)
    }

    /// What parallel backends there are, sorted by name.
    pub fn parallel_backends(&self) -> Vec<ParallelInfo> {
        let parallels = self.parallels.read().unwrap_or_else(PoisonError::into_inner);
        parallels.factories.values().map(|factory| factory.info.clone()).collect()
    }

    pub(crate) fn default_parallel(&self) -> Option<BackendConfig> {
        self.parallels.read().unwrap_or_else(PoisonError::into_inner).default.clone()
    }

    /// The backend, and what it is called whichever alias was used.
    pub(crate) fn open_named(
        &self,
        config: &BackendConfig,
    ) -> Result<(String, Arc<dyn ParallelBackend>)> {
        let parallels = self.parallels.read().unwrap_or_else(PoisonError::into_inner);
        let factory = parallels.factory(&config.backend)?;
        let name = factory.name().to_owned();
        if let Some(backend) = parallels.opened(&name, config) {
            return Ok((name, backend));
        }
        drop(parallels);
        // Outside the lock: it may take long, and ask the registry itself.
        let backend = (factory.open)(config).map_err(|error| error.with("backend", &name))?;
        let mut parallels = self.parallels.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(first) = parallels.opened(&name, config) {
            return Ok((name, first));
        }
        let config = BackendConfig { backend: name.clone(), options: config.options.clone() };
        parallels.open.push((config, backend.clone()));
        Ok((name, backend))
    }
}

impl Parallels {
    fn find(&self, name: &str) -> Option<&Arc<ParallelFactory>> {
        self.factories.get(name).or_else(|| {
            self.factories.values().find(|factory| factory.names().any(|own| own == name))
        })
    }

    fn factory(&self, name: &str) -> Result<Arc<ParallelFactory>> {
        self.find(name)
            .cloned()
            .ok_or_else(|| known::parallel_not_found(name, self.factories.values()))
    }

    fn opened(&self, name: &str, config: &BackendConfig) -> Option<Arc<dyn ParallelBackend>> {
        let same = |open: &BackendConfig| open.backend == name && open.options == config.options;
        self.open.iter().find(|(open, _)| same(open)).map(|(_, backend)| backend.clone())
    }
}

impl From<&str> for BackendConfig {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl fmt::Debug for ParallelFactory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ParallelFactory").field(&self.info).finish()
    }
}
