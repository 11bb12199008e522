//! What goes into a store: bytes in one or more pieces, so that a large buffer is never copied behind its header.

mod file;

use std::fs::File;
use std::io::{self, Read, Write};
use std::slice;

use bytes::Bytes;

pub use self::file::FileSegment;
use crate::Result;

/// The bytes of one entry, in order, in pieces.
///
/// ```
/// use larder_core::Payload;
///
/// let payload = Payload::from_iter([&b"head "[..], b"and body"].map(bytes::Bytes::from_static));
/// assert_eq!(payload.len(), 13);
/// assert_eq!(payload.into_bytes()?, "head and body");
/// # Ok::<(), larder_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Payload {
    segments: Vec<Segment>,
}

/// One piece of a [`Payload`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Segment {
    /// Bytes in memory (or mapped), shared.
    Bytes(Bytes),
    /// Bytes in a file, because there are too many to hold: [`FileSegment::write_to`] copies them.
    File(FileSegment),
}

impl Segment {
    /// The length in bytes.
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(file) => file.len(),
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Payload {
    /// The length of all pieces together, in bytes.
    pub fn len(&self) -> u64 {
        self.segments.iter().map(Segment::len).sum()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The pieces, in order.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Adds a piece at the end.
    pub fn push(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.segments.push(Segment::Bytes(bytes));
        }
    }

    /// Adds what is in a file at the end: all of it, as it is now. Nobody may change the file from now on; a temporary
    /// one without a name is best.
    ///
    /// # Errors
    /// When the file's length cannot be found out.
    pub fn push_file(&mut self, file: File) -> io::Result<()> {
        let file = FileSegment::new(file)?;
        if !file.is_empty() {
            self.segments.push(Segment::File(file));
        }
        Ok(())
    }

    /// Adds the pieces of another payload at the end.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.segments.append(&mut other.segments);
    }

    /// A reader of every piece, in order.
    pub fn reader(&self) -> impl Read {
        Reader { segments: self.segments.iter(), current: Current::Bytes(&[]) }
    }

    /// Writes every piece, in order. To a [`File`] that `out` is, what is in files goes without a way through this
    /// process, where the system knows how.
    ///
    /// # Errors
    /// Whatever `out` reports.
    pub fn write_to<W: Write + ?Sized>(&self, out: &mut W) -> io::Result<()> {
        for segment in &self.segments {
            match segment {
                Segment::Bytes(bytes) => out.write_all(bytes)?,
                Segment::File(file) => file.write_to(out)?,
            }
        }
        Ok(())
    }

    /// All of it as one run of bytes: free for a single piece in memory, a copy otherwise.
    ///
    /// # Errors
    /// When a piece cannot be read.
    pub fn into_bytes(mut self) -> Result<Bytes> {
        if let [Segment::Bytes(_)] = self.segments[..]
            && let Some(Segment::Bytes(bytes)) = self.segments.pop()
        {
            return Ok(bytes);
        }
        let mut whole = Vec::with_capacity(usize::try_from(self.len()).unwrap_or(0));
        self.write_to(&mut whole)?;
        Ok(whole.into())
    }
}

struct Reader<'p> {
    segments: slice::Iter<'p, Segment>,
    current: Current<'p>,
}

enum Current<'p> {
    Bytes(&'p [u8]),
    /// The rest of a file begins here.
    File(&'p FileSegment, u64),
}

impl Read for Reader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = match &mut self.current {
                Current::Bytes(bytes) => bytes.read(out)?,
                Current::File(file, at) => {
                    let read = file.read_at(*at, out)?;
                    *at += read as u64;
                    read
                }
            };
            if read > 0 || out.is_empty() {
                return Ok(read);
            }
            match self.segments.next() {
                Some(Segment::Bytes(bytes)) => self.current = Current::Bytes(bytes),
                Some(Segment::File(file)) => self.current = Current::File(file, 0),
                None => return Ok(0),
            }
        }
    }
}

impl From<Bytes> for Payload {
    fn from(bytes: Bytes) -> Self {
        Self::from_iter([bytes])
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<&'static [u8]> for Payload {
    fn from(bytes: &'static [u8]) -> Self {
        Bytes::from_static(bytes).into()
    }
}

impl FromIterator<Bytes> for Payload {
    fn from_iter<I: IntoIterator<Item = Bytes>>(pieces: I) -> Self {
        let mut payload = Self::default();
        pieces.into_iter().for_each(|bytes| payload.push(bytes));
        payload
    }
}
