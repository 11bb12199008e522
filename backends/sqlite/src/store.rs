//! [`SqliteStore`]: the store trait over the small parts beside it.

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use larder_core::store::host::HostLeases;
use larder_core::store::{
    BoxStream, EntryInfo, LeaseAttempt, PutMode, PutOutcome, StoreBackend, StoreCapabilities,
    listing,
};
use larder_core::{Error, Key, Payload, Prefix, Result};
use rusqlite::OptionalExtension;

use crate::database::Database;
use crate::error::at;
use crate::listing::{Pages, bounds, info};
use crate::options::SqliteOptions;
use crate::uses::{self, Uses};
use crate::{reading, writing};

/// All entries in one SQLite database. See the [crate's documentation](crate).
pub struct SqliteStore {
    database: Database,
    uses: Uses,
    leases: Option<Arc<HostLeases>>,
}

impl SqliteStore {
    /// Opens the store in the database at `path`, with default options. The file is made where there is none, and its
    /// directory; a relative path is made absolute now, so that a later change of the working directory changes nothing.
    ///
    /// # Errors
    /// [`Invalid`](larder_core::ErrorKind::Invalid) where the path is that of a directory, on a network file system,
    /// or `:memory:`, where the database is another program's or a newer larder's;
    /// [`Corrupt`](larder_core::ErrorKind::Corrupt) where the file is no database or a damaged one;
    /// [`PermissionDenied`](larder_core::ErrorKind::PermissionDenied) where the rights to write it are missing.
    /// All name the path.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::with_options(path, SqliteOptions::default())
    }

    /// [`open`](Self::open), with options.
    ///
    /// # Errors
    /// As for [`open`](Self::open), and [`Invalid`](larder_core::ErrorKind::Invalid) for an option that cannot be.
    pub fn with_options(path: impl AsRef<Path>, options: SqliteOptions) -> Result<Self> {
        let path = path.as_ref();
        let database =
            Database::open(path, options).map_err(|e| at(e, path).with("operation", "open"))?;
        Ok(Self { database, uses: Uses::default(), leases: HostLeases::new() })
    }

    /// The database, absolute.
    pub fn path(&self) -> &Path {
        self.database.place().path()
    }

    fn failed(&self, operation: &'static str, error: Error) -> Error {
        at(error, self.path()).with("operation", operation)
    }
}

#[async_trait]
impl StoreBackend for SqliteStore {
    fn capabilities(&self) -> StoreCapabilities {
        let database = StoreCapabilities::inline().persistent().create().recency().range();
        match HostLeases::SCOPE {
            Some(scope) => database.lease(scope),
            None => database,
        }
    }

    #[inline]
    async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        self.database
            .find(|connection| reading::get(connection, key.as_str()))
            .map_err(|error| self.failed("get", error).with("key", key))
    }

    async fn get_range(&self, key: &Key, range: Range<u64>) -> Result<Option<Bytes>> {
        self.database
            .look(|connection| reading::get_range(connection, key.as_str(), range.clone()))
            .map_err(|error| self.failed("get_range", error).with("key", key))
    }

    async fn put(&self, key: &Key, value: Payload, mode: PutMode<'_>) -> Result<PutOutcome> {
        let replace = match mode {
            PutMode::Replace => true,
            PutMode::Create => false,
            PutMode::Leased(lease) => match &self.leases {
                Some(leases) if leases.holds(lease, key) => true,
                Some(_) => return Ok(PutOutcome::LeaseLost),
                None => return Err(Error::unsupported("sqlite", "leased puts")),
            },
        };
        let chunk = self.database.options().chunk_size.0 as usize;
        let written = self
            .database
            .write(|connection| writing::put(connection, key.as_str(), &value, replace, chunk))
            .map_err(|error| self.failed("put", error).with("key", key))?;
        Ok(if written { PutOutcome::Written } else { PutOutcome::Exists })
    }

    async fn delete(&self, key: &Key) -> Result<bool> {
        let deleted = self.database.change(|connection| {
            connection.prepare_cached("DELETE FROM entries WHERE key = ?1")?.execute([key.as_str()])
        });
        deleted
            .map(|deleted| deleted > 0)
            .map_err(|error| self.failed("delete", error).with("key", key))
    }

    fn list<'a>(&'a self, prefix: &Prefix) -> BoxStream<'a, Result<EntryInfo>> {
        if let Err(error) = self.uses.write(&self.database) {
            tracing::debug!(%error, "notes of last uses are lost");
        }
        let prefix = prefix.clone();
        listing(Pages::new(&self.database, &prefix).map(move |info| {
            info.map_err(|error| self.failed("list", error).with("prefix", &prefix))
        }))
    }

    async fn head(&self, key: &Key) -> Result<Option<EntryInfo>> {
        self.database
            .look(|connection| {
                connection
                    .prepare_cached("SELECT key, size, used FROM entries WHERE key = ?1")?
                    .query_row([key.as_str()], info)
                    .optional()
                    .map(Option::flatten)
            })
            .map_err(|error| self.failed("head", error).with("key", key))
    }

    async fn delete_prefix(&self, prefix: &Prefix) -> Result<u64> {
        let (after, end) = bounds(prefix);
        self.database
            .change(|connection| {
                let delete = "DELETE FROM entries WHERE key > ?1 AND key < ?2";
                Ok(connection.prepare_cached(delete)?.execute((&after, &end))? as u64)
            })
            .map_err(|error| self.failed("delete_prefix", error).with("prefix", prefix))
    }

    #[inline]
    async fn touch(&self, key: &Key) -> Result<bool> {
        let touched = self.database.find(|connection| uses::last(connection, key));
        if let Ok(Some(_)) = touched {
            self.uses.note(key);
            if let Err(error) = self.uses.write_if_due(&self.database) {
                tracing::debug!(%error, "notes of last uses are lost");
            }
            return Ok(true);
        }
        touched
            .map(|found| found.is_some())
            .map_err(|error| self.failed("touch", error).with("key", key))
    }

    async fn lease(&self, key: &Key) -> Result<LeaseAttempt> {
        let Some(leases) = &self.leases else { return Err(Error::unsupported("sqlite", "leases")) };
        let place = self.database.place();
        leases.attempt(key, || place.open_lock_file()).map_err(|error| {
            let error = Error::from(error).with("path", place.lock_file().display());
            error.with("backend", "sqlite").with("operation", "lease").with("key", key)
        })
    }

    /// SQLite keeps the room of deleted entries for new ones, until the whole database is written anew. That needs as much
    /// room again meanwhile; readers go on, writers wait, and where another process writes for longer than the busy timeout
    /// it is an error.
    async fn compact(&self) -> Result<u64> {
        let before = self.database.place().size();
        self.database
            .change(|connection| {
                connection.execute_batch("VACUUM")?;
                // What was written anew is in the log yet; where others read, it goes to its place later.
                connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            })
            .map_err(|error| self.failed("compact", error))?;
        Ok(before.saturating_sub(self.database.place().size()))
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        if let Err(error) = self.uses.write(&self.database) {
            tracing::debug!(%error, "notes of last uses are lost");
        }
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SqliteStore").field(&self.path()).finish()
    }
}
