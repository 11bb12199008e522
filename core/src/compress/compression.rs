//! The setting: which compressor, at which level.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::known;
use crate::{Error, Result, ShortName};

/// Whether and how to compress, as settings have it: `false` or `"none"`, `true` (zlib at level 3), a level from 0 (none)
/// to 9 (of zlib), `"zstd"`, `"zstd:3"` or `["zstd", 3]`. `+shuffle` behind any of these that compresses
/// (`"zstd:3+shuffle"`, `["zstd+shuffle", 3]`) is [`shuffled`](Self::shuffled).
///
/// Where a file name says which compressor is meant, `true` and a mere level mean that one.
///
/// Whether there is such a compressor, and such a level, is found out by
/// [`Compressors::resolve`](super::Compressors::resolve).
///
/// ```
/// use larder_core::compress::Compression;
///
/// let setting: Compression = "zstd:3".parse()?;
/// assert_eq!(setting, ("zstd", 3).try_into()?);
/// assert_eq!(setting.parts(), Some(("zstd", Some(3))));
/// assert_eq!(Compression::from(true).parts(), Some(("zlib", Some(3))));
/// assert_eq!(Compression::from(9).parts(), Some(("zlib", Some(9))));
/// assert_eq!(Compression::default().parts(), None);
/// assert_eq!(serde_json::from_str::<Compression>(r#"["zstd", 3]"#).unwrap(), setting);
/// # Ok::<(), larder_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "Setting")]
pub struct Compression {
    choice: Choice,
    shuffle: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) enum Choice {
    #[default]
    None,
    /// `true`.
    Usual,
    /// Of the usual compressor.
    Level(i32),
    Named(ShortName, Option<i32>),
}

const NONE: &str = "none";
const SHUFFLE: &str = "+shuffle";
/// What `true` means.
const USUAL_LEVEL: i32 = 3;

impl Compression {
    /// Whether this text is a setting without being a name.
    pub(super) fn is_a_word(text: &str) -> bool {
        matches!(text, NONE | "true" | "false") || text.parse::<i32>().is_ok()
    }

    /// With the compressor of this name; no level is the compressor's own default.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for what cannot be a name.
    pub fn new(name: &str, level: Option<i32>) -> Result<Self> {
        match (name, level) {
            (NONE, None) => Ok(Choice::None.into()),
            (NONE, Some(level)) => {
                Err(Error::invalid(format!("no compression has no level: {level} was asked for")))
            }
            _ => Ok(Choice::Named(ShortName::new(name)?, level).into()),
        }
    }

    /// With the bytes of numbers shuffled before they are compressed: the first bytes of all numbers, then all second
    /// ones, and so on. Floats that vary smoothly become much smaller so; columns of few different values do better
    /// without. It is done to the elements of arrays and vectors of 4 KiB and more, and changes nothing else.
    ///
    /// ```
    /// use larder_core::compress::Compression;
    ///
    /// let setting: Compression = "zstd:1+shuffle".parse()?;
    /// assert!(setting.shuffles());
    /// assert_eq!(setting, Compression::try_from(("zstd", 1))?.shuffled());
    /// # Ok::<(), larder_core::Error>(())
    /// ```
    #[must_use]
    pub fn shuffled(self) -> Self {
        // What is not compressed is not shuffled either: it would only cost time.
        Self { shuffle: self.choice != Choice::None, ..self }
    }

    /// Whether the bytes of numbers are shuffled first.
    pub fn shuffles(&self) -> bool {
        self.shuffle
    }

    /// The name and the level; `None` for no compression.
    pub fn parts(&self) -> Option<(&str, Option<i32>)> {
        match &self.choice {
            Choice::None => None,
            Choice::Usual => Some((known::ZLIB.name, Some(USUAL_LEVEL))),
            Choice::Level(level) => Some((known::ZLIB.name, Some(*level))),
            Choice::Named(name, level) => Some((name.as_str(), *level)),
        }
    }

    pub(crate) fn choice(&self) -> Choice {
        self.choice
    }

    /// What stands before `+shuffle`, made the setting it says, and shuffled.
    fn shuffled_text(text: &str, read: impl FnOnce(&str) -> Result<Self>) -> Result<Self> {
        let Some(compressor) = text.strip_suffix(SHUFFLE) else { return read(text) };
        let setting = read(compressor)?;
        match setting.choice {
            Choice::None => Err(Error::invalid(format!(
                "shuffling makes nothing smaller by itself: {text:?} names no compressor"
            ))),
            _ => Ok(setting.shuffled()),
        }
    }
}

impl From<Choice> for Compression {
    fn from(choice: Choice) -> Self {
        Self { choice, shuffle: false }
    }
}

impl From<bool> for Compression {
    fn from(compress: bool) -> Self {
        if compress { Choice::Usual.into() } else { Choice::None.into() }
    }
}

/// A level; 0 is no compression.
impl From<i32> for Compression {
    fn from(level: i32) -> Self {
        if level == 0 { Choice::None.into() } else { Choice::Level(level).into() }
    }
}

impl TryFrom<&str> for Compression {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self> {
        text.parse()
    }
}

impl TryFrom<(&str, i32)> for Compression {
    type Error = Error;

    fn try_from((name, level): (&str, i32)) -> Result<Self> {
        Self::shuffled_text(name, |name| Self::new(name, Some(level)))
    }
}

impl FromStr for Compression {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::shuffled_text(text, |text| match text.split_once(':') {
            None => match (text.parse::<bool>(), text.parse::<i32>()) {
                (Ok(compress), _) => Ok(compress.into()),
                (_, Ok(level)) => Ok(level.into()),
                _ => Self::new(text, None),
            },
            Some((name, level)) => {
                let level = level.parse().map_err(|_| {
                    Error::invalid(format!(
                        "the compression {text:?} has no number after its colon: want \"none\", \"name\", \"name:level\" \
                         or one of these with \"+shuffle\" behind"
                    ))
                })?;
                Self::new(name, Some(level))
            }
        })
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.choice {
            Choice::None => f.write_str(NONE),
            Choice::Usual => f.write_str("true"),
            Choice::Level(level) => write!(f, "{level}"),
            Choice::Named(name, None) => write!(f, "{name}"),
            Choice::Named(name, Some(level)) => write!(f, "{name}:{level}"),
        }?;
        if self.shuffle { f.write_str(SHUFFLE) } else { Ok(()) }
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
    expecting = "a compression is true, false, a level, \"none\", \"name\", \"name:level\", [\"name\", level] or \"…+shuffle\""
)]
enum Setting {
    Whether(bool),
    Level(i32),
    Text(String),
    Pair(String, i32),
}

impl TryFrom<Setting> for Compression {
    type Error = Error;

    fn try_from(setting: Setting) -> Result<Self> {
        match setting {
            Setting::Whether(compress) => Ok(compress.into()),
            Setting::Level(level) => Ok(level.into()),
            Setting::Text(text) => text.parse(),
            Setting::Pair(name, level) => (&*name, level).try_into(),
        }
    }
}
