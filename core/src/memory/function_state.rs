//! What one memory keeps of one function.

use std::panic::RefUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::hot::version_hash;
use super::identity::Identity;
use super::mapping::mapping;
use super::shelf::Shelf;
use super::stats::{Counters, Stats};
use super::{FunctionInfo, FunctionOptions};
use crate::codec::{Codec, EncodeOptions};
use crate::compress::Chosen;
use crate::map::Mapping;
use crate::{Prefix, Result};

/// One function under one memory: its place, its options with the memory's defaults filled in, its counters.
#[derive(Debug)]
pub(crate) struct FunctionState {
    pub(crate) name: String,
    /// All versions.
    pub(crate) function: Prefix,
    /// This version.
    pub(crate) version: Prefix,
    /// Where the code stands, for functions that have been through the attribute.
    pub(crate) info: Option<&'static FunctionInfo>,
    pub(crate) expires_after: Option<Duration>,
    pub(crate) validate: Option<fn(&super::Metadata) -> bool>,
    pub(crate) verbose: u8,
    pub(crate) compressor: Option<Chosen>,
    /// Whether numbers are shuffled for the compressor.
    pub(crate) shuffle: bool,
    /// Whether arrays are to be mapped, and how.
    pub(crate) mapping: Option<Mapping>,
    /// Whether it has been told that they cannot be.
    pub(crate) told_unmapped: AtomicBool,
    codec: Arc<dyn Codec>,
    /// The number this version goes by in the hot tier.
    pub(crate) version_hash: u64,
    /// Whether results must not be kept: another function claims the same place.
    pub(crate) uncached: bool,
    /// Whether the record of this version has been put by this process.
    pub(crate) recorded: AtomicBool,
    pub(crate) counters: Counters,
    last_micros: AtomicU64,
}

// As for the shelf.
impl RefUnwindSafe for FunctionState {}

impl FunctionState {
    /// # Errors
    /// When an option names a compressor or codec that is not registered, or asks for a map of what is compressed
    /// or signed.
    pub(crate) fn new(
        shelf: &Shelf,
        identity: &Identity,
        info: Option<&'static FunctionInfo>,
        options: &FunctionOptions,
    ) -> Result<Self> {
        if let Some(conflict) = &identity.conflict {
            tracing::warn!(target: "larder::function", function = identity.name, "not cached: {conflict}");
        }
        let settings = &shelf.settings;
        let compress = match options.compress {
            Some(compress) => compress.parse()?,
            None => settings.compress,
        };
        let compressor = shelf.compressors.resolve(&compress)?;
        let mode = match options.mmap_mode {
            Some(mode) => mode.parse()?,
            None => settings.mmap_mode,
        };
        Ok(Self {
            name: identity.name.clone(),
            function: identity.function.clone(),
            version: identity.version.clone(),
            info,
            expires_after: options.expires_after,
            validate: options.validate,
            verbose: options.verbose.unwrap_or(settings.verbose),
            mapping: mapping(mode, compressor.as_ref(), shelf.signers.is_some())
                .map_err(|error| error.with("function", &identity.name))?,
            compressor,
            shuffle: compress.shuffles(),
            codec: shelf.codecs.get(options.codec.unwrap_or(&settings.codec))?,
            version_hash: version_hash(&identity.version),
            uncached: identity.conflict.is_some(),
            recorded: AtomicBool::new(false),
            told_unmapped: AtomicBool::new(false),
            counters: Counters::default(),
            last_micros: AtomicU64::new(0),
        })
    }

    pub(crate) fn encode_options(&self) -> EncodeOptions<'_> {
        EncodeOptions::new(&*self.codec)
    }

    /// How long the function took when it last ran, here or wherever an entry came from.
    pub(crate) fn last_duration(&self) -> Duration {
        Duration::from_micros(self.last_micros.load(Relaxed))
    }

    pub(crate) fn note_duration(&self, duration: Duration) {
        self.last_micros.store(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX), Relaxed);
    }

    pub(crate) fn stats(&self) -> Stats {
        self.counters.snapshot()
    }
}
