//! [`SharedArray`]: one array, written by many.

mod lock;
mod memory;
mod part;
mod travel;

use std::fmt;
use std::fs::OpenOptions;
use std::marker::PhantomData;
use std::path::Path;

use self::memory::Memory;
pub use self::part::SharedPart;
use crate::array::npy::Header;
use crate::persist::Replacement;
use crate::{Array, Element, Error, Order, Result};

/// An array in a file, or in memory that has none, to be written in disjoint parts by threads or processes.
///
/// The file is a `.npy` file: NumPy's `load(path, mmap_mode="r+")` opens it, [`Array::load_npy`] reads it. Whoever has
/// it open here has it alone (a lock on the file, and this process's own list of what it maps), so the parts that are
/// lent out of it are the only way to its elements, and two of them never overlap:
///
/// ```
/// use larder_core::SharedArray;
///
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("means.npy");
/// let mut means = SharedArray::<f64>::create(&path, [6, 100])?;
/// std::thread::scope(|scope| {
///     for mut part in means.parts(3)? {
///         scope.spawn(move || {
///             let (rows, elements) = (part.range(), part.as_mut_slice()?);
///             elements.fill(rows.start as f64);
///             Ok::<_, larder_core::Error>(())
///         });
///     }
///     Ok::<_, larder_core::Error>(())
/// })?;
/// let means = means.into_array()?;
/// assert_eq!((means[[1, 0]], means[[2, 0]], means[[5, 99]]), (0.0, 2.0, 4.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A [`SharedPart`] also travels: serialized, it is the place of the file and the range, and what is read back, in this
/// process or another on this machine, has just that range.
///
/// Two ways to the same elements do not compile:
///
/// ```compile_fail,E0499
/// # let mut shared = larder_core::SharedArray::<f64>::create("shared.npy", [10])?;
/// let mut parts = shared.parts(2)?;
/// let all = shared.as_mut_slice()?;
/// parts[0].as_mut_slice()?[0] = all[0];
/// # Ok::<(), larder_core::Error>(())
/// ```
///
/// # Limits
/// On Unix; parts travel on Linux. Not on network and FUSE file systems, where neither locks nor maps can be relied on.
/// Programs that take no lock (NumPy among them) can open the file meanwhile, and who truncates it ends the process
/// that looks at the missing part.
pub struct SharedArray<T> {
    memory: Memory,
    element: PhantomData<T>,
}

impl<T: Element> SharedArray<T> {
    /// A new file of zeros (`false`), in C order: `mmap_mode="w+"`. A file that was there is replaced, and stays as it was
    /// for those who have it open.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for elements that NumPy has not, and where files cannot be mapped
    /// to be written to; [`Invalid`](crate::ErrorKind::Invalid) for a shape larger than memory;
    /// [`StorageFull`](crate::ErrorKind::StorageFull) where there is no room for all of it; else what the file system
    /// reports.
    pub fn create(path: impl AsRef<Path>, shape: impl AsRef<[usize]>) -> Result<Self> {
        Self::create_in(Order::C, path, shape)
    }

    /// As [`create`](Self::create), with elements in `order`.
    ///
    /// # Errors
    /// As for [`create`](Self::create).
    pub fn create_in(
        order: Order,
        path: impl AsRef<Path>,
        shape: impl AsRef<[usize]>,
    ) -> Result<Self> {
        let path = path.as_ref();
        let create = || {
            let header = Header::of::<T>(order, shape.as_ref())?;
            let mut replacement = Replacement::of(path)?;
            let file = replacement.file().try_clone()?;
            memory::check_local(&file)?;
            // Locked before it can be found.
            let memory = Memory::create::<T>(file, header, true)?;
            replacement.publish(false)?;
            memory.at(path)
        };
        create().map(Self::over).map_err(|error: Error| error.with("path", path.display()))
    }

