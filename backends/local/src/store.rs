//! [`LocalStore`]: the store trait over the small parts beside it.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use larder_core::store::host::HostLeases;
use larder_core::store::{
    BoxStream, EntryInfo, LeaseAttempt, PutMode, PutOutcome, StoreBackend, StoreCapabilities,
    listing,
};
use larder_core::{Error, Key, Payload, Prefix, Result};

use crate::layout::EntryPath;
use crate::options::{Durability, LocalOptions, MAP_FROM};
use crate::place::Place;
use crate::reading::read;
use crate::root_dir::TEMP_DIR;
use crate::sweep::sweep;
use crate::walk::Walk;
use crate::writing::write;

/// The lock file of all leases, below the root. A name with a dot in front is never part of a key.
const LOCK_FILE: &str = ".lock";

/// One file an entry, in a directory. See the [crate's documentation](crate).
pub struct LocalStore {
    place: Place,
    durability: Durability,
    map_from: u64,
    leases: Option<Arc<HostLeases>>,
}

impl LocalStore {
    /// Opens the store in the directory `path`, with default options. The directory is made where there is none;
    /// a relative path is made absolute now, so that a later change of the working directory changes nothing.
    ///
    /// # Errors
    /// [`Invalid`](larder_core::ErrorKind::Invalid) where the path, or a part of it, is a file;
    /// [`PermissionDenied`](larder_core::ErrorKind::PermissionDenied) where the directory cannot be listed or made.
    /// Both name the path.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::with_options(path, LocalOptions::default())
    }

    /// [`open`](Self::open), with options.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn with_options(path: impl AsRef<Path>, options: LocalOptions) -> Result<Self> {
        let place = Place::open(path.as_ref(), is_full(&options))?;
        if let Err(error) = sweep(&place.root()) {
            tracing::debug!(%error, path = %place.path().display(), "temporary files are left");
        }
        Ok(Self::at(place, options))
    }

    /// [`with_options`](Self::with_options), provided that the directory is there. Opening changes nothing: temporary
    /// files of killed writers stay for the next one who does not only look.
    ///
    /// # Errors
    /// As for [`open`](Self::open); [`NotFound`](larder_core::ErrorKind::NotFound) where there is no such directory.
    pub fn open_existing(path: impl AsRef<Path>, options: LocalOptions) -> Result<Self> {
        let place = Place::open_existing(path.as_ref(), is_full(&options))?;
        Ok(Self::at(place, options))
    }

    fn at(place: Place, options: LocalOptions) -> Self {
        let unasked = if place.root().is_remote() { u64::MAX } else { MAP_FROM };
        Self {
            durability: options.durability,
            map_from: options.map_from.unwrap_or(unasked),
            leases: HostLeases::new(),
            place,
        }
    }

    /// The store's directory, absolute.
    pub fn path(&self) -> &Path {
        self.place.path()
    }

    #[inline]
    fn read(&self, key: &Key, range: Range<u64>) -> Result<Option<Bytes>> {
        let path = EntryPath::of(key);
        let opened = match self.place.root().open_entry(path.as_str()) {
            Ok(None) => match self.place.reopened() {
                Some(root) => root.open_entry(path.as_str()),
                None => return Ok(None),
            },
            opened => opened,
        };
        let read = |file| read(&file, range, self.map_from);
        opened.and_then(|file| file.map(read).transpose()).map_err(|e| self.failed("get", key, e))
    }

    fn failed(&self, operation: &'static str, key: &Key, error: io::Error) -> Error {
        failed(self.place.path(), operation, EntryPath::of(key).as_str(), error).with("key", key)
    }

    fn failed_below(&self, operation: &'static str, prefix: &Prefix, error: io::Error) -> Error {
        failed(self.place.path(), operation, prefix.as_str(), error).with("prefix", prefix)
    }
}

fn is_full(options: &LocalOptions) -> bool {
    options.durability == Durability::Full
}

fn failed(root: &Path, operation: &'static str, path: &str, error: io::Error) -> Error {
    Error::from(error)
        .with("path", root.join(path).display())
        .with("backend", "local")
        .with("operation", operation)
}

