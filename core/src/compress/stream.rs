//! Passing bytes on, and keeping apart whose error it was.

use std::io::{self, Read, Write};

/// A reader or writer that keeps its error: a compressor between it and us may make another of it.
pub(super) struct Noted<'a, S: ?Sized> {
    stream: &'a mut S,
    pub(super) failed: Option<io::Error>,
}

impl<'a, S: ?Sized> Noted<'a, S> {
    pub(super) fn new(stream: &'a mut S) -> Self {
        Self { stream, failed: None }
    }

    fn note<T>(&mut self, done: io::Result<T>) -> io::Result<T> {
        done.map_err(|error| {
            let kind = error.kind();
            if kind != io::ErrorKind::Interrupted {
                self.failed = Some(error);
            }
            kind.into()
        })
    }
}

impl Read for Noted<'_, dyn Read + '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let done = self.stream.read(into);
        self.note(done)
    }
}

impl Write for Noted<'_, dyn Write + '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let done = self.stream.write(bytes);
        self.note(done)
    }

    fn flush(&mut self) -> io::Result<()> {
        let done = self.stream.flush();
        self.note(done)
    }
}

/// Lets `left` bytes through.
pub(super) struct Limited<'a> {
    pub(super) output: &'a mut dyn Write,
    pub(super) left: u64,
    pub(super) exceeded: bool,
}

impl Write for Limited<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() as u64 > self.left {
            self.exceeded = true;
            return Err(io::Error::other("more bytes than there should be"));
        }
        let written = self.output.write(bytes)?;
        self.left -= written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}
