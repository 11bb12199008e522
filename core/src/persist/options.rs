//! How to dump and load.

use std::path::Path;
use std::sync::Arc;

use crate::codec::{Codec, EncodeOptions};
use crate::compress::{Choice, Chosen, Compression, Compressor, Compressors, check_level};
use crate::config::Verify;
use crate::map::Mapping;
use crate::{Error, MmapMode, Registry, Result};

/// How [`dump_with`](super::dump_with) and [`dump_to`](super::dump_to) write.
///
/// ```
/// use larder_core::persist::DumpOptions;
///
/// let options = DumpOptions::new().compress("zlib:9")?.codec("cbor").sync(true);
/// # let _ = options;
/// # Ok::<(), larder_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct DumpOptions {
    compress: Option<Compression>,
    codec: Option<String>,
    sync: bool,
    registry: Option<Arc<Registry>>,
}

impl DumpOptions {
    /// The codec `postcard`, the compressor that the file's extension means, no waiting for the disk.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether and how to compress: `true`, `false`, a level, `"name"`, `"name:level"`, `("name", level)`, or a
    /// [`Compression`]. The [module](super) says what comes of it and the extension together.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a text that is no setting.
    pub fn compress<C>(mut self, compress: C) -> Result<Self>
    where
        C: TryInto<Compression>,
        Error: From<C::Error>,
    {
        self.compress = Some(compress.try_into()?);
        Ok(self)
    }

    /// The codec, by name; `postcard` by default.
    pub fn codec(mut self, name: impl Into<String>) -> Self {
        self.codec = Some(name.into());
        self
    }

    /// Whether to return only once the file is on the disk and survives a power failure (`fsync`); not by default.
    /// [`dump_to`](super::dump_to) has no file and does not look at it.
    pub fn sync(mut self, sync: bool) -> Self {
        self.sync = sync;
        self
    }

    /// Where codecs and compressors are looked up: the process-wide registry by default.
    pub fn registry(mut self, registry: Arc<Registry>) -> Self {
        self.registry = Some(registry);
        self
    }

    pub(super) fn plan(&self, path: Option<&Path>) -> Result<Plan> {
        if path.and_then(Path::extension).is_some_and(|extension| extension == "npy") {
            return Err(Error::invalid(
                "a dump is no .npy file: `Array::save_npy` writes one, and a dump takes another extension",
            ));
        }
        let registry = self.registry.as_deref().unwrap_or_else(|| Registry::global());
        let codec = registry.codecs().get(self.codec.as_deref().unwrap_or("postcard"))?;
        let compressor = self.compressor(&registry.compressors(), path)?;
        Ok(Plan { codec, compressor, sync: self.sync })
    }

    fn compressor(&self, all: &Compressors, path: Option<&Path>) -> Result<Option<Chosen>> {
        let extension = path.and_then(Path::extension).and_then(|extension| extension.to_str());
        let of_name = |extension: Option<&str>| match extension {
            Some(extension) => all.by_extension(extension),
            None => Ok(None),
        };
        let level = match self.compress.map(|compress| (compress.choice(), compress)) {
            None | Some((Choice::Usual, _)) => None,
            Some((Choice::Level(level), _)) => Some(level),
            Some((Choice::None | Choice::Named(..), setting)) => {
                let chosen = all.resolve(&setting)?;
                // One that is not compiled in is not what was asked for: no reason to fail.
                if let Ok(Some(named)) = of_name(extension) {
                    warn_of_conflict(path, &*named, chosen.as_ref());
                }
                return Ok(chosen);
            }
        };
        match (of_name(extension)?, self.compress) {
            (Some(compressor), _) => {
                check_level(&*compressor, level)?;
                Ok(Some((compressor, level)))
            }
            (None, Some(setting)) => all.resolve(&setting),
            (None, None) => Ok(None),
        }
    }
}

