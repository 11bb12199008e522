//! Mapping what lies in a file.

use std::fs::File;
use std::{fmt, io};

use bytes::Bytes;
use memmap2::Mmap;

use super::claim::Claim;
use super::private::PrivateMap;
use crate::Error;
use crate::store::mapped_bytes_of;

/// Why a file is read, though it was to be mapped.
#[derive(Debug)]
pub(crate) enum Unmapped {
    /// Others may truncate it behind this machine's back.
    Remote,
    Busy(Error),
    /// For a compressor that is no longer around it.
    Shuffled,
    System(io::Error),
}

impl fmt::Display for Unmapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Remote => f.write_str(
                "it is not known to be on a disk of this machine, and a file that is truncated elsewhere while it is \
                 mapped would end the process",
            ),
            Self::Busy(error) => error.fmt(f),
            Self::Shuffled => f.write_str("its arrays are shuffled, and nowhere in it as they are"),
            Self::System(error) => error.fmt(f),
        }
    }
}

/// A whole file as bytes that are known to be a map. Files of network and FUSE file systems only `anywhere`.
pub(crate) fn map_read_only(file: &File, anywhere: bool) -> Result<Bytes, Unmapped> {
    if !anywhere && is_remote(file) {
        return Err(Unmapped::Remote);
    }
    let claim = Claim::to_read(file).map_err(Unmapped::Busy)?;
    // SAFETY: larder replaces files and never changes them but through a `SharedArray`, which this process now does not
    // open for this file. What else changes or truncates a mapped file cannot be defended; the documentation says so.
    let map = unsafe { Mmap::map(file) }.map_err(Unmapped::System)?;
    Ok(mapped_bytes_of(Claimed { map, claim }, file, 0))
}

/// The buffers that are parts of `whole`, all of `file`, each in a map of its own that is this process's alone.
pub(crate) fn map_privately(
    file: &File,
    whole: &Bytes,
    buffers: &[Bytes],
) -> Result<Vec<Bytes>, Unmapped> {
    let privately = |buffer: &Bytes| {
        let start = buffer.as_ptr().addr().saturating_sub(whole.as_ptr().addr());
        match buffer.len() {
            0 => Ok(buffer.clone()),
            len => Ok(PrivateMap::bytes(&PrivateMap::new(file, &(start..start + len))?)),
        }
    };
    buffers.iter().map(privately).collect()
}

/// A map of a file that this process does not write to.
pub(super) struct Claimed {
    pub(super) map: Mmap,
    /// Behind the map: it ends first.
    #[expect(dead_code, reason = "it is held")]
    pub(super) claim: Claim,
}

impl AsRef<[u8]> for Claimed {
    fn as_ref(&self) -> &[u8] {
        &self.map
    }
}

#[cfg(unix)]
fn is_remote(file: &File) -> bool {
    #[cfg(all(test, target_os = "linux"))]
    if tests::PRETENDS.get() {
        return true;
    }
    super::is_remote(file)
}

/// Nor can a mapped file be replaced there.
#[cfg(not(unix))]
fn is_remote(_: &File) -> bool {
    true
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::cell::Cell;

    use crate::persist::{dump, load_with};
    use crate::{Array, LoadOptions, MmapMode};

    thread_local! {
        /// Whether every file is on a network file system, for this thread.
        pub(super) static PRETENDS: Cell<bool> = const { Cell::new(false) };
    }

    #[test]
    fn files_of_network_file_systems_are_read_unless_told_otherwise() {
        let dir = tempfile::tempdir().unwrap();
        let (path, npy) = (dir.path().join("array"), dir.path().join("array.npy"));
        let array: Array<u32> = (0..10_000).collect();
        dump(&array, &path).unwrap();
        array.save_npy(&npy).unwrap();
        for (remote, anywhere, maps) in
            [(false, false, true), (true, false, false), (true, true, true)]
        {
            PRETENDS.set(remote);
            for mode in [MmapMode::ReadOnly, MmapMode::CopyOnWrite] {
                let options = LoadOptions::new().mmap_mode(mode).map_anywhere(anywhere);
                let dumped: Array<u32> = load_with(&path, &options).unwrap();
                let numpys = Array::<u32>::load_npy_with(&npy, &options).unwrap();
                assert!(dumped == array && numpys == array);
                assert_eq!((dumped.is_mapped(), numpys.is_mapped()), (maps, maps), "{remote}");
            }
        }
    }
}
