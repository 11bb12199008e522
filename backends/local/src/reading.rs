//! Bytes out of the file of an entry.

use std::fs::{File, Metadata};
use std::io;
use std::ops::Range;

use bytes::Bytes;
use larder_core::store::mapped_bytes_of;

use crate::buffers;
use crate::root_dir::{read_at, read_into};

/// The bytes of `range` that exist: one read, or a map where the range is at least `map_from` long.
#[inline]
pub(crate) fn read(
    (file, metadata): &(File, Metadata),
    range: Range<u64>,
    map_from: u64,
) -> io::Result<Bytes> {
    let end = range.end.min(metadata.len());
    let start = range.start.min(end);
    let len = usize::try_from(end - start).map_err(|_| {
        io::Error::new(io::ErrorKind::FileTooLarge, "the entry is larger than memory")
    })?;
    if len == 0 {
        return Ok(Bytes::new());
    }
    if end - start < map_from {
        return match buffers::KEPT.contains(&len) {
            true => buffers::filled(len, |buffer| read_into(file, start, buffer)),
            false => Ok(read_at(file, start, len)?.into()),
        };
    }
    let mut options = memmap2::MmapOptions::new();
    // SAFETY: an entry's file is written before it gets its name and never after; replacing or deleting the entry
    // gives the name to another file or to none, and this one lives on as long as it is mapped. Who truncates a file
    // in the store's directory by hand is outside of what can be defended; the documentation says so.
    let map = unsafe { options.offset(start).len(len).map(file) }?;
    Ok(mapped_bytes_of(map, file, start))
}
