//! Frames: what crosses the connection, in either direction.
//!
//! ```text
//!  0  u64     length of everything after this number
//!  8  u64     length of the head
//! 16  u8      kind
//! 17  u8      file descriptors that come with it
//! 18  u16     zero
//! 20  u32     number of buffers
//! 24  the head
//!     u64 …   the lengths of the buffers
//!     the buffers, one after the other
//! ```
//!
//! Numbers are little-endian. Who only passes frames on needs to know the first number, and the kind to see which
//! answer is the last. The buffers stand outside of the head so that each can be received where it is to stay.

use std::io::{self, ErrorKind, Read};

use bytes::Bytes;
use larder_core::parallel::tasks::TaskBuffer;

use crate::transport::{Descriptors, Sink, Source};
use crate::wire::Malformed;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[non_exhaustive]
pub enum Kind {
    /// A worker's first word: which protocol it speaks.
    Hello = 1,
    /// To a worker, once: what it shares with the other side.
    Setup = 2,
    /// To a worker: tasks to run.
    Tasks = 3,
    /// What became of some of the tasks; more follows.
    Results = 4,
    /// What became of the last of them.
    Done = 5,
    /// Instead of results: why the tasks were not run.
    Refused = 6,
    /// A warning for a person.
    Warning = 7,
    /// To a worker: which files to map, and which maps to forget.
    Maps = 8,
}

const PRELUDE: usize = 24;
/// How much is asked of the connection at once.
const READ: usize = 64 << 10;
/// A reader that had to grow beyond this gives the room back.
const KEPT: usize = 1 << 20;
/// Buffers up to this size are copied behind the head, and leave in one piece with it.
const COPIED: usize = 32 << 10;
/// Where a buffer arrives.
const ALIGNMENT: usize = 64;

impl Kind {
    /// Whether no other frame of the same answer follows.
    pub fn is_last(self) -> bool {
        matches!(self, Self::Hello | Self::Done | Self::Refused)
    }

    fn of(byte: u8) -> Result<Self, Malformed> {
        const ALL: [Kind; 8] = [
            Kind::Hello,
            Kind::Setup,
            Kind::Tasks,
            Kind::Results,
            Kind::Done,
            Kind::Refused,
            Kind::Warning,
            Kind::Maps,
        ];
        ALL.into_iter().find(|kind| *kind as u8 == byte).ok_or(Malformed)
    }
}

/// A frame that arrived.
#[derive(Debug)]
#[non_exhaustive]
pub struct Frame<'r> {
    /// What it is.
    pub kind: Kind,
    /// The message.
    pub head: &'r [u8],
    /// What stands beside it, each aligned to 64 bytes.
    pub buffers: Vec<Bytes>,
    /// What came with it.
    pub descriptors: Descriptors,
}

/// A frame on its way.
#[derive(Debug)]
pub struct Outgoing<'t> {
    pub(crate) kind: Kind,
    /// The prelude, to be filled in, and the head.
    pub(crate) bytes: Vec<u8>,
    pub(crate) buffers: Vec<TaskBuffer<'t>>,
    pub(crate) descriptors: Descriptors,
}

impl<'t> Outgoing<'t> {
    pub(crate) fn new(kind: Kind) -> Self {
        Self::reusing(kind, Vec::new())
    }

    /// As [`new`](Self::new), in the room of a frame that was sent.
    pub(crate) fn reusing(kind: Kind, mut room: Vec<u8>) -> Self {
        room.clear();
        room.resize(PRELUDE, 0);
        Self { kind, bytes: room, buffers: Vec::new(), descriptors: Descriptors::default() }
    }

    /// How long the head is by now.
    pub(crate) fn head_len(&self) -> usize {
        self.bytes.len() - PRELUDE
    }

    /// How many bytes it is by now, with its buffers.
    pub fn len(&self) -> usize {
        let beside = self.buffers.iter().map(|buffer| buffer.as_bytes().len());
        self.head_len() + beside.sum::<usize>()
    }

    /// Whether nothing was put into it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sends it, and gives back the room it took for the next one.
    ///
    /// # Errors
    /// Those of the connection.
    pub fn send(mut self, sink: &mut (impl Sink + ?Sized)) -> io::Result<Vec<u8>> {
        let head = self.head_len() as u64;
        let count = u32::try_from(self.buffers.len()).map_err(|_| ErrorKind::InvalidInput)?;
        let buffers = self.buffers.iter().map(TaskBuffer::as_bytes);
        for buffer in buffers.clone() {
            self.bytes.extend((buffer.len() as u64).to_le_bytes());
        }
        let beside: usize = buffers.clone().map(<[u8]>::len).sum();
        let rest = (self.bytes.len() - 8 + beside) as u64;
        self.bytes[..8].copy_from_slice(&rest.to_le_bytes());
        self.bytes[8..16].copy_from_slice(&head.to_le_bytes());
        self.bytes[16] = self.kind as u8;
        self.bytes[17] = self.descriptors.len() as u8;
        self.bytes[20..24].copy_from_slice(&count.to_le_bytes());
        let mut descriptors = Some(&self.descriptors);
        for buffer in buffers {
            if buffer.len() <= COPIED && self.bytes.len() < KEPT {
                self.bytes.extend_from_slice(buffer);
                continue;
            }
            // What was gathered goes first, in one piece with the large one.
            sink.send(&[&self.bytes, buffer], descriptors.take())?;
            self.bytes.clear();
        }
        if !self.bytes.is_empty() {
            sink.send(&[&self.bytes], descriptors.take())?;
        }
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
        Ok(self.bytes)
    }
}

/// Reads frames off a connection.
#[derive(Debug)]
pub struct Frames<S> {
    source: S,
    /// What was read, from `at` to `end`; behind that is room.
    read: Vec<u8>,
    at: usize,
    end: usize,
}

