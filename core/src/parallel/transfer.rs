//! How arguments and results travel between processes.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Parallel;
use crate::codec::{Codec, Postcard};
use crate::units::ByteSize;
use crate::{Error, MmapMode, OptionValue, Registry, Result};

/// How arguments and results travel, once everybody has had their say.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Transfer {
    /// What makes bytes of them.
    pub codec: Arc<dyn Codec>,
    /// From how many bytes on an array is put where all workers on the machine map it; `None`: never.
    pub max_nbytes: Option<u64>,
    /// Where such arrays are put; `None`: in memory, where the system can.
    pub temp_folder: Option<PathBuf>,
    /// How workers map them.
    pub mmap_mode: MmapMode,
}

/// As said so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct TransferOptions {
    pub(crate) codec: Option<String>,
    pub(crate) max_nbytes: Option<MaxNbytes>,
    pub(crate) temp_folder: Option<PathBuf>,
    pub(crate) mmap_mode: Option<MmapMode>,
}

/// From how many bytes on an array is mapped by workers instead of sent to each: bytes (`1_000_000`, `"1M"`), or
/// `None` (`"none"`) for never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxNbytes(pub Option<u64>);

impl Default for Transfer {
    fn default() -> Self {
        Self {
            codec: Arc::new(Postcard),
            max_nbytes: Some(1 << 20),
            temp_folder: None,
            mmap_mode: MmapMode::default(),
        }
    }
}

impl TransferOptions {
    /// # Errors
    /// There is no such codec, or the mode would let workers change what the caller lends.
    pub(super) fn settle(&self) -> Result<Transfer> {
        let Transfer { codec, max_nbytes, .. } = Transfer::default();
        if let Some(mode @ (MmapMode::ReadWrite | MmapMode::Create)) = self.mmap_mode {
            return Err(Error::invalid(format!(
                "mmap_mode `{mode}` is only of a `SharedArray`: workers map arrays with `r` or `c`"
            )));
        }
        Ok(Transfer {
            codec: match &self.codec {
                Some(name) => Registry::global().codecs().get(name)?,
                None => codec,
            },
            max_nbytes: self.max_nbytes.map_or(max_nbytes, |MaxNbytes(bytes)| bytes),
            temp_folder: self.temp_folder.clone(),
            mmap_mode: self.mmap_mode.unwrap_or_default(),
        })
    }

    /// These, and `outer` where they leave something open.
    pub(super) fn over(self, outer: &Self) -> Self {
        Self {
            codec: self.codec.or_else(|| outer.codec.clone()),
            max_nbytes: self.max_nbytes.or(outer.max_nbytes),
            temp_folder: self.temp_folder.or_else(|| outer.temp_folder.clone()),
            mmap_mode: self.mmap_mode.or(outer.mmap_mode),
        }
    }
}

/// For backends whose tasks run in other processes; the others need none of it.
impl Parallel {
    /// From how many bytes on an array is put where all workers of the machine map it, rather than sent to each: a
    /// number, `"1M"`, or `None` for never. Unset, 1 MiB.
    #[must_use]
    pub fn max_nbytes(mut self, bytes: impl TryInto<MaxNbytes, Error: Into<Error>>) -> Self {
        match bytes.try_into().map_err(Into::into) {
            Ok(bytes) => self.options.transfer.max_nbytes = Some(bytes),
            Err(error) => self.options.note_invalid(error.message()),
        }
        self
    }

    /// Where such arrays are put. Unset, in memory, where the system can.
    #[must_use]
    pub fn temp_folder(mut self, directory: impl Into<PathBuf>) -> Self {
        self.options.transfer.temp_folder = Some(directory.into());
        self
    }

    /// How workers map such arrays. Unset, to read.
    #[must_use]
    pub fn mmap_mode(mut self, mode: MmapMode) -> Self {
        self.options.transfer.mmap_mode = Some(mode);
        self
    }

    /// What makes bytes of arguments and results, by name. Unset, `postcard`.
    #[must_use]
    pub fn codec(mut self, name: impl Into<String>) -> Self {
        self.options.transfer.codec = Some(name.into());
        self
    }
}

impl From<u64> for MaxNbytes {
    fn from(bytes: u64) -> Self {
        Self(Some(bytes))
    }
}

impl From<Option<u64>> for MaxNbytes {
    fn from(bytes: Option<u64>) -> Self {
        Self(bytes)
    }
}

impl From<ByteSize> for MaxNbytes {
    fn from(ByteSize(bytes): ByteSize) -> Self {
        Self(Some(bytes))
    }
}

impl FromStr for MaxNbytes {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.trim().eq_ignore_ascii_case("none") {
            return Ok(Self(None));
        }
        text.parse().map(ByteSize::into).map_err(|_| {
            Error::invalid(format!(
                "max_nbytes = {text:?} is neither a number of bytes, such as `1000000` or `1M`, nor `none`"
            ))
        })
    }
}

impl TryFrom<&str> for MaxNbytes {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self> {
        text.parse()
    }
}

impl fmt::Display for MaxNbytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(bytes) => ByteSize(bytes).fmt(f),
            None => f.write_str("none"),
        }
    }
}

impl Serialize for MaxNbytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A whole number, or text.
impl<'de> Deserialize<'de> for MaxNbytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = OptionValue::deserialize(deserializer)?.to_string();
        text.parse().map_err(de::Error::custom)
    }
}
