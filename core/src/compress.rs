//! Compressors: streams of bytes made smaller, by name.

#[cfg(any(
    feature = "zlib",
    feature = "gzip",
    feature = "bz2",
    feature = "xz",
    feature = "lzma",
    feature = "lz4",
    feature = "zstd"
))]
mod built_in;
mod compression;
#[cfg(any(feature = "zlib", feature = "gzip"))]
mod deflate;
mod known;
#[cfg(any(feature = "xz", feature = "lzma"))]
mod lzma_levels;
mod shuffle;
mod spool;
mod stream;

use std::fmt;
use std::io::{self, Read, Write};
use std::ops::RangeInclusive;
use std::sync::Arc;

pub(crate) use self::compression::Choice;
pub use self::compression::Compression;
pub(crate) use self::shuffle::{Shuffled, applies as shuffles, restore};
pub(crate) use self::spool::Spool;
use self::stream::{Limited, Noted};
use crate::table::Table;
use crate::{Error, ErrorKind, Result};

macro_rules! compiled_in {
    ($($feature:literal $module:ident $type:ident;)*) => {
        $(
            #[cfg(feature = $feature)]
            mod $module;
            #[cfg(feature = $feature)]
            pub use self::$module::$type;
        )*

        fn compiled_in() -> Vec<Arc<dyn Compressor>> {
            vec![$(#[cfg(feature = $feature)] Arc::new($type)),*]
        }
    };
}
compiled_in! {
    "zlib" zlib Zlib;
    "gzip" gzip Gzip;
    "bz2" bz2 Bz2;
    "xz" xz Xz;
    "lzma" lzma Lzma;
    "lz4" lz4 Lz4;
    "zstd" zstd Zstd;
}

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

    /// Whether bytes that begin like this (16 of them, if there are as many) are its work: those that begin with its
    /// magic, unless it knows better.
    fn recognises(&self, first: &[u8]) -> bool {
        !self.magic().is_empty() && first.starts_with(self.magic())
    }

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
/// [`ErrorKind::Corrupt`] when it becomes more, as soon as it does, or less, or cannot be decompressed; the errors of
/// `input` and `output`, as what they are.
pub fn decompress(
    compressor: &dyn Compressor,
    input: &mut dyn Read,
    output: &mut dyn Write,
    len: u64,
) -> Result<()> {
    let mut limited = Limited { output, left: len, exceeded: false };
    let done = pour(compressor, input, &mut limited);
    let why = match done {
        _ if limited.exceeded => format!("it is more than the {len} bytes it should be"),
        Ok(()) if limited.left > 0 => format!("it is {} bytes short of {len}", limited.left),
        done => return done,
    };
    Err(Error::new(ErrorKind::Corrupt, why).with("compressor", compressor.name()))
}

/// What few bytes may become at most, in bytes, before they are taken for a bomb.
const MOST_OF_FEW: u64 = 1 << 30;

/// # Errors
/// [`ErrorKind::Invalid`] where so few bytes are said to become so many that it is a bomb rather than a value. Who is
/// known is believed: that is for entries which anybody may have put.
pub(crate) fn check_no_bomb(len: u64, compressed: u64) -> Result<()> {
    match len > MOST_OF_FEW && !is_likely(len, compressed) {
        true => Err(Error::invalid(format!(
            "{compressed} bytes would become {len}: what becomes more than {MOST_OF_FEW} bytes, and more than a \
             thousand times as long, is only believed when it is signed"
        ))),
        false => Ok(()),
    }
}

/// Decompresses what is known to have been `len` bytes. Where that is hard to believe, no room is reserved for it.
pub(crate) fn decompress_into_memory(
    compressor: &dyn Compressor,
    input: &[u8],
    len: u64,
) -> Result<Vec<u8>> {
    let mut output = Vec::new();
    if is_likely(len, input.len() as u64) {
        output
            .try_reserve_exact(usize::try_from(len).unwrap_or(usize::MAX))
            .map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
    }
    decompress(compressor, &mut &input[..], &mut output, len)?;
    Ok(output)
}

/// Whether so few bytes may well become `len`: hardly any data is more repetitive.
pub(crate) fn is_likely(len: u64, compressed: u64) -> bool {
    len / 1000 <= compressed
}

/// Decompresses all of `input`; the errors of `input` and `output` stay what they are.
pub(crate) fn pour(
    compressor: &dyn Compressor,
    input: &mut dyn Read,
    output: &mut dyn Write,
) -> Result<()> {
    let (mut input, mut output) = (Noted::new(input), Noted::new(output));
    let done = compressor.decompress(&mut input, &mut output);
    match (output.failed.or(input.failed), done) {
        (Some(error), _) => Err(error.into()),
        (None, Err(error)) => {
            let why = format!("it cannot be decompressed: {error}");
            Err(Error::new(ErrorKind::Corrupt, why).with("compressor", compressor.name()))
        }
        (None, Ok(())) => Ok(()),
    }
}

/// The compressors there are, by name. `Default` has those that are compiled in.
#[derive(Debug, Clone)]
pub struct Compressors(Table<dyn Compressor>);

impl Default for Compressors {
    fn default() -> Self {
        let mut table = Table::new("compressor");
        for compressor in compiled_in() {
            table
                .insert(compressor.name(), Arc::clone(&compressor))
                .expect("the built-in names are good and differ");
        }
        Self(table)
    }
}

impl Compressors {
    /// Adds one.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a name, a magic or an extension that another has, for a name that cannot be one, and
    /// for one that settings mean something else by.
    pub fn register(&mut self, compressor: impl Compressor) -> Result<()> {
        self.check(&compressor)?;
        let compressor: Arc<dyn Compressor> = Arc::new(compressor);
        self.0.insert(compressor.name(), Arc::clone(&compressor))
    }

    /// Adds one, in place of the compressor of that name if there is one; says whether there was. What that one wrote
    /// is read by the new one from now on.
    ///
    /// # Errors
    /// As [`register`](Self::register), but for the name.
    pub fn replace(&mut self, compressor: impl Compressor) -> Result<bool> {
        self.check(&compressor)?;
        let compressor: Arc<dyn Compressor> = Arc::new(compressor);
        self.0.replace(compressor.name(), Arc::clone(&compressor))
    }

    /// Whether it can be told from the others: from all but the one of its own name.
    fn check(&self, new: &dyn Compressor) -> Result<()> {
        let name = new.name();
        if Compression::is_a_word(name) {
            return Err(Error::invalid(format!(
                "a compressor cannot be named {name:?}: settings mean something else by it"
            )));
        }
        for other in self.0.rows().filter(|other| other.name() != name) {
            let has = if !new.magic().is_empty() && new.magic() == other.magic() {
                format!("has the magic {:02x?}, which is {:?}'s", new.magic(), other.name())
            } else if let Some(extension) =
                new.extensions().iter().find(|extension| is_among(other.extensions(), extension))
            {
                format!("has the extension {extension:?}, which is {:?}'s", other.name())
            } else {
                continue;
            };
            return Err(Error::invalid(format!("the compressor {name:?} {has}")));
        }
        Ok(())
    }

    /// The compressor of this name.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`], with the names there are and the nearest of them; for one that is not compiled in, the
    /// feature to enable.
    pub fn get(&self, name: &str) -> Result<Arc<dyn Compressor>> {
        match self.0.get(name) {
            Some(compressor) => Ok(Arc::clone(compressor)),
            None => known::missing(|known| known.name == name).and(Err(self.0.unknown(name))),
        }
    }

    /// The compressor and level a setting means; `None` for none.
    ///
    /// # Errors
    /// Those of [`get`](Self::get), and for a level that the compressor does not take.
    pub fn resolve(&self, setting: &Compression) -> Result<Option<Chosen>> {
        let Some((name, level)) = setting.parts() else { return Ok(None) };
        let compressor = self.get(name)?;
        check_level(&*compressor, level)?;
        Ok(Some((compressor, level)))
    }

    /// The compressor that files of this extension (without a dot; its case does not count) mean.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for one of larder's that is not compiled in, with the feature to enable.
    pub fn by_extension(&self, extension: &str) -> Result<Option<Arc<dyn Compressor>>> {
        match self.0.rows().find(|row| is_among(row.extensions(), extension)) {
            Some(compressor) => Ok(Some(Arc::clone(compressor))),
            None => known::missing(|known| is_among(known.extensions, extension)).map(|()| None),
        }
    }

    /// The compressor that wrote what begins with these bytes (16 of them, if there are as many). Of several, the one
    /// with the longest magic.
    pub fn recognise(&self, first: &[u8]) -> Option<&Arc<dyn Compressor>> {
        self.0.rows().filter(|row| row.recognises(first)).max_by_key(|row| row.magic().len())
    }

    /// As [`recognise`](Self::recognise), and an error for one of larder's that is not compiled in.
    pub(crate) fn recognise_or_name(&self, first: &[u8]) -> Result<Option<&Arc<dyn Compressor>>> {
        let found = self.recognise(first);
        if found.is_none() {
            known::missing(|known| {
                let strong = known.magic.len() > 1 && first.starts_with(known.magic);
                strong && self.0.get(known.name).is_none()
            })?;
        }
        Ok(found)
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.names()
    }
}

fn is_among(extensions: &[&str], extension: &str) -> bool {
    extensions.iter().any(|one| one.eq_ignore_ascii_case(extension))
}

/// # Errors
/// [`ErrorKind::Invalid`] for a level that the compressor does not take.
pub(crate) fn check_level(compressor: &dyn Compressor, level: Option<i32>) -> Result<()> {
    let name = compressor.name();
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
        _ => Ok(()),
    }
}
