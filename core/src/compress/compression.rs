//! The setting: which compressor, at which level.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, Result, ShortName};

/// A compressor by name and level, as settings have it: `"none"`, `"zstd"`, `"zstd:3"` or `["zstd", 3]`.
///
/// Whether there is such a compressor, and such a level, is found out by
/// [`Compressors::resolve`](super::Compressors::resolve).
///
/// ```
/// use larder_core::compress::Compression;
///
/// let setting: Compression = "zstd:3".parse()?;
/// assert_eq!(setting.parts(), Some(("zstd", Some(3))));
/// assert_eq!(Compression::default().parts(), None);
/// assert_eq!(serde_json::from_str::<Compression>(r#"["zstd", 3]"#).unwrap(), setting);
/// # Ok::<(), larder_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "Setting")]
pub struct Compression(Option<(ShortName, Option<i32>)>);

impl Compression {
    pub(super) const NONE: &'static str = "none";

    /// With the compressor of this name; no level is the compressor's own default.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for what cannot be a name.
    pub fn new(name: &str, level: Option<i32>) -> Result<Self> {
        match (name, level) {
            (Self::NONE, None) => Ok(Self(None)),
            (Self::NONE, Some(level)) => {
                Err(Error::invalid(format!("no compression has no level: {level} was asked for")))
            }
            _ => Ok(Self(Some((ShortName::new(name)?, level)))),
        }
    }

    /// The name and the level; `None` for no compression.
    pub fn parts(&self) -> Option<(&str, Option<i32>)> {
        self.0.as_ref().map(|(name, level)| (name.as_str(), *level))
    }
}

impl FromStr for Compression {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let Some((name, level)) = text.split_once(':') else { return Self::new(text, None) };
        let level = level.parse().map_err(|_| {
            Error::invalid(format!(
                "the compression {text:?} has no number after its colon: want \"none\", \"name\" or \"name:level\""
            ))
        })?;
        Self::new(name, Some(level))
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts() {
            None => f.write_str(Self::NONE),
            Some((name, None)) => f.write_str(name),
            Some((name, Some(level))) => write!(f, "{name}:{level}"),
        }
    }
}

impl From<Compression> for String {
    fn from(setting: Compression) -> Self {
        setting.to_string()
    }
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "a compression is \"none\", \"name\", \"name:level\" or [\"name\", level]"
)]
enum Setting {
    Text(String),
    Pair(String, i32),
}

impl TryFrom<Setting> for Compression {
    type Error = Error;

    fn try_from(setting: Setting) -> Result<Self> {
        match setting {
            Setting::Text(text) => text.parse(),
            Setting::Pair(name, level) => Self::new(&name, Some(level)),
        }
    }
}
