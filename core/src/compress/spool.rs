//! Where compressed bytes go that may be too many to hold.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::Payload;

/// What is made of more bytes than this goes to a file instead of memory.
const IN_MEMORY: u64 = 64 << 20;
const CHUNK: usize = 256 << 10;

/// A [`Write`] whose bytes become a payload: in memory, or in a temporary file without a name.
pub(crate) enum Spool {
    Memory(Vec<u8>),
    File(BufWriter<File>),
}

impl Spool {
    /// For what is made of `from` bytes. A file is made in `near`, or else where the system has its temporary files.
    pub(crate) fn new(from: u64, near: Option<&Path>) -> io::Result<Self> {
        if from <= IN_MEMORY {
            return Ok(Self::Memory(Vec::new()));
        }
        // A store that is only just coming into being has no directory yet, and one may be full or not for writing.
        let file = match near.map(tempfile::tempfile_in) {
            Some(Ok(file)) => file,
            _ => tempfile::tempfile()?,
        };
        Ok(Self::File(BufWriter::with_capacity(CHUNK, file)))
    }

    pub(crate) fn finish(self) -> io::Result<Payload> {
        match self {
            Self::Memory(bytes) => Ok(bytes.into()),
            Self::File(file) => {
                let mut payload = Payload::default();
                payload.push_file(file.into_inner().map_err(io::IntoInnerError::into_error)?)?;
                Ok(payload)
            }
        }
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Memory(memory) => memory.write(bytes),
            Self::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::File(file) => file.flush(),
        }
    }
}
