//! How to dump and load.

use std::path::Path;
use std::sync::Arc;

use crate::codec::{Codec, EncodeOptions};
use crate::compress::{Choice, Chosen, Compression, Compressor, Compressors, check_level};
use crate::{Error, Registry, Result};

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

/// How [`load_with`](super::load_with) and [`load_from`](super::load_from) read.
#[derive(Debug, Clone)]
#[must_use]
pub struct LoadOptions {
    pub(super) max_bytes: u64,
    registry: Option<Arc<Registry>>,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self { max_bytes: u64::MAX, registry: None }
    }
}

impl LoadOptions {
    /// A value of any size.
    pub fn new() -> Self {
        Self::default()
    }

    /// The most bytes that a dump may have, decompressed: a small file from a stranger can stand for a very large value.
    /// Unlimited by default. With or without it, no more is reserved than has been read.
    pub fn max_bytes(mut self, max_bytes: u64) -> Self {
        self.max_bytes = max_bytes;
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
}
