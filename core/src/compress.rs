//! Compressors: streams of bytes made smaller, by name.

mod compression;
#[cfg(feature = "zstd")]
mod zstd;

use std::fmt;
use std::io::{self, Read, Write};
use std::ops::RangeInclusive;
use std::sync::Arc;

pub use self::compression::Compression;
#[cfg(feature = "zstd")]
pub use self::zstd::Zstd;
use crate::table::Table;
use crate::{Error, ErrorKind, Result};

/// Makes a stream of bytes smaller, and back.
///
/// # Contract
/// * `decompress` gives back what `compress` read, to the byte, and fails on anything else.
/// * Both pass errors of `input` and `output` on as they are: a limit on the output ends a decompression bomb.
/// * Neither keeps all of a stream in memory.
pub trait Compressor: fmt::Debug + Send + Sync + 'static {
    /// The name it is chosen by, which is stored with every value: 1 to 16 of `a-z 0-9 -`.
    fn name(&self) -> &str;

    /// The first bytes of everything it writes, by which a file is recognised; empty if it has none of its own.
    fn magic(&self) -> &[u8];

    /// The file name extensions that mean it, without a dot.
    fn extensions(&self) -> &[&str];

    /// The levels it takes; `None` for one without levels.
    fn levels(&self) -> Option<RangeInclusive<i32>>;

    /// Writes the compressed bytes of all of `input`. No level is its own default.
    ///
    /// # Errors
    /// Those of `input` and `output`, and for a level that it does not take.
    fn compress(
        &self,
        level: Option<i32>,
        input: &mut dyn Read,
        output: &mut dyn Write,
    ) -> io::Result<()>;

    /// Writes what the bytes of `input` were made of.
    ///
    /// # Errors
    /// Those of `input` and `output`, and for bytes that are damaged, end early or go on after the end.
    fn decompress(&self, input: &mut dyn Read, output: &mut dyn Write) -> io::Result<()>;
}

/// A compressor and the level to use; no level is its own default.
pub type Chosen = (Arc<dyn Compressor>, Option<i32>);

/// Decompresses what is known to have been `len` bytes.
///
/// # Errors
/// [`ErrorKind::Corrupt`] when it becomes more, as soon as it does, or less, or cannot be decompressed.
pub fn decompress(
    compressor: &dyn Compressor,
    input: &mut dyn Read,
    output: &mut dyn Write,
    len: u64,
) -> Result<()> {
    let mut limited = Limited { output, left: len, exceeded: false };
    let done = compressor.decompress(input, &mut limited);
    let corrupt = |why: String| {
        Err(Error::new(ErrorKind::Corrupt, why).with("compressor", compressor.name()))
    };
    match done {
        _ if limited.exceeded => corrupt(format!("it is more than the {len} bytes it should be")),
        Err(error) => corrupt(format!("it cannot be decompressed: {error}")),
        Ok(()) if limited.left > 0 => {
            corrupt(format!("it is {} bytes short of {len}", limited.left))
        }
        Ok(()) => Ok(()),
    }
}

struct Limited<'a> {
    output: &'a mut dyn Write,
    left: u64,
    exceeded: bool,
}

impl Write for Limited<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() as u64 > self.left {
            self.exceeded = true;
            return Err(io::Error::other("more bytes than there should be"));
        }
        let written = self.output.write(bytes)?;
        self.left -= written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// The compressors there are, by name. `Default` has those that are compiled in.
#[derive(Debug, Clone)]
pub struct Compressors(Table<dyn Compressor>);

impl Default for Compressors {
    fn default() -> Self {
        #[cfg_attr(not(feature = "zstd"), expect(unused_mut, reason = "none is compiled in"))]
        let mut compressors = Self(Table::new("compressor"));
        #[cfg(feature = "zstd")]
        compressors.register(Zstd).expect("the built-in names are good and differ");
        compressors
    }
}

impl Compressors {
    /// Adds one.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a name that is taken, that cannot be one, or that means no compression.
    pub fn register(&mut self, compressor: impl Compressor) -> Result<()> {
        let compressor: Arc<dyn Compressor> = Arc::new(compressor);
        if compressor.name() == Compression::NONE {
            return Err(Error::invalid("a compressor cannot be named \"none\": that means none"));
        }
        self.0.insert(compressor.name(), Arc::clone(&compressor))
    }

    /// The compressor of this name.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`], with the names there are and the nearest of them; for one that is not compiled in, the
    /// feature to enable.
    pub fn get(&self, name: &str) -> Result<Arc<dyn Compressor>> {
        self.0.get(name).cloned().ok_or_else(|| match name {
            "zstd" => Error::invalid(
                "the compressor \"zstd\" is not compiled in: enable the feature `zstd` of larder",
            ),
            _ => self.0.unknown(name),
        })
    }

    /// The compressor and level a setting means; `None` for none.
    ///
    /// # Errors
    /// Those of [`get`](Self::get), and for a level that the compressor does not take.
    pub fn resolve(&self, setting: &Compression) -> Result<Option<Chosen>> {
        let Some((name, level)) = setting.parts() else { return Ok(None) };
        let compressor = self.get(name)?;
        match (level, compressor.levels()) {
            (Some(level), None) => Err(Error::invalid(format!(
                "the compressor {name:?} has no levels: {level} was asked for"
            ))),
            (Some(level), Some(levels)) if !levels.contains(&level) => {
                let (least, most) = levels.into_inner();
                Err(Error::invalid(format!(
                    "the compressor {name:?} has no level {level}: {least} to {most} are allowed"
                )))
            }
            _ => Ok(Some((compressor, level))),
        }
    }

    /// The compressor that wrote what begins with these bytes.
    pub fn recognise(&self, first: &[u8]) -> Option<&Arc<dyn Compressor>> {
        self.0.rows().find(|row| !row.magic().is_empty() && first.starts_with(row.magic()))
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.names()
    }
}
