//! A mapped, locked `.npy` file, and which of its elements are in whose hands.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{io, slice};

use bytes::Bytes;
use memmap2::MmapRaw;

use super::lock::{self, ALL, Kind, LockedFile};
use crate::array::npy::Header;
use crate::map::Claim;
use crate::store::mapped_bytes_of;
use crate::{Element, Error, ErrorKind, Order, Result};

/// The elements of an open file. Those that are [held](Self::hold) nobody else has, but for what this process lends
/// out of them, which the borrow checker follows.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) shape: Box<[usize]>,
    pub(super) order: Order,
    pub(super) len: usize,
    element_size: usize,
    /// Where the elements begin in the file.
    start: usize,
    map: MmapRaw,
    /// In front of the file, whose lock it ends before.
    claim: Claim,
    file: LockedFile,
    /// A path by which others open the same file.
    place: PathBuf,
    /// Whether any range is not held at present.
    lent: Mutex<bool>,
    /// The elements this is about: a part's own.
    scope: Range<usize>,
    whole: bool,
}

impl Memory {
    /// Makes `file`, which nobody else has, the array of this header, and holds all of it.
    pub(super) fn create<T: Element>(file: File, header: Header, reserve: bool) -> Result<Self> {
        let mut file = file;
        let total = (bytes::<T>(&header)? as u64).checked_add(header.len as u64);
        let total = total.filter(|total| i64::try_from(*total).is_ok());
        let total =
            total.ok_or_else(|| Error::invalid("the array is larger than a file can be"))?;
        io::Write::write_all(&mut file, &header.to_bytes())?;
        // Now rather than as a signal when an element is written for which there is no room.
        if reserve {
            allocate(&file, total)?;
        }
        file.set_len(total)?;
        Self::lock::<T>(file, header, None)
    }

    /// Holds all of the array that is in `file`.
    pub(super) fn open<T: Element>(mut file: File) -> Result<Self> {
        let header = Header::read(&mut file)?;
        Self::lock::<T>(file, header, None)
    }

    /// Holds a range of the dimension that runs slowest of the array that is in `file`, which others find at `place`.
    pub(super) fn open_part<T: Element>(
        mut file: File,
        rows: Range<usize>,
        place: PathBuf,
    ) -> Result<Self> {
        let header = Header::read(&mut file)?;
        let memory = Self::lock::<T>(file, header, Some(rows))?;
        Ok(Self { place, ..memory })
    }

    fn lock<T: Element>(file: File, header: Header, rows: Option<Range<usize>>) -> Result<Self> {
        if !header.is_as_in_memory::<T>()? {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "its elements do not stand as they do in the memory of this machine: only a copy of them can be written \
                 to, `Array::load_npy` makes one",
            ));
        }
        let bytes = bytes::<T>(&header)?;
        let len = bytes / size_of::<T>();
        let (whole, scope) = match rows {
            None => (true, 0..len),
            Some(rows) => (false, self::rows(&header.shape, header.order, &rows)?.0),
        };
        let range = if whole { ALL } else { byte_range(header.len, size_of::<T>(), &scope) };
        if !lock::try_lock(&file, &range, Kind::Alone)? {
            return Err(held_elsewhere());
        }
        let file = LockedFile(file);
        let claim = Claim::to_write(&file)?;
        let there = file.metadata()?.len();
        if there != header.len as u64 + bytes as u64 {
            let (shape, start) = (&header.shape, header.len);
            return Err(Error::new(
                ErrorKind::Corrupt,
                format!(
                    "an array of shape {shape:?} makes a file of {} bytes, and this one has {there}",
                    start + bytes
                ),
            ));
        }
        let memory = Self {
            len,
            element_size: size_of::<T>(),
            start: header.len,
            map: MmapRaw::map_raw(&*file)?,
            claim,
            file,
            place: PathBuf::new(),
            lent: Mutex::new(false),
            order: if header.shape.len() < 2 { Order::C } else { header.order },
            shape: header.shape.into(),
            scope,
            whole,
        };
        // SAFETY: the elements of the scope are held, and nothing is lent yet. They are looked at as bytes.
        let stored = unsafe { memory.elements::<u8>(&memory.scope) };
        if T::are_valid(stored) {
            return Ok(memory);
        }
        Err(Error::new(ErrorKind::Corrupt, "an element is no value of its type"))
    }

    /// As it can be opened by others.
    pub(super) fn at(mut self, path: &Path) -> Result<Self> {
        self.place = path.canonicalize()?;
        Ok(self)
    }

    /// As it can be opened by others while this process lives.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) fn at_descriptor(mut self) -> Result<Self> {
        use std::os::fd::AsRawFd;
        let (process, descriptor) = (std::process::id(), self.file.as_raw_fd());
        self.place = format!("/proc/{process}/fd/{descriptor}").into();
        Ok(self)
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(super) fn at_descriptor(self) -> Result<Self> {
        Ok(self)
    }

    pub(super) fn place(&self) -> &Path {
        &self.place
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// The length of the dimension that runs slowest; 0 without any, of which there are no [`rows`].
    pub(super) fn slowest(&self) -> usize {
        let slowest = match self.order {
            Order::C => self.shape.first(),
            Order::F => self.shape.last(),
        };
        slowest.copied().unwrap_or(0)
    }

    /// Sees to it that no other process has any of these elements.
    pub(super) fn hold(&self, elements: &Range<usize>) -> Result<()> {
        let mut lent = self.lent.lock().unwrap_or_else(PoisonError::into_inner);
        if !*lent {
            return Ok(());
        }
        let all = self.whole && *elements == self.scope;
        let range = if all { ALL } else { self.byte_range(elements) };
        if !lock::try_lock(&self.file, &range, Kind::Alone)? {
            return Err(held_elsewhere());
        }
        *lent = !all;
        Ok(())
    }

    /// Lets another process hold these elements, until [`hold`](Self::hold) takes them back.
    pub(super) fn lend(&self, elements: &Range<usize>) -> Result<()> {
        let mut lent = self.lent.lock().unwrap_or_else(PoisonError::into_inner);
        *lent = true;
        Ok(lock::unlock(&self.file, &self.byte_range(elements))?)
    }

    fn byte_range(&self, elements: &Range<usize>) -> Range<u64> {
        byte_range(self.start, self.element_size, elements)
    }

    /// Elements as `T`, which is their type, or as bytes.
    ///
    /// # Safety
    /// They are held, within the scope, and nobody in this process has them to change them.
    pub(super) unsafe fn elements<T>(&self, elements: &Range<usize>) -> &[T] {
        let (at, len) = self.place_of::<T>(elements);
        // SAFETY: within the map, which lives as long as `self`, aligned, and seen to be valid when it was mapped.
        unsafe { slice::from_raw_parts(at, len) }
    }

    /// Elements as `T`, which is their type, to change them.
    ///
    /// # Safety
    /// They are held, within the scope, and nobody in this process has them.
    #[expect(clippy::mut_from_ref, reason = "the caller vouches for it, range by range")]
    pub(super) unsafe fn elements_mut<T>(&self, elements: &Range<usize>) -> &mut [T] {
        let (at, len) = self.place_of::<T>(elements);
        // SAFETY: as in `elements`.
        unsafe { slice::from_raw_parts_mut(at, len) }
    }

    fn place_of<T>(&self, elements: &Range<usize>) -> (*mut T, usize) {
        assert!(self.scope.start <= elements.start && elements.end <= self.scope.end);
        let bytes = elements.len() * self.element_size;
        let offset = self.start + elements.start * self.element_size;
        (self.map.as_mut_ptr().wrapping_add(offset).cast(), bytes / size_of::<T>())
    }

    pub(super) fn flush(&self) -> Result<()> {
        Ok(self.map.flush()?)
    }

    /// The bytes of all elements, which are held and nobody changes any more.
    pub(super) fn freeze(self) -> Result<Bytes> {
        // Nobody can come in between: the lock is changed, not given back.
        if !lock::try_lock(&self.file, &ALL, Kind::Shared)? {
            return Err(held_elsewhere());
        }
        let Self { map, claim, file, start, .. } = self;
        let claim = claim.into_reading()?;
        let again = file.try_clone()?;
        Ok(mapped_bytes_of(Frozen { map, _claim: claim, _file: file }, &again, 0).slice(start..))
    }
}

