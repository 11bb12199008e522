//! What a worker is to map, and what it may forget.

use std::io;
use std::os::fd::OwnedFd;

use larder_core::MmapMode;
use larder_core::parallel::tasks::MappedFile;

use crate::frame::{Frame, Kind, Outgoing};
use crate::transport::{Descriptors, MAX_DESCRIPTORS};
use crate::wire::{Malformed, Put, Take};

/// The frame that tells a worker, over a [`Socket`](crate::Socket), which files to map for the tasks that follow, and
/// which maps are not needed any more. There is no answer to it.
#[derive(Debug, Default)]
pub struct MapsWriter {
    forgotten: Vec<u64>,
    mapped: Vec<u8>,
    descriptors: Descriptors,
}

impl MapsWriter {
    /// The map of this number is forgotten, before any new ones are made.
    pub fn forget(&mut self, number: u64) {
        self.forgotten.push(number);
    }

    /// Whether no further map fits into the frame.
    pub fn is_full(&self) -> bool {
        self.descriptors.len() == MAX_DESCRIPTORS
    }

    /// The file is mapped, and known by its [number](MappedFile::number) from then on.
    ///
    /// # Errors
    /// No file descriptor is left, or the frame [is full](Self::is_full).
    pub fn map(&mut self, file: &MappedFile, mode: MmapMode) -> io::Result<()> {
        if self.is_full() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        self.descriptors.push(OwnedFd::from(file.file().try_clone()?));
        self.mapped.put_number(file.number());
        self.mapped.put_number(file.start());
        self.mapped.put_number(file.len() as u64);
        self.mapped.put_number((mode == MmapMode::CopyOnWrite).into());
        Ok(())
    }

    /// The frame, if there is anything to tell.
    pub fn finish(self) -> Option<Outgoing<'static>> {
        if self.forgotten.is_empty() && self.descriptors.is_empty() {
            return None;
        }
        let mut frame = Outgoing::new(Kind::Maps);
        frame.bytes.put_number(self.forgotten.len() as u64);
        self.forgotten.iter().for_each(|number| frame.bytes.put_number(*number));
        frame.bytes.extend(self.mapped);
        frame.descriptors = self.descriptors;
        Some(frame)
    }
}

/// What such a frame says.
pub(crate) struct MapsTold {
    pub(crate) forgotten: Vec<u64>,
    pub(crate) mapped: Vec<ToMap>,
}

/// A file to be mapped.
pub(crate) struct ToMap {
    pub(crate) number: u64,
    pub(crate) start: u64,
    pub(crate) len: usize,
    pub(crate) mode: MmapMode,
    pub(crate) file: OwnedFd,
}

impl MapsTold {
    pub(crate) fn of(frame: &mut Frame<'_>) -> Result<Self, Malformed> {
        let mut head = Take(frame.head);
        let forgotten = (0..head.size()?).map(|_| head.number()).collect::<Result<_, _>>()?;
        let mut mapped = Vec::new();
        for file in std::mem::take(&mut frame.descriptors) {
            mapped.push(ToMap {
                number: head.number()?,
                start: head.number()?,
                len: head.size()?,
                mode: if head.number()? == 1 { MmapMode::CopyOnWrite } else { MmapMode::ReadOnly },
                file,
            });
        }
        Ok(Self { forgotten, mapped })
    }
}
