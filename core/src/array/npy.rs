//! Arrays in NumPy's own format, `.npy`.
//!
//! Read and written here rather than by a crate: `docs/decisions/0010-npy-and-modes.md` says why.

mod dtype;
mod header;
mod literal;
mod read;

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use self::dtype::{descr, reversed_by};
pub(crate) use self::header::{Header, MAGIC};
use super::element::Element;
use super::{Array, Order};
use crate::persist::Replacement;
use crate::{LoadOptions, Result};

/// Writes to files are made in pieces of this.
const CHUNK: usize = 256 << 10;

impl Header {
    /// Of an array of elements of type `T`.
    ///
    /// # Errors
    /// For those that NumPy has not.
    pub(crate) fn of<T: Element>(order: Order, shape: &[usize]) -> Result<Self> {
        Ok(Self::new(descr::<T>()?, order, shape))
    }

    /// Whether the elements stand as those of type `T` do in the memory of this machine.
    ///
    /// # Errors
    /// When they are of another type.
    pub(crate) fn is_as_in_memory<T: Element>(&self) -> Result<bool> {
        let reversed = reversed_by::<T>(&self.descr)? > 1;
        Ok(!reversed && T::STORED_AS_IS && self.len.is_multiple_of(align_of::<T>()))
    }
}

/// NumPy's `.npy` files, versions 1.0 to 3.0.
///
/// | elements | `dtype` |
/// |---|---|
/// | `bool` | `bool` |
/// | `i8` … `i64`, `isize`; `u8` … `u64`, `usize` | `int8` … `int64`, `int64`; `uint8` … `uint64`, `uint64` |
/// | `f32`, `f64` | `float32`, `float64` |
/// | `Complex<f32>`, `Complex<f64>` (feature `complex`) | `complex64`, `complex128` |
///
/// The type asked for must be that of the file: nothing is converted. Both orders and both endians are read; written are
/// little-endian elements in the order they are in. NumPy has no integers of 128 bits.
impl<T: Element> Array<T> {
    /// Writes the array as a file that NumPy's `load` reads, all or nothing, as [`dump`](crate::dump) does.
    ///
    /// ```
    /// use larder_core::Array;
    ///
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("table.npy");
    /// let table = Array::from_shape_vec([2, 3], vec![1.5, 2.0, 3.0, 4.0, 5.0, 6.0])?;
    /// table.save_npy(&path)?;
    /// assert_eq!(Array::load_npy(&path)?, table);
    /// let error = Array::<f32>::load_npy(&path).unwrap_err();
    /// assert!(error.message().contains("`f64`"), "{error}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for elements that NumPy has not; else what the file system
    /// reports.
    pub fn save_npy(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let save = || {
            let mut replacement = Replacement::of(path)?;
            let mut out = BufWriter::with_capacity(CHUNK, replacement.file());
            self.write_npy(&mut out)?;
            out.into_inner().map_err(io::IntoInnerError::into_error)?;
            replacement.publish(false)
        };
        save().map_err(|error| error.with("path", path.display()))
    }

    /// Writes the array, as [`save_npy`](Self::save_npy) does, to anything that takes bytes.
    ///
    /// # Errors
    /// As [`save_npy`](Self::save_npy), and those of `out`.
    pub fn write_npy(&self, mut out: impl Write) -> Result<()> {
        let header = Header::of::<T>(self.order, self.shape())?;
        out.write_all(&header.to_bytes())?;
        out.write_all(&self.buffer.to_stored())?;
        Ok(out.flush()?)
    }

    /// Reads the array of a `.npy` file.
    ///
    /// # Errors
    /// As [`load_npy_with`](Self::load_npy_with).
    pub fn load_npy(path: impl AsRef<Path>) -> Result<Self> {
        Self::load_npy_with(path, &LoadOptions::new())
    }

    /// As [`load_npy`](Self::load_npy), with options: [`LoadOptions::mmap_mode`] maps it where its elements stand as
    /// they do in memory.
    ///
    /// # Errors
    /// [`Decode`](crate::ErrorKind::Decode) for a file of other elements, naming both;
    /// [`Corrupt`](crate::ErrorKind::Corrupt) for what is no such file, or not all of one, or more than one;
    /// [`Invalid`](crate::ErrorKind::Invalid) for one above [`LoadOptions::max_bytes`], and for a mode that would
    /// change the file; [`Unavailable`](crate::ErrorKind::Unavailable) where it was to be mapped and a
    /// [`SharedArray`](crate::SharedArray) of this process writes to it; else what the file system reports.
    pub fn load_npy_with(path: impl AsRef<Path>, options: &LoadOptions) -> Result<Self> {
        let path = path.as_ref();
        let load = || read::from_file(&mut File::open(path)?, path, options);
        load().map_err(|error| error.with("path", path.display()))
    }

    /// Reads one array from anything that gives bytes, and leaves what follows.
    ///
    /// # Errors
    /// As [`load_npy_with`](Self::load_npy_with), and those of `input`.
    pub fn read_npy(mut input: impl Read) -> Result<Self> {
        read::from_stream(&mut input)
    }
}
