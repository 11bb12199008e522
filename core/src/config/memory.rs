//! The section `[memory]`.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::compress::Compression;
use crate::digest::KeyAlgorithm;
use crate::map::MmapMode;
use crate::memory::Limits;
use crate::secret::Secret;
use crate::store_config::StoreConfig;
use crate::units::{ByteSize, TimeSpan};

/// How a `Memory` works.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MemoryConfig {
    /// Where results are kept.
    pub store: StoreConfig,
    /// Whether results are kept at all. Without, every call computes.
    pub enabled: bool,
    /// The hash that makes keys of arguments. Another one is another set of keys.
    pub key_algorithm: KeyAlgorithm,
    /// The compressor of values, if any.
    pub compress: Compression,
    /// The codec of values, by name.
    pub codec: String,
    /// How much is said about calls; 0 is silent.
    pub verbose: u8,
    /// What a call does when the store fails.
    pub on_store_error: OnStoreError,
    /// Whether the text form of arguments is kept beside a result, for people to read.
    pub record_args: bool,
    /// Whether processes that want one result at the same time wait for the first to compute it, where the store can.
    pub lease: bool,
    /// Which checksums a hit looks at.
    pub verify: Verify,
    /// Whether the arrays of results are always mapped, from the first call on, and how.
    pub mmap_mode: MmapMode,
    /// What entries are signed with. One that no holder of it put is a miss.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// Secrets whose entries are believed as well: those that were in use before.
    #[serde(skip_serializing)]
    pub old_secrets: Vec<Secret>,
    /// A file of secrets, one a line, instead of the other two: the first signs, all are believed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// How many bytes of results the store is kept to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<ByteSize>,
    /// How many results the store is kept to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_items: Option<u64>,
    /// How long a result stays after its last use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<TimeSpan>,
    /// How many bytes results of `hot` functions may take in memory; 0 is none.
    pub hot_bytes: ByteSize,
    /// How long a result of a `hot` function is taken from memory without a look at the store.
    pub hot_for: TimeSpan,
}

impl MemoryConfig {
    /// The three limits.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            max_bytes: self.max_bytes.map(|size| size.0),
            max_items: self.max_items,
            max_age: self.max_age.map(|span| span.0),
        }
    }
}

impl Default for MemoryConfig {
    fn default() -> Self {
        Self {
            store: StoreConfig::new("local").at(".larder"),
            enabled: true,
            key_algorithm: KeyAlgorithm::default(),
            compress: Compression::default(),
            codec: "postcard".to_owned(),
            verbose: 0,
            on_store_error: OnStoreError::Compute,
            record_args: true,
            lease: true,
            verify: Verify::Read,
            mmap_mode: MmapMode::Auto,
            secret: None,
            old_secrets: Vec::new(),
            secret_file: None,
            max_bytes: None,
            max_items: None,
            max_age: None,
            hot_bytes: ByteSize(64 << 20),
            hot_for: TimeSpan(Duration::from_secs(60)),
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

/// Which checksums a hit looks at. Lengths are always checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Verify {
    /// Those of what it reads: everything but arrays that the store has mapped, whose pages nobody has asked for yet.
    #[default]
    Read,
    /// All. Mapped arrays are read for it, 100 MB in some 13 ms instead of none in microseconds.
    Full,
}
