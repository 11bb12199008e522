//! Files that other processes of this machine map as well.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;
use memmap2::{MmapMut, MmapOptions};

use super::file::Claimed;
use super::private::PrivateMap;
use crate::map::Claim;
use crate::store::{mapped_bytes, mapped_bytes_of};
use crate::{Error, ErrorKind, MmapMode, Result};

/// A stretch of an open file: of one that this process has mapped, or of a copy of something in its memory. Its bytes
/// never change. Where it is sent, [`map`](Self::map) makes bytes of it.
#[derive(Debug)]
pub struct MappedFile {
    file: File,
    start: u64,
    len: usize,
    number: u64,
    /// Whether it counts among those that are kept open just in case.
    kept: bool,
}

/// How many files of maps are kept open at present.
static KEPT: AtomicUsize = AtomicUsize::new(0);

impl MappedFile {
    /// The file of a map, unless so many are open already that others might find no room.
    pub(crate) fn keep(file: &File, start: u64, len: usize) -> Option<Self> {
        let before = KEPT.fetch_add(1, Relaxed);
        let again = if before < most_kept() { file.try_clone().ok() } else { None };
        let Some(file) = again else {
            KEPT.fetch_sub(1, Relaxed);
            return None;
        };
        Some(Self::new(file, start, len, true))
    }

    /// A copy of these bytes in a file without a name, which ends with the last process that has it: in `folder`, or else
    /// in memory, where the system has such files, and sealed.
    ///
    /// # Errors
    /// There is no room, no file descriptor is left, or the folder is none to write to.
    pub fn copy_of(bytes: &[u8], folder: Option<&Path>) -> Result<Self> {
        let copy = || {
            let mut file = match folder {
                Some(folder) => tempfile::tempfile_in(folder)?,
                None => anonymous_file()?,
            };
            file.write_all(bytes)?;
            seal(&file);
            Ok(Self::new(file, 0, bytes.len(), false))
        };
        copy().map_err(|error: Error| {
            let message = format!("an array cannot be put where workers map it: {error}");
            let error = Error::new(error.kind(), message);
            folder.into_iter().fold(error, |error, at| error.with("temp_folder", at.display()))
        })
    }

    fn new(file: File, start: u64, len: usize, kept: bool) -> Self {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        Self { file, start, len, number: NUMBERS.fetch_add(1, Relaxed), kept }
    }

    /// The file, to be sent.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Where in the file it begins.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// How many bytes it has.
    #[expect(clippy::len_without_is_empty, reason = "nobody maps nothing")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Tells it from all others of this process, also from those that are gone.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Maps `len` bytes of a file that was sent here, which nobody changes, from the offset `start` on: to be read, or with
    /// [`CopyOnWrite`](MmapMode::CopyOnWrite) so that an array in them is changed by copying the pages that change.
    ///
    /// # Errors
    /// The file is shorter; this process writes to it (see [`SharedArray`](crate::SharedArray)); the system refuses.
    pub fn map(file: &File, start: u64, len: usize, mode: MmapMode) -> Result<Bytes> {
        let there = file.metadata()?.len();
        if len == 0 || start.checked_add(len as u64).is_none_or(|end| end > there) {
            return Err(Error::new(
                ErrorKind::Corrupt,
                format!("no {len} bytes from {start} on in a file of {there}"),
            ));
        }
        if mode == MmapMode::CopyOnWrite {
            let range = start as usize..start as usize + len;
            let map = PrivateMap::new(file, &range)
                .map_err(|why| Error::new(ErrorKind::Unavailable, why.to_string()))?;
            return Ok(PrivateMap::bytes(&map));
        }
        let claim = Claim::to_read(file)?;
        // SAFETY: the sender vouches for the bytes: a sealed copy, one in a file that has no name, or a file that larder
        // replaces and never changes but through a `SharedArray`, which the claim keeps this process from and its locks
        // others. Private, because a sealed file is not to be mapped shared everywhere.
        let map = unsafe { MmapOptions::new().offset(start).len(len).map_copy_read_only(file) }?;
        Ok(mapped_bytes(Claimed { map, claim }))
    }
}

impl Drop for MappedFile {
    fn drop(&mut self) {
        if self.kept {
            KEPT.fetch_sub(1, Relaxed);
        }
    }
}

/// `len` bytes, zeros that `fill` may change, in a file of their own from the start.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn filled(len: usize, fill: impl FnOnce(&mut [u8])) -> Result<Bytes> {
    let file = anonymous_file()?;
    file.set_len(len as u64)?;
    // SAFETY: nobody else has the file.
    let mut map = unsafe { MmapMut::map_mut(&file) }?;
    fill(&mut map);
    // What is sealed has no map to write to.
    drop(map);
    seal(&file);
    let claim = Claim::to_read(&file)?;
    // SAFETY: the file is sealed, or at least has no name by which anybody else could write to it.
    let map = unsafe { MmapOptions::new().len(len).map_copy_read_only(&file) }?;
    Ok(mapped_bytes_of(Claimed { map, claim }, &file, 0))
}

