//! What a listing says of one entry.

use std::time::SystemTime;

use crate::Key;

/// One entry as [`StoreBackend::list`](super::StoreBackend::list) sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EntryInfo {
    /// Its key.
    pub key: Key,
    /// The length of its value, in bytes.
    pub size: u64,
    /// When it was last put or touched, where the store keeps [recency](super::StoreCapabilities::recency).
    pub last_used: Option<SystemTime>,
}

impl EntryInfo {
    /// An entry of `size` bytes whose last use is not known.
    pub fn new(key: Key, size: u64) -> Self {
        Self { key, size, last_used: None }
    }

    /// Says when it was last put or touched.
    #[must_use]
    pub fn last_used(mut self, at: SystemTime) -> Self {
        self.last_used = Some(at);
        self
    }
}