fn warn_of_conflict(path: Option<&Path>, named: &dyn Compressor, chosen: Option<&Chosen>) {
    let chosen = chosen.map_or("none", |(compressor, _)| compressor.name());
    if chosen != named.name() {
        tracing::warn!(
            target: "larder::persist",
            path = %path.unwrap_or(Path::new("")).display(), compressor = chosen, extension_means = named.name(),
            "the file is not compressed as its name says"
        );
    }
}

/// What the options and the name of the file come to.
#[derive(Debug)]
pub(super) struct Plan {
    codec: Arc<dyn Codec>,
    pub(super) compressor: Option<Chosen>,
    pub(super) sync: bool,
}

impl Plan {
    pub(super) fn encode_options(&self) -> EncodeOptions<'_> {
        EncodeOptions::new(&*self.codec)
    }
}

/// How [`load_with`](super::load_with), [`load_from`](super::load_from) and
/// [`Array::load_npy_with`](crate::Array::load_npy_with) read.
///
/// ```
/// use larder_core::{LoadOptions, MmapMode};
///
/// let options = LoadOptions::new().mmap_mode(MmapMode::ReadOnly);
/// # let _ = options;
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct LoadOptions {
    pub(super) max_bytes: u64,
    pub(super) verify: Verify,
    mmap_mode: MmapMode,
    map_anywhere: bool,
    registry: Option<Arc<Registry>>,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            max_bytes: u64::MAX,
            verify: Verify::Read,
            mmap_mode: MmapMode::Auto,
            map_anywhere: false,
            registry: None,
        }
    }
}

impl LoadOptions {
    /// A value of any size, read.
    pub fn new() -> Self {
        Self::default()
    }

    /// The most bytes that a dump may have, decompressed: a small file from a stranger can stand for a very large value.
    /// Unlimited by default. With or without it, no more is reserved than has been read.
    pub fn max_bytes(mut self, max_bytes: u64) -> Self {
        self.max_bytes = max_bytes;
        self
    }

    /// Whether the [`Array`](crate::Array)s of the value are mapped instead of read: `r`, or `c` for those that are to
    /// be changed here. Loading then takes next to no time and memory, whatever their size; their pages come from the
    /// file when they are looked at. Arrays below 4 KiB lie in the value's own bytes and are read.
    ///
    /// What cannot be mapped is read, with a warning (`tracing`, target `larder::persist`) that says why: a compressed
    /// file, a stream, a file that is not known to be on a disk of this machine. `r+` and `w+` are refused: an array to
    /// write to is a [`SharedArray`](crate::SharedArray).
    ///
    /// A file that is mapped must not be changed in place. [`dump`](super::dump) does not, it replaces files. What else
    /// truncates one ends the process (`SIGBUS`) when it looks at the missing part.
    pub fn mmap_mode(mut self, mode: MmapMode) -> Self {
        self.mmap_mode = mode;
        self
    }

    /// Whether files of network and FUSE file systems are mapped, too; they are not by default, since others may
    /// truncate them. Off Linux, where these cannot be told from the rest, this is for all files.
    pub fn map_anywhere(mut self, anywhere: bool) -> Self {
        self.map_anywhere = anywhere;
        self
    }

    /// Which checksums are looked at. Those of mapped arrays are not by default, which would read them.
    pub fn verify(mut self, verify: Verify) -> Self {
        self.verify = verify;
        self
    }

    /// Where codecs and compressors are looked up: the process-wide registry by default.
    pub fn registry(mut self, registry: Arc<Registry>) -> Self {
        self.registry = Some(registry);
        self
    }

    pub(super) fn lookup(&self) -> &Registry {
        self.registry.as_deref().unwrap_or_else(|| Registry::global())
    }

    pub(crate) fn limit(&self) -> u64 {
        self.max_bytes
    }

    /// # Errors
    /// For the modes that no value can have.
    pub(crate) fn mapping(&self) -> Result<Option<Mapping>> {
        self.mmap_mode.mapping("a dump")
    }

    pub(crate) fn maps_anywhere(&self) -> bool {
        self.map_anywhere
    }
}
