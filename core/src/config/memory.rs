//! The section `[memory]`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::options::{OptionValue, parse_bool};
use crate::store_config::StoreConfig;
use crate::{Error, Result};

/// How a `Memory` works.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MemoryConfig {
    /// Where results are kept.
    pub store: StoreConfig,
    /// Whether results are kept at all. Without, every call computes.
    pub enabled: bool,
    /// Whether values are compressed, and how.
    pub compress: Compress,
    /// The codec of values, by name; none leaves the choice to larder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codec: Option<String>,
    /// How much is said about calls; 0 is silent.
    pub verbose: u8,
    /// What a call does when the store fails.
    pub on_store_error: OnStoreError,
    /// Whether the text form of arguments is kept beside a result, for people to read.
    pub record_args: bool,
    /// Whether processes that want one result at the same time wait for the first to compute it, where the store can.
    pub lease: bool,
}

impl Default for MemoryConfig {
    fn default() -> Self {
        Self {
            store: StoreConfig::new("local").at(".larder"),
            enabled: true,
            compress: Compress::Off,
            codec: None,
            verbose: 0,
            on_store_error: OnStoreError::Compute,
            record_args: true,
            lease: true,
        }
    }
}

/// What a memoized call does when the store fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum OnStoreError {
    /// Compute, warn, and go on without the store.
    #[default]
    Compute,
    /// Return the error; a transparent call, which has no way to, panics with it.
    Fail,
}

/// Whether and how values are compressed: `false`, `true` (the usual compressor), `"zstd"`, or `"zstd:7"` with a level.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Compress {
    /// Values are kept as they are.
    #[default]
    Off,
    /// The compressor that larder finds best among those compiled in.
    On,
    /// A compressor by name, at a level of its own scale or its usual one.
    With {
        /// The name it is registered under.
        compressor: String,
        /// How hard it tries.
        level: Option<i32>,
    },
}

impl FromStr for Compress {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Some(on) = parse_bool(text) {
            return Ok(on.into());
        }
        let malformed = || Error::invalid(Self::FORM);
        let (compressor, level) = match text.split_once(':') {
            Some((name, level)) => (name, Some(level.parse().map_err(|_| malformed())?)),
            None => (text, None),
        };
        match (compressor, level) {
            ("none", None) => Ok(Self::Off),
            ("none" | "", _) => Err(malformed()),
            _ => Ok(Self::With { compressor: compressor.to_owned(), level }),
        }
    }
}

impl Compress {
    const FORM: &str =
        "expected `true`, `false`, the name of a compressor, or `name:level` with a whole number";
}

impl From<bool> for Compress {
    fn from(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}

impl fmt::Display for Compress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("false"),
            Self::On => f.write_str("true"),
            Self::With { compressor, level: None } => f.write_str(compressor),
            Self::With { compressor, level: Some(level) } => write!(f, "{compressor}:{level}"),
        }
    }
}

impl Serialize for Compress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Compress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match OptionValue::deserialize(deserializer)? {
            OptionValue::Bool(on) => Ok(on.into()),
            OptionValue::Text(text) => text.parse().map_err(de::Error::custom),
            _ => Err(de::Error::custom(Self::FORM)),
        }
    }
}
