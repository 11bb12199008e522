//! What a look at the store brings.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::Key;
use crate::envelope::{Header, Reject};

/// Why a call computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum MissReason {
    /// These arguments were never seen, by any version of the function that is still kept.
    Never,
    /// Another version of the function is kept for these arguments. Only [`lookup`](super::Bound::lookup) takes the
    /// trouble to tell this from [`Never`](Self::Never).
    CodeChanged,
    /// The entry is older than `expires_after`.
    Expired,
    /// The function's `validate` said no.
    Rejected,
    /// The entry's bytes are not what was written, or not this key's.
    Corrupt,
    /// The entry is of no format that this version of larder reads.
    Foreign,
    /// The memory has a [secret](super::MemoryBuilder::secret), and the entry is not signed.
    Unsigned,
    /// The entry's signature is not one by a secret of this memory, under this key.
    Forged,
    /// The entry's bytes are right, but they do not become a value: its codec or compressor is not registered here.
    Unreadable,
    /// The entry says that it was made in the future: some clock was wrong.
    FromTheFuture,
    /// The caller asked for a new result.
    Refreshed,
    /// The store failed, or is being left alone after it did.
    StoreFailed,
}

impl MissReason {
    /// All reasons, in the order of [`index`](Self::index).
    pub(crate) const ALL: [Self; 12] = [
        Self::Never,
        Self::CodeChanged,
        Self::Expired,
        Self::Rejected,
        Self::Corrupt,
        Self::Foreign,
        Self::Unsigned,
        Self::Forged,
        Self::Unreadable,
        Self::FromTheFuture,
        Self::Refreshed,
        Self::StoreFailed,
    ];

    /// Its place in [`ALL`](Self::ALL).
    pub(crate) fn index(self) -> usize {
        self as usize
    }

    /// The reason as it stands in events and statistics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::CodeChanged => "code_changed",
            Self::Expired => "expired",
            Self::Rejected => "rejected",
            Self::Corrupt => "corrupt",
            Self::Foreign => "foreign",
            Self::Unsigned => "unsigned",
            Self::Forged => "forged",
            Self::Unreadable => "unreadable",
            Self::FromTheFuture => "from_the_future",
            Self::Refreshed => "refreshed",
            Self::StoreFailed => "store_failed",
        }
    }
}

impl From<&Reject> for MissReason {
    fn from(reject: &Reject) -> Self {
        match reject {
            Reject::Corrupt(_) => Self::Corrupt,
            Reject::Foreign(_) => Self::Foreign,
            Reject::Unsigned => Self::Unsigned,
            Reject::Forged => Self::Forged,
        }
    }
}

impl fmt::Display for MissReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What [`lookup`](super::Bound::lookup) finds, without computing or changing anything.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup {
    /// A call would take the result from the store.
    Hit(Box<EntryMeta>),
    /// A call would compute.
    Miss(MissReason),
}

impl Lookup {
    /// Whether a call would take the result from the store.
    pub fn is_hit(&self) -> bool {
        matches!(self, Self::Hit(_))
    }
}

/// What stands beside a kept value.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct EntryMeta {
    /// Where it is kept.
    pub key: Key,
    /// The size of the whole entry, in bytes.
    pub size: u64,
    /// When the computation ended.
    pub created: SystemTime,
    /// How long it took.
    pub duration: Duration,
    /// What a person may want to know.
    pub metadata: super::Metadata,
}

impl EntryMeta {
    pub(crate) fn new(key: &Key, header: &Header, metadata: super::Metadata) -> Self {
        Self {
            key: key.clone(),
            size: header.total_len,
            created: header.created,
            duration: header.duration,
            metadata,
        }
    }
}
