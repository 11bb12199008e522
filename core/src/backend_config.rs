//! The description of a parallel backend: from it the backend can be opened.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, DeserializeOwned};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::options::{OptionMap, OptionValue};
use crate::store_config::{StoreConfig, is_name, parse_query};
use crate::{Error, Result};

/// Which parallel backend, and with which options. Opened by [`Registry::open_parallel`](crate::Registry::open_parallel).
///
/// As text it is `name` or `name?option=value&…`, where percent signs escape. In TOML and JSON it is such a text, or a
/// table of `backend` and `options`. Options whose names look like secrets are left out of `Display` and `Debug`.
///
/// ```
/// use larder_core::BackendConfig;
///
/// let config: BackendConfig = "dask?endpoint=tcp://scheduler:8786".parse()?;
/// assert_eq!(config, BackendConfig::new("dask").option("endpoint", "tcp://scheduler:8786"));
/// # Ok::<(), larder_core::Error>(())
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct BackendConfig {
    /// The name, or an alias, of a registered backend.
    pub backend: String,
    /// What the backend is told.
    pub options: OptionMap,
}

impl BackendConfig {
    /// The backend called `backend`, without options.
    pub fn new(backend: impl Into<String>) -> Self {
        Self { backend: backend.into(), options: OptionMap::new() }
    }

    /// Adds an option.
    #[must_use]
    pub fn option(mut self, name: impl Into<String>, value: impl Into<OptionValue>) -> Self {
        self.options.insert(name.into(), value.into());
        self
    }

    /// The options as the backend's own struct, as [`StoreConfig::options`] has it.
    ///
    /// # Errors
    /// An option that `T` has no field for, one that is missing, or one with a value it cannot have.
    pub fn options<T: DeserializeOwned>(&self) -> Result<T> {
        crate::options::from_options(&self.options)
            .map_err(|error| error.with("backend", &self.backend))
    }

    /// A store of this name and these options, which is written and hidden in the same way.
    fn as_store(&self) -> StoreConfig {
        let mut store = StoreConfig::new(&self.backend);
        store.options = self.options.clone();
        store
    }
}

impl FromStr for BackendConfig {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, query) = text.split_once('?').unwrap_or((text, ""));
        // `dask:?…`, as a store would have it.
        let name = name.trim().trim_end_matches(':');
        if !is_name(name) {
            return Err(Error::invalid(format!(
                "`{name}` is no name of a parallel backend: write `name` or `name?option=value&…`"
            )));
        }
        Ok(Self { backend: name.to_owned(), options: parse_query(query)? })
    }
}

/// As text that reads back as the same backend, without its secrets.
impl fmt::Display for BackendConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.as_store().to_string().replacen(':', "", 1))
    }
}

/// Like `Display`.
impl fmt::Debug for BackendConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BackendConfig").field(&format_args!("{self}")).finish()
    }
}

/// Text where there are no options.
impl Serialize for BackendConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.options.is_empty() {
            true => serializer.serialize_str(&self.backend),
            false => self.as_store().serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for BackendConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match OptionValue::deserialize(deserializer)? {
            OptionValue::Text(text) => text.parse().map_err(de::Error::custom),
            table @ OptionValue::Table(_) => {
                let Fields { backend, options } = crate::options::from_value(&table)
                    .map_err(|error| de::Error::custom(error.into_message("setting")))?;
                Ok(Self { backend, options })
            }
            _ => Err(de::Error::custom(
                "expected text such as `threading`, or a table of `backend` and `options`",
            )),
        }
    }
}

#[derive(Deserialize)]
struct Fields {
    backend: String,
    #[serde(default)]
    options: OptionMap,
}
