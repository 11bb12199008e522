//! Configuration: one document, the environment over it.

mod document;
mod environment;
mod file;
mod memory;
mod parallel;
mod settings;

use serde::Serialize;

pub use self::memory::{MemoryConfig, OnStoreError, Verify};
pub use self::parallel::ParallelConfig;
pub use self::settings::{SettingInfo, settings};
use crate::store_config::StoreConfig;
use crate::{Error, Result};

/// Everything that can be configured, read from a file, the environment, or filled in by the program.
///
/// Names and values are checked: an unknown section or key is an error that lists what there is. All keys, their
/// environment variables and defaults are in [`settings`].
///
/// ```
/// use larder_core::{Config, OnStoreError};
///
/// let config = Config::from_json(r#"{"memory": {"store": "sqlite:cache.db", "verbose": 1}}"#)?;
/// assert_eq!(config.memory.store.backend, "sqlite");
///
/// let mut config = Config::default();
/// config.memory.on_store_error = OnStoreError::Fail;
/// # Ok::<(), larder_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Config {
    /// The section `[memory]`: where results are kept, and how.
    pub memory: MemoryConfig,
    /// The section `[parallel]`: how parallel calls run.
    pub parallel: ParallelConfig,
}

impl From<StoreConfig> for Config {
    fn from(store: StoreConfig) -> Self {
        let mut config = Self::default();
        config.memory.store = store;
        config
    }
}

/// What a `Memory` can be opened from: a store as text (a path, `backend:location?option=value`, a URL), a [`Path`],
/// a [`StoreConfig`], or a whole [`Config`].
///
/// [`Path`]: std::path::Path
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say where results are kept",
    note = "use a text (\"./cache\", \"sqlite:cache.db\", \"s3://bucket/prefix\"), a Path, a StoreConfig or a Config"
)]
pub trait IntoConfig {
    /// The configuration it stands for.
    ///
    /// # Errors
    /// A text that cannot be read as a store, a path that is not UTF-8.
    fn into_config(self) -> Result<Config>;
}

impl IntoConfig for Config {
    fn into_config(self) -> Result<Config> {
        Ok(self)
    }
}

impl IntoConfig for &Config {
    fn into_config(self) -> Result<Config> {
        Ok(self.clone())
    }
}

macro_rules! stores_into_config {
    ($($type:ty: |$store:ident| $convert:expr;)*) => {$(
        impl IntoConfig for $type {
            fn into_config(self) -> Result<Config> {
                let $store = self;
                let store: Result<StoreConfig, Error> = $convert;
                store.map(Config::from)
            }
        }
    )*};
}
stores_into_config! {
    &str: |store| store.parse();
    String: |store| store.parse();
    &String: |store| store.parse();
    &std::path::Path: |path| path.try_into();
    std::path::PathBuf: |path| path.try_into();
    &std::path::PathBuf: |path| path.as_path().try_into();
    StoreConfig: |store| Ok(store);
    &StoreConfig: |store| Ok(store.clone());
}

/// The shape of the document.
#[derive(Serialize)]
struct Document<'a> {
    memory: &'a MemoryConfig,
    parallel: &'a ParallelConfig,
}

#[cfg(test)]
mod tests;