#[async_trait]
impl StoreBackend for LocalStore {
    fn capabilities(&self) -> StoreCapabilities {
        let files =
            StoreCapabilities::inline().persistent().create().recency().range().local_path();
        match HostLeases::SCOPE {
            Some(scope) => files.lease(scope),
            None => files,
        }
    }

    #[inline]
    async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        self.read(key, 0..u64::MAX)
    }

    async fn get_range(&self, key: &Key, range: Range<u64>) -> Result<Option<Bytes>> {
        self.read(key, range)
    }

    async fn put(&self, key: &Key, value: Payload, mode: PutMode<'_>) -> Result<PutOutcome> {
        let replace = match mode {
            PutMode::Replace => true,
            PutMode::Create => false,
            PutMode::Leased(lease) => match &self.leases {
                Some(leases) if leases.holds(lease, key) => true,
                Some(_) => return Ok(PutOutcome::LeaseLost),
                None => return Err(Error::unsupported("local", "leased puts")),
            },
        };
        let path = EntryPath::of(key);
        let written = self.place.with_root(|root| {
            if !replace && root.open_entry(path.as_str())?.is_some() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            write(root, &path, &value, replace, self.durability)
        });
        match written {
            Ok(()) => Ok(PutOutcome::Written),
            Err(error) if !replace && error.kind() == io::ErrorKind::AlreadyExists => {
                Ok(PutOutcome::Exists)
            }
            Err(error) => Err(self.failed("put", key, error)),
        }
    }

    async fn delete(&self, key: &Key) -> Result<bool> {
        let root = self.place.live_root();
        root.remove_file(EntryPath::of(key).as_str()).map_err(|e| self.failed("delete", key, e))
    }

    fn list<'a>(&'a self, prefix: &Prefix) -> BoxStream<'a, Result<EntryInfo>> {
        let walk = Walk::new(self.place.live_root(), prefix);
        let prefix = prefix.clone();
        listing(walk.map(move |info| info.map_err(|e| self.failed_below("list", &prefix, e))))
    }

    async fn head(&self, key: &Key) -> Result<Option<EntryInfo>> {
        let root = self.place.live_root();
        let found = root
            .open_entry(EntryPath::of(key).as_str())
            .and_then(|entry| {
                entry.map(|(_, metadata)| Ok((metadata.len(), metadata.modified()?))).transpose()
            })
            .map_err(|error| self.failed("head", key, error))?;
        Ok(found.map(|(size, used)| EntryInfo::new(key.clone(), size).last_used(used)))
    }

    async fn delete_prefix(&self, prefix: &Prefix) -> Result<u64> {
        let mut deleted = 0;
        Walk::new(self.place.live_root(), prefix)
            .remove_all(|| deleted += 1)
            .map_err(|error| self.failed_below("delete_prefix", prefix, error))?;
        Ok(deleted)
    }

    async fn touch(&self, key: &Key) -> Result<bool> {
        match self.place.live_root().touch(EntryPath::of(key).as_str()) {
            Ok(found) => Ok(found),
            // Who may only read may still read: this store then has no say in what was used last.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
                ) =>
            {
                tracing::debug!(%error, %key, "cannot note a use");
                Ok(true)
            }
            Err(error) => Err(self.failed("touch", key, error)),
        }
    }

    async fn lease(&self, key: &Key) -> Result<LeaseAttempt> {
        let Some(leases) = &self.leases else { return Err(Error::unsupported("local", "leases")) };
        let open = || self.place.with_root(|root| root.open_or_create(LOCK_FILE));
        leases
            .attempt(key, open)
            .map_err(|e| failed(self.place.path(), "lease", LOCK_FILE, e).with("key", key))
    }

    async fn compact(&self) -> Result<u64> {
        sweep(&self.place.live_root())
            .map_err(|error| failed(self.place.path(), "compact", TEMP_DIR, error))
    }

    fn local_path(&self, key: &Key) -> Option<PathBuf> {
        Some(self.place.path().join(EntryPath::of(key).as_str()))
    }
}

impl fmt::Debug for LocalStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LocalStore").field(&self.place.path()).finish()
    }
}
