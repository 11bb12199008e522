//! Memory that begins as a part of a file and is this process's own.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{Ordering::Acquire, fence};

use bytes::Bytes;
use memmap2::{MmapOptions, MmapRaw};

use crate::store::{forget_map, note_private_map};

/// A map of a part of a file, whose pages are copied when they are written to.
///
/// Whoever has one can find the others' handle through the table of maps, so uniqueness is that of the strong count: the
/// table is only asked with [`Bytes`] in hand that lie in the map, and those count.
#[derive(Debug)]
pub(crate) struct PrivateMap(MmapRaw);

impl PrivateMap {
    /// Maps `range` of the file, which is not empty.
    pub(super) fn new(file: &File, range: &Range<usize>) -> io::Result<Arc<Self>> {
        let mut options = MmapOptions::new();
        options.offset(range.start as u64).len(range.len());
        // SAFETY: no part of the map is seen but through this type, which gives out `&mut` to its only owner. Should the
        // file be truncated by hand while it is mapped, the process ends; the documentation says so.
        let map = unsafe { options.map_copy(file) }?;
        let map = Arc::new(Self(map.into()));
        note_private_map(map.as_slice(), &map);
        Ok(map)
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        // SAFETY: it is mapped, to its whole length, as long as `self` lives. It only changes through `get_mut`, which
        // takes the only owner.
        unsafe { slice::from_raw_parts(self.0.as_ptr(), self.0.len()) }
    }

    /// All of it, to change, if nobody else has it.
    pub(crate) fn get_mut(this: &mut Arc<Self>) -> Option<&mut [u8]> {
        // Not `Arc::get_mut`: the table of maps has a weak pointer.
        if Arc::strong_count(this) != 1 {
            return None;
        }
        // What others did before they let go of it has happened: `strong_count` alone does not say so.
        fence(Acquire);
        // SAFETY: as in `as_slice`; there is no other owner, and this one is borrowed.
        Some(unsafe { slice::from_raw_parts_mut(this.0.as_mut_ptr(), this.0.len()) })
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
