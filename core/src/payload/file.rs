//! A piece that is in a file.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is read at once where the system cannot copy by itself.
const CHUNK: usize = 256 << 10;

/// A file as a piece of a [`Payload`](super::Payload), which nobody changes. Clones share the file.
#[derive(Debug, Clone)]
pub struct FileSegment {
    /// A file has one position: whoever reads sets it first, and nobody else does so meanwhile.
    file: Arc<Mutex<File>>,
    len: u64,
}

impl FileSegment {
    pub(super) fn new(file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self { file: Arc::new(Mutex::new(file)), len })
    }

    /// The length in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn at(&self, position: u64) -> io::Result<MutexGuard<'_, File>> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(position))?;
        Ok(file)
    }

    /// Some of the bytes from `position` on; none at the end. An error for a file that has become shorter.
    pub(super) fn read_at(&self, position: u64, out: &mut [u8]) -> io::Result<usize> {
        let left = self.len.saturating_sub(position);
        match (&*self.at(position)?).take(left).read(out)? {
            0 if left > 0 && !out.is_empty() => Err(ErrorKind::UnexpectedEof.into()),
            read => Ok(read),
        }
    }

    /// Writes all of it. To a [`File`] the system copies it by itself where it knows how.
    ///
    /// # Errors
    /// Those of the file and of `out`, and for a file that has become shorter.
    pub fn write_to<W: Write + ?Sized>(&self, out: &mut W) -> io::Result<()> {
        let file = self.at(0)?;
        let mut rest = BufReader::with_capacity(CHUNK, (&*file).take(self.len));
        match io::copy(&mut rest, out)? == self.len {
            true => Ok(()),
            false => Err(ErrorKind::UnexpectedEof.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::Payload;

    fn payload() -> (Payload, Vec<u8>) {
        let middle: Vec<u8> = (0..600_000u32).map(|i| (i / 7) as u8).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&middle).unwrap();
        let mut payload = Payload::from_iter([Bytes::from_static(b"head")]);
        payload.push_file(file).unwrap();
        payload.push(Bytes::from_static(b"tail"));
        (payload, [b"head", &middle[..], b"tail"].concat())
    }

    #[test]
    fn a_file_stands_between_pieces_in_memory() {
        let (payload, whole) = payload();
        assert_eq!(payload.len(), whole.len() as u64);
        let mut read = Vec::new();
        payload.reader().read_to_end(&mut read).unwrap();
        assert!(read == whole);
        let mut written = tempfile::NamedTempFile::new().unwrap();
        payload.write_to(written.as_file_mut()).unwrap();
        assert!(std::fs::read(written.path()).unwrap() == whole);
        assert!(payload.into_bytes().unwrap() == whole);
    }

    #[test]
    fn clones_are_read_at_the_same_time() {
        let (payload, whole) = payload();
        let (mut here, twin) = (payload.reader(), payload.clone());
        let mut there = twin.reader();
        let (mut one, mut other) = (vec![0; whole.len()], vec![0; whole.len()]);
        for (one, other) in one.chunks_mut(1000).zip(other.chunks_mut(1000)) {
            here.read_exact(one).unwrap();
            there.read_exact(other).unwrap();
        }
        assert!(one == whole && other == whole);
    }

    #[test]
    fn a_file_cut_off_meanwhile_is_an_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(10).unwrap();
        let mut payload = Payload::from_iter([Bytes::from_static(b"head")]);
        payload.push_file(file.reopen().unwrap()).unwrap();
        payload.push(Bytes::from_static(b"tail"));
        file.as_file().set_len(9).unwrap();
        let written = payload.write_to(&mut Vec::new());
        let read = payload.reader().read_to_end(&mut Vec::new());
        for error in [written.unwrap_err(), read.unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        }
    }
}