/// A quarter of the files this process may have open, and never many.
fn most_kept() -> usize {
    const MOST: usize = 256;
    static LIMIT: OnceLock<usize> = OnceLock::new();
    *LIMIT.get_or_init(|| {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        {
            use nix::sys::resource::{Resource, getrlimit};
            let limit = getrlimit(Resource::RLIMIT_NOFILE).map_or(0, |(soft, _)| soft / 4);
            usize::try_from(limit).unwrap_or(MOST).min(MOST)
        }
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        {
            MOST / 4
        }
    })
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn anonymous_file() -> std::io::Result<File> {
    use nix::sys::memfd::{MFdFlags, memfd_create};
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    Ok(memfd_create(c"larder-array", flags)?.into())
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn anonymous_file() -> std::io::Result<File> {
    tempfile::tempfile()
}

/// From now on nobody changes the file, where it can be sealed.
fn seal(file: &File) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use nix::fcntl::{FcntlArg, SealFlag, fcntl};
        // Files of a folder have no seals, but no names either.
        let _ = fcntl(file, FcntlArg::F_ADD_SEALS(SealFlag::all() - SealFlag::F_SEAL_FUTURE_WRITE));
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = file;
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::fd::AsRawFd;

    use super::*;
    use crate::Array;
    use crate::store::file_of;

    fn map(copy: &MappedFile, mode: MmapMode) -> Bytes {
        MappedFile::map(copy.file(), copy.start(), copy.len(), mode).unwrap()
    }

    #[test]
    fn a_copy_is_sealed_and_maps_to_its_bytes() {
        let copy = MappedFile::copy_of(&[7; 10_000], None).unwrap();
        for mode in [MmapMode::Auto, MmapMode::ReadOnly, MmapMode::CopyOnWrite] {
            let bytes = map(&copy, mode);
            assert_eq!((&bytes[..], bytes.as_ptr().align_offset(64)), (&[7; 10_000][..], 0));
        }
        let path = format!("/proc/self/fd/{}", copy.file().as_raw_fd());
        let again = File::options().write(true).open(path).unwrap();
        assert!((&again).write_all(&[8]).is_err(), "it can be written to");
        assert!(again.set_len(1).is_err() && again.set_len(20_000).is_err(), "or cut");
        assert!(MappedFile::map(copy.file(), 1, 10_000, MmapMode::Auto).is_err());
        assert!(MappedFile::map(copy.file(), u64::MAX, 2, MmapMode::Auto).is_err());
    }

    #[test]
    fn a_copy_in_a_folder_has_no_name_there() {
        let folder = tempfile::tempdir().unwrap();
        let copy = MappedFile::copy_of(&[7; 10_000], Some(folder.path())).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        assert_eq!(map(&copy, MmapMode::ReadOnly), [7; 10_000][..]);
        let nowhere = folder.path().join("nowhere");
        let error = MappedFile::copy_of(&[7], Some(&nowhere)).unwrap_err();
        assert!(error.is_not_found() && error.to_string().contains("nowhere"), "{error}");
    }

    #[test]
    fn private_maps_have_a_file_until_they_are_changed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("array.npy");
        (0..10_000u32).collect::<Array<u32>>().save_npy(&path).unwrap();
        let options = crate::LoadOptions::new().mmap_mode(MmapMode::CopyOnWrite);
        let mut array = Array::<u32>::load_npy_with(&path, &options).unwrap();
        let (file, offset) = file_of(&array.slice(100..).unwrap().to_stored()).unwrap();
        assert_eq!(map(&file, MmapMode::Auto)[offset..offset + 4], 100u32.to_le_bytes());
        array.make_mut()[0] = 1;
        assert!(file_of(&array.to_stored()).is_none(), "the file has other elements");
    }

    #[test]
    fn an_array_of_shared_memory_is_sealed() {
        let shared = Array::<u64>::shared([3, 1000], |elements| elements[1500] = 9).unwrap();
        assert_eq!(
            (shared[[1, 500]], shared.iter().sum::<u64>(), shared.shape()),
            (9, 9, &[3, 1000][..])
        );
        let (file, _) = file_of(&shared.to_stored()).unwrap();
        let error = file.file().set_len(0).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied, "it is not sealed");
        assert_eq!(Array::<u64>::shared([0, 4], |_| ()).unwrap().len(), 0);
        assert!(Array::<u64>::shared([usize::MAX], |_| ()).unwrap_err().is_invalid());
    }
}
