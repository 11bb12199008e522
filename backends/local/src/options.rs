//! What a user can choose.

use serde::Deserialize;

/// How much a finished `put` survives. It is atomic in any case: whole or absent, also after a `SIGKILL`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Durability {
    /// Nothing is waited for. After a power failure the latest entries may be gone or damaged; damage is found by the
    /// checksum above the store and counts as a miss. Right for what can be computed again.
    #[default]
    None,
    /// The file's bytes are on the disk before it gets its name: after a power failure an entry is whole or absent.
    File,
    /// Its name is on the disk too: what was put is there after a power failure.
    Full,
}

/// The options of a [`LocalStore`](crate::LocalStore).
///
/// ```
/// use larder_local::{Durability, LocalOptions};
///
/// let options = LocalOptions::default().durability(Durability::File).map_from(64 << 20);
/// # let _ = options;
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct LocalOptions {
    /// What a finished `put` survives.
    pub durability: Durability,
    /// From how many bytes on a value is memory-mapped instead of read; `u64::MAX` is never.
    /// Left out: [`MAP_FROM`], and never on network and FUSE file systems, where a file that is truncated elsewhere
    /// would kill the process, nor off Unix, where a mapped file cannot be replaced.
    pub map_from: Option<u64>,
}

/// From how many bytes on a map is faster than a read: 1 MiB.
pub const MAP_FROM: u64 = 1 << 20;

impl LocalOptions {
    /// Sets what a finished `put` survives.
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Sets from how many bytes on a value is memory-mapped, whatever the file system; `u64::MAX` is never.
    #[must_use]
    pub fn map_from(mut self, bytes: u64) -> Self {
        self.map_from = Some(bytes);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_names_options_and_nothing_else() {
        let read = serde_json::from_str::<LocalOptions>;
        assert_eq!(read("{}").unwrap(), LocalOptions::default());
        let options = LocalOptions::default().durability(Durability::Full).map_from(9);
        assert_eq!(read(r#"{"durability": "full", "map_from": 9}"#).unwrap(), options);
        let error = read(r#"{"durability": "most"}"#).unwrap_err().to_string();
        assert!(error.contains("`none`, `file`, `full`"), "{error}");
        assert!(read(r#"{"map_form": 9}"#).unwrap_err().to_string().contains("map_from"));
    }
}
