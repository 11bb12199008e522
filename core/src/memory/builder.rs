//! Every setting of a memory, made in code.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::mapping::mapping;
use super::shelf::Shelf;
use super::{Limits, Memory};
use crate::compress::Compression;
use crate::digest::KeyAlgorithm;
use crate::store::StoreBackend;
use crate::units::{ByteSize, TimeSpan};
use crate::{MemoryConfig, MmapMode, Mounted, OnStoreError, Registry, Result, Secret, Verify};

/// A [`Memory`] about to be opened: see [`Memory::builder`].
///
/// ```
/// use larder_core::{Memory, OnStoreError};
///
/// let memory = Memory::builder("memory:")?
///     .verbose(1)
///     .on_store_error(OnStoreError::Fail)
///     .open()?;
/// # Ok::<(), larder_core::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "nothing is opened until `open`"]
pub struct MemoryBuilder {
    settings: MemoryConfig,
    built: Option<Arc<dyn StoreBackend>>,
    registry: Option<Arc<Registry>>,
}

impl MemoryBuilder {
    pub(crate) fn described(settings: MemoryConfig) -> Self {
        Self { settings, built: None, registry: None }
    }

    pub(crate) fn over(store: Arc<dyn StoreBackend>) -> Self {
        Self { settings: MemoryConfig::default(), built: Some(store), registry: None }
    }

    /// Where backends, codecs and compressors are looked up: the process-wide registry by default.
    pub fn registry(mut self, registry: Arc<Registry>) -> Self {
        self.registry = Some(registry);
        self
    }

    /// The hash that makes keys of arguments. Another one is another set of keys.
    pub fn key_algorithm(mut self, algorithm: KeyAlgorithm) -> Self {
        self.settings.key_algorithm = algorithm;
        self
    }

    /// The codec of results, by name; `postcard` by default.
    pub fn codec(mut self, name: impl Into<String>) -> Self {
        self.settings.codec = name.into();
        self
    }

    /// The compressor of results; none by default.
    pub fn compress(mut self, compression: Compression) -> Self {
        self.settings.compress = compression;
        self
    }

    /// How much is told at `INFO` through `tracing`: 0 nothing, from 1 computations, from 11 also hits.
    pub fn verbose(mut self, verbose: u8) -> Self {
        self.settings.verbose = verbose;
        self
    }

    /// What a call does when the store fails; it computes by default.
    pub fn on_store_error(mut self, policy: OnStoreError) -> Self {
        self.settings.on_store_error = policy;
        self
    }

    /// Whether the arguments' `Debug` is written beside results; it is by default.
    pub fn record_args(mut self, record: bool) -> Self {
        self.settings.record_args = record;
        self
    }

    /// Whether a call waits for another process that computes the same result, where the store can tell; it does by
    /// default.
    pub fn lease(mut self, lease: bool) -> Self {
        self.settings.lease = lease;
        self
    }

    /// Which checksums a hit looks at; those of what it reads by default.
    pub fn verify(mut self, verify: Verify) -> Self {
        self.settings.verify = verify;
        self
    }

    /// Whether the arrays of results are mapped, and how.
    ///
    /// * [`Auto`](MmapMode::Auto), the default: a hit maps what the store maps (files of a mebibyte and more, on a disk
    ///   of this machine); the first call returns what was computed.
    /// * [`ReadOnly`](MmapMode::ReadOnly): arrays of 4 KiB and more always are, also those of the first call, and of a
    ///   result that was computed anew: once it is kept it is taken back from the store. So what was computed need not
    ///   stay in memory, and every process that uses the result shares its pages.
    /// * [`CopyOnWrite`](MmapMode::CopyOnWrite): likewise, and [`make_mut`](crate::Array::make_mut) of an array that
    ///   nothing else shares copies only the pages that are written to. The store never sees it.
    ///
    /// Where a store has no files to map, results are what they are without it, with a warning. Not beside
    /// [`compress`](Self::compress): what is compressed cannot be mapped.
    pub fn mmap_mode(mut self, mode: MmapMode) -> Self {
        self.settings.mmap_mode = mode;
        self
    }

