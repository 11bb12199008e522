//! Memory that begins as a part of a file and is this process's own.

use std::fs::File;
use std::ops::Range;
use std::slice;
use std::sync::Arc;

use bytes::Bytes;
use memmap2::{MmapOptions, MmapRaw};

use super::claim::Claim;
use super::file::Unmapped;
use crate::store::{disown_map, forget_map, note_private_map};

/// A map of a part of a file, whose pages are copied when they are written to.
///
/// Its handle is found through the table of maps by whoever has [`Bytes`] in it. That ends when it is changed for the
/// first time: bytes that lie in the map may from then on be a `&mut` that somebody passes off as `Bytes`.
#[derive(Debug)]
pub(crate) struct PrivateMap {
    map: MmapRaw,
    /// What is written to the file shows in the pages that were not copied. Behind the map: it ends first.
    _claim: Claim,
}

impl PrivateMap {
    /// Maps `range` of the file, which is not empty.
    pub(super) fn new(file: &File, range: &Range<usize>) -> Result<Arc<Self>, Unmapped> {
        let claim = Claim::to_read(file).map_err(Unmapped::Busy)?;
        let mut options = MmapOptions::new();
        options.offset(range.start as u64).len(range.len());
        // SAFETY: no part of the map is seen but through this type, which gives out `&mut` to its only owner. Should the
        // file be truncated by hand while it is mapped, the process ends; the documentation says so.
        let map = unsafe { options.map_copy(file) }.map_err(Unmapped::System)?;
        let map = Arc::new(Self { map: map.into(), _claim: claim });
        note_private_map(map.as_slice(), &map, file, range.start as u64);
        Ok(map)
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        // SAFETY: it is mapped, to its whole length, as long as `self` lives. It only changes through `get_mut`, which
        // takes the only owner.
        unsafe { slice::from_raw_parts(self.map.as_ptr(), self.map.len()) }
    }

    /// All of it, to change, if nobody else has it.
    pub(crate) fn get_mut(this: &mut Arc<Self>) -> Option<&mut [u8]> {
        if Arc::strong_count(this) > 1 {
            return None;
        }
        if Arc::weak_count(this) > 0 {
            disown_map(this.as_slice());
        }
        let map = &mut Arc::get_mut(this)?.map;
        // SAFETY: as in `as_slice`; there is no other owner, and this one is borrowed.
        Some(unsafe { slice::from_raw_parts_mut(map.as_mut_ptr(), map.len()) })
    }

    pub(crate) fn bytes(this: &Arc<Self>) -> Bytes {
        struct Owner(Arc<PrivateMap>);
        impl AsRef<[u8]> for Owner {
            fn as_ref(&self) -> &[u8] {
                self.0.as_slice()
            }
        }
        Bytes::from_owner(Owner(Arc::clone(this)))
    }
}

impl Drop for PrivateMap {
    fn drop(&mut self) {
        forget_map(self.as_slice());
    }
}
