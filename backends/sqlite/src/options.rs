//! What a user can choose.

use std::time::Duration;

use larder_core::units::{ByteSize, TimeSpan};
use larder_core::{Error, ErrorKind, Location, Result, StoreFactory};
use serde::Deserialize;

use crate::SqliteStore;

/// How much a finished `put` survives: SQLite's own `synchronous`. It is atomic in any case: whole or absent, also after
/// a `SIGKILL`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Synchronous {
    /// Nothing is waited for. A power failure may damage the whole database.
    Off,
    /// A power failure may take the latest entries, and damages nothing.
    #[default]
    Normal,
    /// What was put is there after a power failure. Each put waits for the disk.
    Full,
}

impl Synchronous {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Off => "OFF",
            Self::Normal => "NORMAL",
            Self::Full => "FULL",
        }
    }
}

/// The options of a [`SqliteStore`].
///
/// ```
/// use larder_sqlite::{SqliteOptions, Synchronous};
///
/// let options = SqliteOptions::default().synchronous(Synchronous::Full).cache_size(64 << 20);
/// # let _ = options;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SqliteOptions {
    /// What a finished `put` survives.
    pub synchronous: Synchronous,
    /// How long a call waits while another process writes, before it fails; 5 seconds.
    pub busy_timeout: TimeSpan,
    /// How much of the database each connection keeps in memory; 2 MiB.
    pub cache_size: ByteSize,
    /// How many callers read at once, each through a connection of its own; 4. One more writes.
    pub connections: usize,
    /// From how many bytes on a value is cut into several rows; 64 MiB.
    pub chunk_size: ByteSize,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            synchronous: Synchronous::default(),
            busy_timeout: TimeSpan(Duration::from_secs(5)),
            cache_size: ByteSize(2 << 20),
            connections: 4,
            chunk_size: ByteSize(64 << 20),
        }
    }
}

impl SqliteOptions {
    /// Sets what a finished `put` survives.
    #[must_use]
    pub fn synchronous(mut self, synchronous: Synchronous) -> Self {
        self.synchronous = synchronous;
        self
    }

    /// Sets how long a call waits while another process writes.
    #[must_use]
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = TimeSpan(timeout);
        self
    }

    /// Sets how many bytes of the database each connection keeps in memory.
    #[must_use]
    pub fn cache_size(mut self, bytes: u64) -> Self {
        self.cache_size = ByteSize(bytes);
        self
    }

    /// Sets how many callers read at once: 1 to 64.
    #[must_use]
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// Sets from how many bytes on a value is cut into several rows: 1 to 512 MiB.
    #[must_use]
    pub fn chunk_size(mut self, bytes: u64) -> Self {
        self.chunk_size = ByteSize(bytes);
        self
    }

    /// Refuses what SQLite could not do.
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |option, value: &dyn std::fmt::Display, want| {
            Err(Error::invalid(format!("the option `{option}` is {value}: want {want}"))
                .with("backend", "sqlite"))
        };
        match self {
            Self { connections: 0 | 65.., .. } => {
                wrong("connections", &self.connections, "1 to 64")
            }
            Self { chunk_size: ByteSize(0) | ByteSize(0x2000_0001..), .. } => {
                wrong("chunk_size", &self.chunk_size, "1 to 512MiB")
            }
            _ if self.busy_timeout.0 > Duration::from_secs(24 * 60 * 60) => {
                wrong("busy_timeout", &self.busy_timeout, "at most a day")
            }
            _ if self.cache_size.0 > 1 << 40 => {
                wrong("cache_size", &self.cache_size, "at most 1TiB")
            }
            _ => Ok(()),
        }
    }
}

/// The backend `sqlite` for a [`Registry`](larder_core::Registry): `sqlite:results.db?synchronous=full`.
///
/// ```
/// let registry = larder_core::Registry::new();
/// registry.register(larder_sqlite::factory())?;
/// # Ok::<(), larder_core::Error>(())
/// ```
pub fn factory() -> StoreFactory {
    StoreFactory::new("sqlite", |location: Location, options: SqliteOptions| {
        let path = location.path()?;
        // An empty file is a database to SQLite, and to be given tables.
        if location.must_exist() && path.metadata().is_ok_and(|file| file.is_file() && file.len() == 0) {
            return Err(Error::new(ErrorKind::NotFound, "the file is empty: there is no database in it")
                .with("path", path.display()));
        }
        SqliteStore::with_options(path, options)
    })
    .about("all entries in one SQLite database, for many small results")
    .option_help(
        "synchronous",
        "what a finished put survives: `off` a killed process, `normal` (default) a power failure, but for the latest \
         entries, `full` a power failure",
    )
    .option_help(
        "busy_timeout",
        "how long a call waits while another process writes, before it fails; 5s by default",
    )
    .option_help("cache_size", "how much each connection keeps in memory; 2MiB by default")
    .option_help("connections", "how many callers read at once, 1 to 64; 4 by default")
    .option_help(
        "chunk_size",
        "from how many bytes on a value is cut into several rows, 1 to 512MiB; 64MiB by default",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_opens_it_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let registry = larder_core::Registry::new();
        registry.register(factory()).unwrap();
        let open = |text: String| registry.open_store(&text.parse().unwrap());
        let here = |options: &str| open(format!("sqlite:{}/a.db{options}", dir.path().display()));
        assert!(here("").unwrap().capabilities().persistent);
        assert!(open(format!("sqlite://{}/a.db", dir.path().display())).is_ok());
        assert!(
            here("?synchronous=full&busy_timeout=1s&cache_size=8M&connections=2&chunk_size=1K")
                .is_ok()
        );
        for (options, says) in [
            ("?synchronus=full", "`synchronous`"),
            ("?synchronous=most", "`off`, `normal`, `full`"),
            ("?connections=0", "`connections` is 0: want 1 to 64"),
            ("?chunk_size=0", "want 1 to 512MiB"),
            ("?chunk_size=1G", "want 1 to 512MiB"),
            ("?busy_timeout=2d", "at most a day"),
            ("?cache_size=2T", "at most 1TiB"),
        ] {
            let error = here(options).unwrap_err();
            assert!(error.is_invalid() && error.to_string().contains(says), "{options}: {error}");
        }
        let existing = |name: &str| {
            let text = format!("sqlite:{}/{name}", dir.path().display());
            registry.open_existing(&text.parse().unwrap())
        };
        assert!(existing("a.db").is_ok());
        std::fs::write(dir.path().join("empty.db"), "").unwrap();
        for name in ["empty.db", "typo.db"] {
            let error = existing(name).unwrap_err();
            assert!(error.is_not_found() && error.to_string().contains(name), "{error}");
        }
        assert_eq!(std::fs::read(dir.path().join("empty.db")).unwrap(), b"");
        assert!(!dir.path().join("typo.db").exists());
        for text in ["sqlite::memory:", "sqlite:"] {
            let error = open(text.to_owned()).unwrap_err();
            assert!(error.is_invalid(), "{text}: {error}");
        }
    }
}