    /// What entries are signed with, so that nobody who can write the store, but does not have the secret, can make a
    /// call return anything: what they put, changed, or moved to another key is a miss, told as
    /// [`Unsigned`](super::MissReason::Unsigned) or [`Forged`](super::MissReason::Forged), and computed anew.
    ///
    /// At least 16 bytes; 32 that a generator of random numbers made, as text, are good. A hit then reads all of its
    /// entry: arrays are not mapped. Beside `mmap_mode` `r` and `c`, which want that, the memory does not open. Without a
    /// secret, signed entries are hits like others.
    ///
    /// The secret does not travel with the memory: tasks in other processes take it from `LARDER_SECRET` or
    /// `LARDER_SECRET_FILE` there, or else compute without a store.
    ///
    /// ```
    /// use larder_core::{Memory, Secret};
    ///
    /// # let (text, before) = ("0123456789abcdef", "fedcba9876543210");
    /// let memory = Memory::builder("memory:")?
    ///     .secret(Secret::from(text))
    ///     .old_secrets([Secret::from(before)])    // for as long as there are entries signed with it
    ///     .open()?;
    /// # Ok::<(), larder_core::Error>(())
    /// ```
    pub fn secret(mut self, secret: Secret) -> Self {
        self.settings.secret = Some(secret);
        self
    }

    /// Secrets that were in use before: what is signed with one of them is still a hit.
    pub fn old_secrets(mut self, secrets: impl IntoIterator<Item = Secret>) -> Self {
        self.settings.old_secrets = secrets.into_iter().collect();
        self
    }

    /// A file of secrets in place of [`secret`](Self::secret) and [`old_secrets`](Self::old_secrets), one a line: the
    /// first signs, all are believed.
    pub fn secret_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.secret_file = Some(path.into());
        self
    }

    /// What the store is kept to while results are put: the least recently used go first, until nine tenths of a limit
    /// are left. No limit by default.
    ///
    /// The limits are this memory's: they hold for the whole store, and for what others put there as well. Each process
    /// that puts should have the same.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings.max_bytes = limits.max_bytes.map(ByteSize);
        self.settings.max_items = limits.max_items;
        self.settings.max_age = limits.max_age.map(TimeSpan);
        self
    }

    /// How many bytes results of `hot` functions may take in memory; 64 MiB by default, 0 is none.
    pub fn hot_bytes(mut self, bytes: u64) -> Self {
        self.settings.hot_bytes = ByteSize(bytes);
        self
    }

    /// How long a result of a `hot` function is taken from memory without a look at the store, where another process
    /// may have cleared it; a minute by default.
    pub fn hot_for(mut self, time: Duration) -> Self {
        self.settings.hot_for = TimeSpan(time);
        self
    }

    /// Opens the store.
    ///
    /// # Errors
    /// As [`Memory::open`]; and when a codec or compressor is not registered, or a secret is too short, or nowhere.
    pub fn open(mut self) -> Result<Memory> {
        if !self.settings.enabled {
            return Ok(Memory::disabled());
        }
        let registry = self.registry.as_deref().unwrap_or_else(|| Registry::global());
        let (codecs, compressors) = (registry.codecs(), registry.compressors());
        codecs.get(&self.settings.codec)?;
        let compressor = compressors.resolve(&self.settings.compress)?;
        if let Some(file) = &mut self.settings.secret_file {
            // It is looked at once more by who opens this memory in another process.
            *file = std::path::absolute(&*file)?;
        }
        let signers = self.settings.signers()?;
        mapping(self.settings.mmap_mode, compressor.as_ref(), signers.is_some())?;
        let described = self.built.is_none();
        let store = match self.built {
            Some(store) => store,
            None => {
                let (store, anywhere) = registry.open_anywhere(&self.settings.store, false)?;
                self.settings.store = anywhere;
                store
            }
        };
        Ok(Memory::of_shelf(Shelf::new(
            Mounted::new(store),
            self.settings,
            described,
            codecs,
            compressors,
            signers,
        )))
    }
}
