//! Large buffers of results: in files that the driver maps.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use bytes::Bytes;
use larder_core::parallel::tasks::{MappedFile, TaskBuffer};
use larder_core::{MmapMode, Result};

use super::put_mapped;
use super::tasks::ByFile;
use crate::frame::Outgoing;

/// As many files may be on their way at once without the system's objecting: a batch with more has the others in its
/// frames.
const MOST: usize = 64;

/// Where the buffers of a batch's results go.
#[derive(Debug, Default)]
pub(crate) struct Aside {
    max_nbytes: Option<u64>,
    temp_folder: Option<PathBuf>,
    /// Files that may still be sent.
    left: usize,
}

impl Aside {
    pub(crate) fn new(by_file: Option<ByFile<'_>>) -> Self {
        by_file.map_or_else(Self::default, |ByFile { max_nbytes, temp_folder }| Self {
            max_nbytes,
            temp_folder: temp_folder.map(Into::into),
            left: MOST,
        })
    }

    /// Sends the file that the buffer is mapped from, or a copy of it, with the frame, and says in its head where the
    /// buffer is; unless it is to be sent itself.
    pub(super) fn put(&mut self, frame: &mut Outgoing<'static>, buffer: &TaskBuffer<'_>) -> bool {
        let Some((file, start, len)) = self.file(buffer) else { return false };
        self.left -= 1;
        put_mapped(&mut frame.bytes, frame.descriptors.len() as u64, start, len);
        frame.descriptors.push(file);
        true
    }

    fn file(&self, buffer: &TaskBuffer<'_>) -> Option<(OwnedFd, u64, usize)> {
        if self.left == 0 {
            return None;
        }
        let len = buffer.as_bytes().len();
        let (file, offset) = match buffer.mapped() {
            Some(mapped) => mapped,
            None if self.max_nbytes.is_some_and(|from| len as u64 >= from) => {
                // It was to be spared a copy, and is not: no reason to fail.
                let copy = MappedFile::copy_of(buffer.as_bytes(), self.temp_folder.as_deref());
                (copy.ok()?.into(), 0)
            }
            None => return None,
        };
        let sent = file.file().try_clone().ok()?;
        Some((sent.into(), file.start() + offset as u64, len))
    }
}

/// The bytes of a file that came with results. An array in them can be changed, page by page: it has no other owner.
///
/// # Errors
/// The file is shorter, or cannot even be read.
pub(super) fn open(file: &File, start: u64, len: usize) -> Result<Bytes> {
    MappedFile::map(file, start, len, MmapMode::CopyOnWrite).or_else(|_| {
        // Such as one that this process has as a `SharedArray`, or where there are too many maps.
        let mut bytes = vec![0; len];
        file.read_exact_at(&mut bytes, start)?;
        Ok(bytes.into())
    })
}
