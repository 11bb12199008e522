//! One value in one file: [`dump`] and [`load`].
//!
//! ```
//! use larder_core::persist::{DumpOptions, LoadOptions, dump, dump_to, dump_with, load, load_from};
//!
//! # let dir = tempfile::tempdir()?;
//! # let file = |name: &str| dir.path().join(name);
//! let model = (vec![0.25, -1.5], "linear".to_owned());
//! dump(&model, file("model.larder"))?;
//! assert_eq!(load::<(Vec<f64>, String)>(file("model.larder"))?, model);
//!
//! // Read as another type, it is refused: by the structure of the type, wherever that is defined.
//! let error = load::<Vec<f64>>(file("model.larder")).unwrap_err();
//! assert!(error.message().contains("not the type asked for"), "{error}");
//!
//! // To and from anything that takes and gives bytes.
//! let mut bytes = Vec::new();
//! dump_to(&model, &mut bytes, &DumpOptions::new().codec("json"))?;
//! assert_eq!(load_from::<(Vec<f64>, String)>(&bytes[..], &LoadOptions::new())?, model);
//! # let written = dump_with(&model, file("m.gz"), &DumpOptions::new().compress(9)?);
//! # assert_eq!(written.is_ok(), cfg!(feature = "gzip"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Compression
//! The compressor is the outside of the file: `gunzip` opens what was dumped as `.gz`.
//!
//! | [`DumpOptions::compress`] | `model.gz` | `model.larder` |
//! |---|---|---|
//! | not called | gzip, its own level | none |
//! | `true` | gzip, its own level | zlib, level 3 |
//! | 1 to 9 | gzip, this level | zlib, this level |
//! | `false`, 0, `"none"` | none, and a warning | none |
//! | `"xz"`, `"xz:6"`, `("xz", 6)` | xz, and a warning | xz |
//!
//! So what names a compressor, or none, wins over the name of the file; the warning goes to `tracing`, target
//! `larder::persist`. Reading goes by the first bytes alone, never by the name.
//!
//! # What is in the file
//! `docs/format.md` draws it. The same value makes the same bytes: there is no time in it. The structure of the type, as
//! [`shape_of`] finds it, is: a type whose fields or variants changed since is refused.

mod format;
mod gather;
mod load;
mod options;
mod replace;
mod write;

use std::io::{Read, Write};
use std::path::Path;

pub(crate) use self::load::warn_unmapped;
pub use self::options::{DumpOptions, LoadOptions};
pub(crate) use self::replace::Replacement;
use crate::Result;
use crate::codec::{Storable, decode, encode};
use crate::shape::shape_of;

/// Writes `value` into a file, all or nothing: a dump that fails leaves a file that was there as it was. The extension
/// of the name says whether it is compressed.
///
/// # Errors
/// As [`dump_with`].
pub fn dump<T: Storable>(value: &T, path: impl AsRef<Path>) -> Result<()> {
    dump_with(value, path, &DumpOptions::new())
}

/// As [`dump`], with options.
///
/// The file is written beside its place under another name, and renamed. It keeps the permissions of the one it
/// replaces; through a symbolic link, the file that it points to is replaced. A process that is killed while it writes
/// may leave a `.larder-….tmp` behind.
///
/// # Errors
/// [`ErrorKind::Encode`](crate::ErrorKind::Encode) for a value that the codec cannot bring back equal;
/// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a codec, compressor or level that there is not, for a place that
/// is no regular file, and for a name that ends in `.npy`; else what the file system reports.
pub fn dump_with<T: Storable>(
    value: &T,
    path: impl AsRef<Path>,
    options: &DumpOptions,
) -> Result<()> {
    let path = path.as_ref();
    let how = options.plan(Some(path))?;
    let encoded = encode(value, &how.encode_options());
    encoded
        .and_then(|encoded| write::to_file(path, encoded, shape_of::<T>(), &how))
        .map_err(|error| error.with("path", path.display()))
}

/// Writes `value` to anything that takes bytes. Nothing is compressed unless the options say so.
///
/// # Errors
/// As [`dump_with`], and those of `out`.
pub fn dump_to<T: Storable>(value: &T, mut out: impl Write, options: &DumpOptions) -> Result<()> {
    let how = options.plan(None)?;
    let encoded = encode(value, &how.encode_options())?;
    write::to_stream(&mut out, encoded, shape_of::<T>(), &how)
}

/// Reads the value that [`dump`] wrote, compressed or not.
///
/// # Errors
/// As [`load_with`].
pub fn load<T: Storable>(path: impl AsRef<Path>) -> Result<T> {
    load_with(path, &LoadOptions::new())
}

/// As [`load`], with options.
///
/// ```
/// use larder_core::{Array, LoadOptions, MmapMode, dump, persist::load_with};
///
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("model.larder");
/// let weights: Array<f64> = (0..1000).map(f64::from).collect();
/// dump(&("linear".to_owned(), weights), &path)?;
/// let mapped = LoadOptions::new().mmap_mode(MmapMode::ReadOnly);
/// let (name, weights): (String, Array<f64>) = load_with(&path, &mapped)?;
/// assert_eq!((name.as_str(), weights[999]), ("linear", 999.0));
/// # #[cfg(target_os = "linux")]
/// assert!(weights.is_mapped());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Decode`](crate::ErrorKind::Decode) for a dump of another type, or of this one when it had another
/// structure; [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt) for what is no dump, or a damaged one;
/// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a codec or compressor that there is not, for a dump above
/// [`LoadOptions::max_bytes`], and for a [`mmap_mode`](LoadOptions::mmap_mode) that would change the file; else what the file system reports.
pub fn load_with<T: Storable>(path: impl AsRef<Path>, options: &LoadOptions) -> Result<T> {
    let path = path.as_ref();
    let loaded = load::from_file(path, shape_of::<T>(), options).and_then(|dump| {
        decode(dump.codec, &dump.payload, &dump.buffers, &options.lookup().codecs())
    });
    loaded.map_err(|error| error.with("path", path.display()))
}

/// Reads a value from anything that gives bytes, to its end.
///
/// # Errors
/// As [`load_with`], and those of `input`.
pub fn load_from<T: Storable>(mut input: impl Read, options: &LoadOptions) -> Result<T> {
    if options.mapping()?.is_some() {
        warn_unmapped(Path::new(""), &"it is a stream");
    }
    let dump = load::from_stream(&mut input, None, shape_of::<T>(), options)?;
    decode(dump.codec, &dump.payload, &dump.buffers, &options.lookup().codecs())
}
