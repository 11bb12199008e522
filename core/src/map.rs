//! Files as memory.

mod claim;
mod crossing;
mod file;
mod private;
mod remote;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub(crate) use self::claim::Claim;
pub use self::crossing::MappedFile;
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) use self::crossing::filled as filled_file;
pub(crate) use self::file::{Unmapped, map_privately, map_read_only};
pub(crate) use self::private::PrivateMap;
#[cfg(unix)]
pub use self::remote::is_remote;
use crate::{Error, Result, suggest};

/// How the arrays of a stored value become memory: by the names that NumPy and joblib use.
///
/// | text | variant | the arrays of what is loaded |
/// |---|---|---|
/// | `auto` | [`Auto`](Self::Auto) | what is usual there |
/// | `r` | [`ReadOnly`](Self::ReadOnly) | lie in a map of the file; changing one copies it |
/// | `c` | [`CopyOnWrite`](Self::CopyOnWrite) | likewise; changing one copies the pages that are changed |
/// | `r+` | [`ReadWrite`](Self::ReadWrite) | only of a [`SharedArray`](crate::SharedArray): the file changes |
/// | `w+` | [`Create`](Self::Create) | only of a [`SharedArray`](crate::SharedArray): a new file |
///
/// ```
/// use larder_core::MmapMode;
///
/// assert_eq!("r".parse::<MmapMode>()?, MmapMode::ReadOnly);
/// assert_eq!(MmapMode::CopyOnWrite.to_string(), "c");
/// assert!("rw".parse::<MmapMode>().unwrap_err().message().contains("`r+`"));
/// # Ok::<(), larder_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum MmapMode {
    /// What is usual: [`load`](crate::load) reads; a [`Memory`](crate::Memory) maps what its store maps.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// Arrays lie in a map of the file. To change one ([`Array::make_mut`](crate::Array::make_mut)) copies all of it.
    #[serde(rename = "r")]
    ReadOnly,
    /// Arrays lie in a map that is this process's own. To change an array that nothing else shares copies only the
    /// pages that are written to, and never reaches the file.
    #[serde(rename = "c")]
    CopyOnWrite,
    /// What is written reaches the file: [`SharedArray::open`](crate::SharedArray::open).
    #[serde(rename = "r+")]
    ReadWrite,
    /// A new file, of zeros, to be written: [`SharedArray::create`](crate::SharedArray::create).
    #[serde(rename = "w+")]
    Create,
}

/// A map that a loaded value can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mapping {
    ReadOnly,
    CopyOnWrite,
}

impl MmapMode {
    const ALL: [Self; 5] =
        [Self::Auto, Self::ReadOnly, Self::CopyOnWrite, Self::ReadWrite, Self::Create];

    /// The text that means it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::ReadOnly => "r",
            Self::CopyOnWrite => "c",
            Self::ReadWrite => "r+",
            Self::Create => "w+",
        }
    }

    /// The map asked for, if one is.
    ///
    /// # Errors
    /// For the modes that change the file of `what` in place.
    pub(crate) fn mapping(self, what: &str) -> Result<Option<Mapping>> {
        match self {
            Self::Auto => Ok(None),
            Self::ReadOnly => Ok(Some(Mapping::ReadOnly)),
            Self::CopyOnWrite => Ok(Some(Mapping::CopyOnWrite)),
            Self::ReadWrite | Self::Create => Err(Error::invalid(format!(
                "mmap_mode `{self}` would change the file of {what} in place, and with it the checksums that tell it \
                 from a damaged one: use `r` or `c`; an array in a file of its own, to be written, is a `SharedArray`"
            ))),
        }
    }
}

impl fmt::Display for MmapMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for MmapMode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text).ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str);
            Error::invalid(suggest::unknown("mmap_mode", text, &known))
        })
    }
}
