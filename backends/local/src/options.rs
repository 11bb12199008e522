//! What a user can choose.

use larder_core::{Location, StoreFactory};
use serde::Deserialize;

use crate::LocalStore;

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

/// The backend `local` for a [`Registry`](larder_core::Registry): `local:./cache?durability=file`.
///
/// ```
/// let registry = larder_core::Registry::new();
/// registry.register(larder_local::factory())?;
/// # Ok::<(), larder_core::Error>(())
/// ```
pub fn factory() -> StoreFactory {
    StoreFactory::new("local", |location: Location, options: LocalOptions| {
        let path = location.path()?;
        match location.must_exist() {
            true => LocalStore::open_existing(path, options),
            false => LocalStore::with_options(path, options),
        }
    })
    .schemes(["file"])
    .about("one file an entry, in a directory")
    .option_help(
        "durability",
        "what a finished put survives: `none` (default) a killed process, `file` a power failure, whole or absent, \
         `full` a power failure, certainly there",
    )
    .option_help(
        "map_from",
        "from how many bytes on a value is memory-mapped; 1 MiB by default, never on network file systems",
    )
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

    #[test]
    fn what_must_exist_is_neither_made_nor_tidied() {
        let dir = tempfile::tempdir().unwrap();
        let registry = larder_core::Registry::new();
        registry.register(factory()).unwrap();
        let open = |path: &std::path::Path| registry.open_existing(&path.try_into().unwrap());
        let typo = dir.path().join("typo");
        let error = open(&typo).unwrap_err();
        assert!(error.is_not_found(), "{error}");
        assert!(error.message().contains("typo"), "{error}");
        assert!(!typo.exists());
        std::fs::create_dir(dir.path().join(".tmp")).unwrap();
        let left_behind = dir.path().join(".tmp/0");
        std::fs::write(&left_behind, "of a killed writer").unwrap();
        open(dir.path()).unwrap();
        assert!(left_behind.exists(), "looking removed a file");
        let empty = dir.path().join("empty");
        std::fs::create_dir(&empty).unwrap();
        open(&empty).unwrap();
        assert_eq!(std::fs::read_dir(&empty).unwrap().count(), 0, "looking wrote a file");
    }

    #[test]
    fn a_registry_opens_it_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let registry = larder_core::Registry::new();
        registry.register(factory()).unwrap();
        let open = |options: &str| {
            let config = format!("local:{}{options}", dir.path().display());
            registry.open_store(&config.parse().unwrap())
        };
        assert!(open("").unwrap().capabilities().persistent);
        let url = format!("file://{}", dir.path().display());
        assert!(registry.open_store(&url.parse().unwrap()).unwrap().capabilities().local_path);
        assert!(open("?durability=file&map_from=4096").is_ok());
        assert!(open("?durability=most").unwrap_err().to_string().contains("full"));
        assert!(open("/x?map_form=1").unwrap_err().to_string().contains("map_from"));
    }
}