    /// The array of a `.npy` file, to write to: `mmap_mode="r+"`.
    ///
    /// # Errors
    /// Those of [`Array::load_npy`]; [`Unsupported`](crate::ErrorKind::Unsupported) for elements of the other endianness;
    /// [`Unavailable`](crate::ErrorKind::Unavailable) while somebody else has it open, or this process has it mapped.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let open = || {
            let file = OpenOptions::new().read(true).write(true).open(path)?;
            memory::check_local(&file)?;
            Memory::open::<T>(file)?.at(path)
        };
        open().map(Self::over).map_err(|error| error.with("path", path.display()))
    }

    /// An array of zeros (`false`) in memory without a file's name, which ends with it: for results that only this run
    /// needs. Its parts travel as those of a file do.
    ///
    /// # Errors
    /// As for [`create`](Self::create); [`Unsupported`](crate::ErrorKind::Unsupported) off Linux.
    pub fn anonymous(shape: impl AsRef<[usize]>) -> Result<Self> {
        let header = Header::of::<T>(Order::C, shape.as_ref())?;
        let file = memory::anonymous_file()?;
        Memory::create::<T>(file, header, false)?.at_descriptor().map(Self::over)
    }

    fn over(memory: Memory) -> Self {
        Self { memory, element: PhantomData }
    }

    /// The length of each dimension.
    pub fn shape(&self) -> &[usize] {
        &self.memory.shape
    }

    /// In which order the elements stand in memory.
    pub fn order(&self) -> Order {
        self.memory.order
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.memory.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements, in the order of memory.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) while another process has a part.
    pub fn as_slice(&self) -> Result<&[T]> {
        let all = 0..self.len();
        self.memory.hold(&all)?;
        // SAFETY: everything is held again; what this process lends borrows `self` mutably.
        Ok(unsafe { self.memory.elements(&all) })
    }

    /// The elements, to change them: to be split with the slice's own methods, or those of rayon, among threads.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) while another process has a part.
    pub fn as_mut_slice(&mut self) -> Result<&mut [T]> {
        let all = 0..self.len();
        self.memory.hold(&all)?;
        // SAFETY: everything is held again, and `self` is borrowed mutably.
        Ok(unsafe { self.memory.elements_mut(&all) })
    }

    /// At most `count` parts, together all of the array: ranges of the dimension that runs slowest (the rows, in C
    /// order), whose lengths differ by one at most.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) for no parts, and of an array without dimensions;
    /// [`Unavailable`](crate::ErrorKind::Unavailable) while another process has a part.
    pub fn parts(&mut self, count: usize) -> Result<Vec<SharedPart<'_, T>>> {
        if count == 0 {
            return Err(Error::invalid("an array is not split into 0 parts: give at least 1"));
        }
        let rows = self.memory.slowest();
        let count = count.min(rows);
        // The first of them have one row more. Nothing here overflows, however many rows without elements there are.
        let (each, more) = (rows / count.max(1), rows % count.max(1));
        let start = |i: usize| each * i + i.min(more);
        self.split((0..count).map(|i| start(i)..start(i + 1)))
    }

    /// Parts of `rows` each, the last one maybe of fewer: `parts_of(1)` is every row on its own.
    ///
    /// # Errors
    /// As for [`parts`](Self::parts).
    pub fn parts_of(&mut self, rows: usize) -> Result<Vec<SharedPart<'_, T>>> {
        if rows == 0 {
            return Err(Error::invalid(
                "an array is not split into parts of 0 rows: give at least 1",
            ));
        }
        let all = self.memory.slowest();
        self.split((0..all).step_by(rows).map(|from| from..all.min(from.saturating_add(rows))))
    }

    /// `ranges` are in order and do not overlap.
    fn split(
        &mut self,
        ranges: impl Iterator<Item = std::ops::Range<usize>>,
    ) -> Result<Vec<SharedPart<'_, T>>> {
        if self.shape().is_empty() {
            return Err(Error::invalid("an array without dimensions has no parts"));
        }
        self.memory.hold(&(0..self.len()))?;
        ranges.map(|range| SharedPart::here(&self.memory, range)).collect()
    }

    /// Waits until what was written is on the disk. Other processes see it without that.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn flush(&self) -> Result<()> {
        self.memory.flush()
    }

    /// The array as it is now, for good: without a copy, on the same file, which nobody opens for writing through larder
    /// as long as the array lives.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable) while another process has a part.
    pub fn into_array(self) -> Result<Array<T>> {
        self.memory.hold(&(0..self.len()))?;
        let (order, shape) = (self.order(), self.shape().to_vec());
        let stored = self.memory.freeze()?;
        Array::from_stored(order, &shape, stored)
    }
}

impl<T: Element> fmt::Debug for SharedArray<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedArray")
            .field("element", &format_args!("{}", T::NAMES[0]))
            .field("shape", &format_args!("{:?}", self.shape()))
            .field("order", &self.order())
            .finish_non_exhaustive()
    }
}
