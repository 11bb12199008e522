//! The description of a store: from it the store can be opened, here or in another process.

mod parse;
mod secrets;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::de::{self, DeserializeOwned};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) use self::parse::{decode, is_name, literal_path, parse_query};
pub(crate) use self::secrets::{is_secret, printable};
use crate::options::{self, OptionMap, OptionValue};
use crate::{Error, Result};

/// Which backend, where, and with which options. Opened by [`Registry::open_store`](crate::Registry::open_store).
///
/// # As text
///
/// | text | means |
/// |---|---|
/// | `cache`, `./cache`, `/var/cache`, `../a:b`, `C:\cache` | a directory (backend `local`), taken literally |
/// | `~/cache` | a directory in the user's home |
/// | `memory:` | the backend of that name, no location |
/// | `sqlite:results/cache.db?cache_size=64M` | the backend of that name, a location, options |
/// | `s3://bucket/prefix?region=eu-west-1` | the backend that has this scheme; the whole URL is its location |
///
/// A text with a `:` is a path only if it begins with `.`, `/` or `~`, has a separator before the first `:`, or a
/// single letter (a drive). In `name:location?option=value&…` percent signs escape (`%3F` is a question mark); in
/// paths they do not. Lists and tables are JSON there, lists of plain words also `a,b`. Whether there is such a
/// backend is asked when the store is opened. A [`Path`] is always a path, whatever is in it.
///
/// In TOML and JSON it is such a text, or a table of `backend`, `location` and `options`.
///
/// ```
/// use larder_core::StoreConfig;
///
/// let config: StoreConfig = "sqlite:cache.db?cache_size=64M".parse()?;
/// assert_eq!(config.backend, "sqlite");
/// assert_eq!(config.location.as_deref(), Some("cache.db"));
/// assert_eq!(config, StoreConfig::new("sqlite").at("cache.db").option("cache_size", "64M"));
/// # Ok::<(), larder_core::Error>(())
/// ```
///
/// # Secrets
///
/// Options whose name looks like a secret (`secret_access_key`, `token`, `password`, `sas` …) and passwords in URLs
/// are left out of `Display` and `Debug`. Serde writes them, so that a configuration survives; what is sent or stored
/// goes through [`without_secrets`](Self::without_secrets) first.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct StoreConfig {
    /// The name of a registered backend, or a URL scheme that belongs to one.
    pub backend: String,
    /// Where the data is, in the backend's own terms: a path, a URL.
    pub location: Option<String>,
    /// Everything else the backend is told.
    pub options: OptionMap,
}

impl StoreConfig {
    /// The backend called `backend`, without location and options.
    pub fn new(backend: impl Into<String>) -> Self {
        Self { backend: backend.into(), location: None, options: OptionMap::new() }
    }

    /// Says where the data is.
    #[must_use]
    pub fn at(mut self, location: impl Into<String>) -> Self {
        self.location = Some(location.into());
        self
    }

    /// Adds an option.
    #[must_use]
    pub fn option(mut self, name: impl Into<String>, value: impl Into<OptionValue>) -> Self {
        self.options.insert(name.into(), value.into());
        self
    }

    /// The options as the backend's own struct. Text is read as whatever type a field has: `"true"`, `"10"`, the name
    /// of a variant, `a,b` for a list.
    ///
    /// # Errors
    /// An option that `T` has no field for, one that is missing, or one with a value it cannot have; the message says
    /// what there is and what is allowed. No need for `deny_unknown_fields`. (A field with `serde(flatten)` makes
    /// serde ask for a free-form map: names are not checked then.)
    ///
    /// ```
    /// # use larder_core::StoreConfig;
    /// #[derive(Debug, serde::Deserialize)]
    /// struct Options { retries: u8 }
    ///
    /// let config: StoreConfig = "mine:here?retires=3".parse()?;
    /// let error = config.options::<Options>().unwrap_err();
    /// assert_eq!(error.message(), "unknown option `retires` (did you mean `retries`?), known: `retries`");
    /// # Ok::<(), larder_core::Error>(())
    /// ```
    pub fn options<T: DeserializeOwned>(&self) -> Result<T> {
        options::from_options(&self.options).map_err(|error| error.with("backend", &self.backend))
    }

    /// As text that reads back as just this store, secrets and all: never to be shown or sent.
    pub(crate) fn with_secrets(&self) -> String {
        struct Whole<'a>(&'a StoreConfig);
        impl fmt::Display for Whole<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                parse::write(self.0, f)
            }
        }
        Whole(self).to_string()
    }

    /// The same store without credentials: fit to be printed, stored, or sent elsewhere.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        Self {
            backend: self.backend.clone(),
            location: self.location.as_deref().map(secrets::location),
            options: secrets::options(&self.options),
        }
    }
}

impl FromStr for StoreConfig {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        parse::parse(text)
    }
}

impl TryFrom<&str> for StoreConfig {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self> {
        text.parse()
    }
}

/// A path is never read as a URL. One that is not UTF-8 cannot be written down, and is refused.
impl TryFrom<&Path> for StoreConfig {
    type Error = Error;

    fn try_from(path: &Path) -> Result<Self> {
        let text = path.to_str().ok_or_else(|| {
            Error::invalid("the path of a store must be UTF-8, so that it can be written down")
                .with("path", path.display())
        })?;
        Ok(Self::new(parse::PATH_BACKEND).at(parse::literal_path(text)))
    }
}

impl TryFrom<PathBuf> for StoreConfig {
    type Error = Error;

    fn try_from(path: PathBuf) -> Result<Self> {
        path.as_path().try_into()
    }
}

/// As text that reads back as the same store, without its secrets.
impl fmt::Display for StoreConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        parse::write(&self.without_secrets(), f)
    }
}

/// Like `Display`, and the names of what is left out.
impl fmt::Debug for StoreConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden: Vec<_> = self.options.keys().filter(|name| is_secret(name)).collect();
        f.debug_struct("StoreConfig")
            .field("store", &format_args!("{self}"))
            .field("secrets", &hidden)
            .finish()
    }
}

#[derive(Serialize, Deserialize)]
struct Fields {
    backend: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(default, skip_serializing_if = "OptionMap::is_empty")]
    options: OptionMap,
}

/// A table where people read; JSON text in binary formats, which cannot hold values of any type.
impl Serialize for StoreConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { backend, location, options } = self.clone();
        let fields = Fields { backend, location, options };
        if serializer.is_human_readable() {
            return fields.serialize(serializer);
        }
        let text = serde_json::to_string(&fields).map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for StoreConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = if deserializer.is_human_readable() {
            OptionValue::deserialize(deserializer)?
        } else {
            let text = String::deserialize(deserializer)?;
            serde_json::from_str(&text).map_err(de::Error::custom)?
        };
        match value {
            // With a brace it is a table as it stands in a URL or a variable.
            OptionValue::Text(text) if !text.starts_with('{') => {
                text.parse().map_err(de::Error::custom)
            }
            table @ (OptionValue::Table(_) | OptionValue::Text(_)) => {
                let Fields { backend, location, options } = options::from_value(&table)
                    .map_err(|error| de::Error::custom(error.into_message("setting")))?;
                if !is_name(&backend) {
                    return Err(de::Error::custom(parse::no_name(&backend)));
                }
                Ok(Self { backend, location, options })
            }
            _ => Err(de::Error::custom(
                "expected text such as `sqlite:cache.db`, or a table of `backend`, `location` and `options`",
            )),
        }
    }
}

#[cfg(test)]
mod tests;