/// A map that is only read from here on.
struct Frozen {
    map: MmapRaw,
    _claim: Claim,
    /// Keeps the lock.
    _file: LockedFile,
}

impl AsRef<[u8]> for Frozen {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: it is mapped as long as `self` lives, and nobody writes to it: the lock excludes those of other
        // processes, the claim those of this one.
        unsafe { slice::from_raw_parts(self.map.as_ptr(), self.map.len()) }
    }
}

/// The elements, and the shape, of a range of the dimension that runs slowest.
pub(super) fn rows(
    shape: &[usize],
    order: Order,
    range: &Range<usize>,
) -> Result<(Range<usize>, Box<[usize]>)> {
    let mut part = Box::<[usize]>::from(shape);
    let (slowest, faster) = match order {
        Order::F if part.len() > 1 => part.split_last_mut(),
        _ => part.split_first_mut(),
    }
    .ok_or_else(|| Error::invalid("an array without dimensions has no parts"))?;
    if range.start > range.end || range.end > *slowest {
        let why = format!("no part {range:?} in a dimension of {slowest}");
        return Err(Error::invalid(why));
    }
    *slowest = range.len();
    let step: usize = faster.iter().product();
    Ok((range.start * step..range.end * step, part))
}

fn byte_range(start: usize, element_size: usize, elements: &Range<usize>) -> Range<u64> {
    let at = |element: usize| (start + element * element_size) as u64;
    at(elements.start)..at(elements.end)
}

fn bytes<T: Element>(header: &Header) -> Result<usize> {
    let len = crate::array::len_of(&header.shape, size_of::<T>()).map_err(Error::invalid)?;
    Ok(len * size_of::<T>())
}

fn held_elsewhere() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "somebody else is writing to the array, or to this part of it",
    )
}

/// # Errors
/// Where locks and maps cannot be relied on.
pub(super) fn check_local(file: &File) -> Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if crate::store::is_remote(file) {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "the file is on a network or FUSE file system, where neither locks nor maps can be relied on: use a disk of \
             this machine, or `SharedArray::anonymous`",
        ));
    }
    _ = file;
    Ok(())
}

/// A file without a name.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn anonymous_file() -> Result<File> {
    use nix::sys::memfd::{MFdFlags, memfd_create};
    Ok(memfd_create(c"larder-shared-array", MFdFlags::MFD_CLOEXEC).map_err(io::Error::from)?.into())
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn anonymous_file() -> Result<File> {
    Err(Error::unsupported("this platform", "files without a name"))
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn allocate(file: &File, len: u64) -> Result<()> {
    use nix::errno::Errno;
    use nix::fcntl::{FallocateFlags, fallocate};
    match fallocate(file, FallocateFlags::empty(), 0, len as i64) {
        // A file system without it makes room when it is needed.
        Ok(()) | Err(Errno::EOPNOTSUPP | Errno::ENOSYS) => Ok(()),
        Err(error) => Err(io::Error::from(error).into()),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn allocate(_: &File, _: u64) -> Result<()> {
    Ok(())
}
