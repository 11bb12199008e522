//! Large arrays of arguments: each is put once where the workers map it, and is not copied where it is mapped already.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use larder_core::parallel::Transfer;
use larder_core::parallel::tasks::{MappedFile, TaskBuffer};
use larder_core::{MmapMode, Result};
use larder_worker::{MapsWriter, Placed};

use crate::copies::Copies;
use crate::pool::Pool;

/// The large arrays of a call.
#[derive(Debug)]
pub(crate) struct Arrays<'c> {
    transfer: &'c Transfer,
    pool: &'c Pool,
    /// Copies of what the caller lends. It may change as soon as the call is over.
    lent: Mutex<Copies>,
}

/// What a worker has mapped.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The files, by their numbers.
    files: HashMap<u64, Mapped>,
    /// How many bytes of arrays came with the present piece of a batch: sent, or mapped for the first time.
    fresh: usize,
}

/// A file that a worker has mapped.
#[derive(Debug)]
struct Mapped {
    mode: MmapMode,
    /// Is gone when no further task will be given it.
    file: Weak<MappedFile>,
    /// No further call needs it, though it may still be there.
    is_lent: bool,
}

impl<'c> Arrays<'c> {
    pub(crate) fn new(transfer: &'c Transfer, pool: &'c Pool) -> Self {
        pool.copies().sweep();
        Self { transfer, pool, lent: Mutex::default() }
    }

    /// How the buffer gets to the worker, which is told by `maps` what to map that it does not know.
    ///
    /// # Errors
    /// The folder for copies is none to write to.
    pub(crate) fn place<'t>(
        &self,
        buffer: TaskBuffer<'t>,
        known: &mut Known,
        maps: &mut MapsWriter,
    ) -> Result<Placed<'t>> {
        let len = buffer.as_bytes().len();
        let Some((file, offset)) = self.find(&buffer)? else {
            known.fresh += len;
            return Ok(buffer.into());
        };
        let (number, mode) = (file.number(), self.transfer.mmap_mode);
        if known.files.get(&number).is_none_or(|known| known.mode != mode) {
            known.fresh += len;
            if let Err(error) = maps.map(&file, mode) {
                tracing::debug!(target: "larder::parallel", %error, "an array is sent, not mapped");
                return Ok(buffer.into());
            }
            let is_lent = matches!(buffer, TaskBuffer::Lent(_));
            known.files.insert(number, Mapped { mode, file: Arc::downgrade(&file), is_lent });
        }
        Ok(Placed::Mapped { number, offset, len })
    }

    /// The file that has these bytes, and where; `None` where they are sent as they are.
    fn find(&self, buffer: &TaskBuffer<'_>) -> Result<Option<(Arc<MappedFile>, usize)>> {
        if let Some(mapped) = buffer.mapped() {
            return Ok(Some(mapped));
        }
        let (bytes, folder) = (buffer.as_bytes(), self.transfer.temp_folder.as_deref());
        let is_large = self.transfer.max_nbytes.is_some_and(|from| bytes.len() as u64 >= from);
        let copied = match buffer {
            TaskBuffer::Lent(_) => {
                let mut lent = self.lent.lock().unwrap_or_else(PoisonError::into_inner);
                lent.find(bytes, None, folder, is_large)
            }
            TaskBuffer::Array { life, .. } => {
                self.pool.copies().find(bytes, Some(life), folder, is_large)
            }
            TaskBuffer::Own(_) | TaskBuffer::Shared(_) if is_large => {
                MappedFile::copy_of(bytes, folder).map(|file| Some((file.into(), 0)))
            }
            TaskBuffer::Own(_) | TaskBuffer::Shared(_) => Ok(None),
        };
        match copied {
            // It was to be spared a copy, and is not: no reason to fail.
            Err(error) if folder.is_none() => {
                tracing::debug!(target: "larder::parallel", %error, "an array is sent, not mapped");
                Ok(None)
            }
            copied => copied,
        }
    }
}

impl Drop for Arrays<'_> {
    fn drop(&mut self) {
        self.pool.copies().sweep();
    }
}

impl Known {
    /// How many bytes of arrays came with what was placed since [`forget_old`](Self::forget_old).
    pub(crate) fn fresh(&self) -> usize {
        self.fresh
    }

    /// Has the worker forget what no further batch of the call needs.
    pub(crate) fn forget_old(&mut self, maps: &mut MapsWriter) {
        self.forget(maps, |mapped| mapped.file.strong_count() > 0);
    }

    /// Has the worker forget what no further call needs.
    pub(crate) fn forget_call(&mut self, maps: &mut MapsWriter) {
        self.forget(maps, |mapped| mapped.file.strong_count() > 0 && !mapped.is_lent);
    }

    fn forget(&mut self, maps: &mut MapsWriter, but: impl Fn(&Mapped) -> bool) {
        self.fresh = 0;
        self.files.retain(|number, mapped| {
            let stays = but(mapped);
            if !stays {
                maps.forget(*number);
            }
            stays
        });
    }
}
