//! What frames cross: a socket that carries file descriptors, or a pair of pipes that do not.

#[cfg(unix)]
mod socket;

use std::io::{self, ErrorKind, IoSlice, Read, Write};

#[cfg(unix)]
pub(crate) use self::socket::MAX_DESCRIPTORS;
#[cfg(unix)]
pub use self::socket::Socket;

/// File descriptors that go with a frame.
#[cfg(unix)]
pub type Descriptors = Vec<std::os::fd::OwnedFd>;
/// File descriptors that go with a frame: there are none on this system.
#[cfg(not(unix))]
pub type Descriptors = Vec<std::convert::Infallible>;

/// Where frames come from.
pub trait Source: Read {
    /// The next `count` file descriptors that came with what was read.
    ///
    /// # Errors
    /// There are not as many.
    fn descriptors(&mut self, count: usize) -> io::Result<Descriptors>;
}

/// Where frames go.
pub trait Sink {
    /// Sends all of these bytes, and descriptors with the first of them.
    ///
    /// # Errors
    /// Those of the connection; descriptors that it cannot carry.
    fn send(&mut self, parts: &[&[u8]], descriptors: Option<&Descriptors>) -> io::Result<()>;
}

/// One end of something that carries bytes alone: a pipe, a file, memory.
#[derive(Debug)]
pub struct Plain<T>(pub T);

impl<T: Read> Read for Plain<T> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl<T: Read> Source for Plain<T> {
    fn descriptors(&mut self, count: usize) -> io::Result<Descriptors> {
        if count > 0 { Err(ErrorKind::InvalidData.into()) } else { Ok(Descriptors::new()) }
    }
}

impl<T: Write> Sink for Plain<T> {
    fn send(&mut self, parts: &[&[u8]], descriptors: Option<&Descriptors>) -> io::Result<()> {
        if descriptors.is_some_and(|descriptors| !descriptors.is_empty()) {
            return Err(ErrorKind::Unsupported.into());
        }
        send_all(parts, |slices| self.0.write_vectored(slices))?;
        self.0.flush()
    }
}

impl Source for Box<dyn Source + Send> {
    fn descriptors(&mut self, count: usize) -> io::Result<Descriptors> {
        (**self).descriptors(count)
    }
}

/// Writes `parts` with as many calls as it takes.
fn send_all(
    parts: &[&[u8]],
    mut send: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
) -> io::Result<()> {
    let mut slices: Vec<_> = parts.iter().map(|part| IoSlice::new(part)).collect();
    let mut left = &mut slices[..];
    IoSlice::advance_slices(&mut left, 0);
    while !left.is_empty() {
        match send(left) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => IoSlice::advance_slices(&mut left, count),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