impl<S: Source> Frames<S> {
    /// The frames that come from `source`.
    pub fn new(source: S) -> Self {
        Self { source, read: Vec::new(), at: 0, end: 0 }
    }

    /// Where they come from.
    pub fn source(&self) -> &S {
        &self.source
    }

    /// The next frame; `None` where the other end is gone.
    ///
    /// # Errors
    /// Those of the connection; [`InvalidData`](ErrorKind::InvalidData) for bytes that are no frame, and for its end in
    /// the middle of one [`UnexpectedEof`](ErrorKind::UnexpectedEof).
    pub fn next_frame(&mut self) -> io::Result<Option<Frame<'_>>> {
        if !self.has(PRELUDE)? {
            return match self.at == self.end {
                true => Ok(None),
                false => Err(ErrorKind::UnexpectedEof.into()),
            };
        }
        let prelude = Prelude::of(&self.read[self.at..self.at + PRELUDE])?;
        let table = prelude.head.checked_add(8 * prelude.buffers).ok_or(ErrorKind::InvalidData)?;
        let front = table.checked_add(PRELUDE).ok_or(ErrorKind::OutOfMemory)?;
        if !self.has(front)? {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let head = self.at + PRELUDE..self.at + PRELUDE + prelude.head;
        let lens: Vec<_> = self.read[head.end..self.at + front]
            .as_chunks::<8>()
            .0
            .iter()
            .map(|len| u64::from_le_bytes(*len))
            .collect();
        let beside = lens.iter().try_fold(0u64, |sum, len| sum.checked_add(*len));
        if beside.and_then(|sum| sum.checked_add((PRELUDE - 8 + table) as u64))
            != Some(prelude.rest)
        {
            return Err(ErrorKind::InvalidData.into());
        }
        self.at += front;
        let buffers = lens.into_iter().map(|len| self.buffer(len)).collect::<io::Result<_>>()?;
        let descriptors = self.source.descriptors(prelude.descriptors)?;
        Ok(Some(Frame { kind: prelude.kind, head: &self.read[head], buffers, descriptors }))
    }

    /// Whether so many bytes could be had from `at` on.
    fn has(&mut self, want: usize) -> io::Result<bool> {
        if self.at == self.end {
            (self.at, self.end) = (0, 0);
            if self.read.len() > KEPT {
                self.read = Vec::new();
            }
        }
        while self.end - self.at < want {
            // What a length claims is believed as far as it has come true.
            let room = want.min(2 * (self.end - self.at)).max(READ);
            if self.read.len() < self.at + room {
                self.read.copy_within(self.at..self.end, 0);
                (self.at, self.end) = (0, self.end - self.at);
                if self.read.len() < room {
                    self.read.try_reserve(room - self.read.len())?;
                    self.read.resize(room, 0);
                }
            }
            match read_some(&mut self.source, &mut self.read[self.end..])? {
                0 => return Ok(false),
                count => self.end += count,
            }
        }
        Ok(true)
    }

    /// A buffer of this length, of which the beginning may have been read already. Room for it is made as it comes.
    fn buffer(&mut self, len: u64) -> io::Result<Bytes> {
        let len = usize::try_from(len).map_err(|_| ErrorKind::OutOfMemory)?;
        let mut bytes = Vec::new();
        let mut padding = 0;
        let known = len.min(self.end - self.at);
        make_room(&mut bytes, &mut padding, known)?;
        bytes.extend_from_slice(&self.read[self.at..self.at + known]);
        self.at += known;
        let mut has = known;
        while has < len {
            let next = len.min(has.saturating_mul(2).max(KEPT));
            make_room(&mut bytes, &mut padding, next)?;
            let missing = (next - has) as u64;
            if (&mut self.source).take(missing).read_to_end(&mut bytes)? as u64 != missing {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            has = next;
        }
        Ok(Bytes::from(bytes).slice(padding..))
    }
}

struct Prelude {
    rest: u64,
    head: usize,
    kind: Kind,
    descriptors: usize,
    buffers: usize,
}

impl Prelude {
    fn of(bytes: &[u8]) -> io::Result<Self> {
        let number = |at: usize| bytes[at..].first_chunk().copied().map_or(0, u64::from_le_bytes);
        let (rest, head) = (number(0), number(8));
        let kind = Kind::of(bytes[16]).map_err(|Malformed| ErrorKind::InvalidData)?;
        let buffers = bytes[20..].first_chunk().copied().map_or(0, u32::from_le_bytes);
        if head > rest || u64::from(buffers) * 8 > rest || bytes[18..20] != [0, 0] {
            return Err(ErrorKind::InvalidData.into());
        }
        Ok(Self {
            rest,
            head: head.try_into().map_err(|_| ErrorKind::OutOfMemory)?,
            kind,
            descriptors: bytes[17].into(),
            buffers: buffers as usize,
        })
    }
}

/// Makes room for `len` bytes behind the `padding` that has them begin where a buffer is to begin.
fn make_room(bytes: &mut Vec<u8>, padding: &mut usize, len: usize) -> io::Result<()> {
    let has = bytes.len() - *padding;
    let room = len.checked_add(ALIGNMENT).ok_or(ErrorKind::OutOfMemory)?;
    bytes.try_reserve_exact(room.saturating_sub(bytes.len()))?;
    // With more room they may lie elsewhere.
    let aligned = bytes.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
    if aligned != *padding {
        bytes.resize(bytes.len().max(aligned + has), 0);
        bytes.copy_within(*padding..*padding + has, aligned);
        bytes.truncate(aligned + has);
        *padding = aligned;
    }
    Ok(())
}

fn read_some(source: &mut impl Source, into: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(into) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

#[cfg(test)]
mod tests;
