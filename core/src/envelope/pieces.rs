//! The parts of an entry in the order they are written, some of them shuffled on their way to a compressor.

use std::io::{self, Read, Write};
use std::slice;

use bytes::Bytes;

use super::ALIGN;
use crate::compress::{Shuffled, shuffles};
use crate::{Payload, Result};

/// What an entry, or the stream inside of it, consists of.
#[derive(Debug, Default)]
pub(crate) struct Pieces(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    AsIs(Payload),
    /// Elements of so many bytes.
    Shuffled(Bytes, u8),
}

impl Pieces {
    pub(super) fn len(&self) -> u64 {
        let len = |piece: &Piece| match piece {
            Piece::AsIs(payload) => payload.len(),
            Piece::Shuffled(bytes, _) => bytes.len() as u64,
        };
        self.0.iter().map(len).sum()
    }

    pub(super) fn push(&mut self, payload: Payload) {
        match self.0.last_mut() {
            Some(Piece::AsIs(last)) => last.append(payload),
            _ => self.0.push(Piece::AsIs(payload)),
        }
    }

    /// A buffer, with the zeros that bring it from where the others end to a multiple of [`ALIGN`]: where it begins.
    /// Elements of more than one byte are shuffled if their size is told.
    pub(super) fn push_aligned(&mut self, end: usize, buffer: Bytes, shuffled: u8) -> usize {
        let start = end.next_multiple_of(ALIGN);
        self.push(Bytes::from_static(&[0; ALIGN][..start - end]).into());
        match shuffles(shuffled) {
            true => self.0.push(Piece::Shuffled(buffer, shuffled)),
            false => self.push(buffer.into()),
        }
        start
    }

    pub(super) fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Writes every piece, in order.
    pub(super) fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        self.0.iter().try_for_each(|piece| match piece {
            Piece::AsIs(payload) => payload.write_to(out),
            Piece::Shuffled(bytes, size) => {
                io::copy(&mut Shuffled::new(bytes, *size), out).map(drop)
            }
        })
    }

    /// A reader of every piece, in order.
    pub(crate) fn reader(&self) -> impl Read {
        Reader { rest: self.0.iter(), current: Box::new(io::empty()) }
    }

    /// All of it for a store, which shuffles nothing: that is for compressors.
    pub(crate) fn into_payload(self) -> Result<Payload> {
        let mut whole = Payload::default();
        for piece in self.0 {
            match piece {
                Piece::AsIs(payload) => whole.append(payload),
                Piece::Shuffled(bytes, size) => {
                    let mut shuffled = Vec::with_capacity(bytes.len());
                    Shuffled::new(&bytes, size).read_to_end(&mut shuffled)?;
                    whole.push(shuffled.into());
                }
            }
        }
        Ok(whole)
    }
}

struct Reader<'p> {
    rest: slice::Iter<'p, Piece>,
    current: Box<dyn Read + 'p>,
}

impl Read for Reader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.current.read(out)?;
            if read > 0 || out.is_empty() {
                return Ok(read);
            }
            match self.rest.next() {
                Some(Piece::AsIs(payload)) => self.current = Box::new(payload.reader()),
                Some(Piece::Shuffled(bytes, size)) => {
                    self.current = Box::new(Shuffled::new(bytes, *size));
                }
                None => return Ok(0),
            }
        }
    }
}
