//! Writing an entry.

use std::hash::Hasher;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{iter, mem};

use bytes::Bytes;
use twox_hash::XxHash3_64;

use super::pieces::Pieces;
use super::signature::{self, Signers};
use super::table::Row;
use super::{FORMAT, PRELUDE, SIGNED, SUMMED, Subject, checksum, micros, name_bytes};
use crate::compress::{Compressor, Spool, shuffles};
use crate::{Payload, Result, Segment, ShortName};

/// A longer payload is written from where it is instead of being copied behind the head.
const COPIED: usize = 64 << 10;

/// What is put around a value.
pub(crate) struct Seal<'a> {
    pub(crate) subject: Subject<'a>,
    pub(crate) codec: Option<ShortName>,
    pub(crate) created: SystemTime,
    pub(crate) duration: Duration,
    pub(crate) metadata: &'a [u8],
    /// What an entry is signed with, if it is.
    pub(crate) signers: Option<&'a Signers>,
    pub(crate) value: Value<'a>,
}

/// A value's bytes, and what makes them smaller.
#[derive(Default)]
pub(crate) struct Value<'a> {
    pub(crate) payload: Vec<u8>,
    pub(crate) buffers: Vec<Bytes>,
    /// The size of an element of each buffer.
    pub(crate) element_sizes: Vec<u8>,
    /// Whether the bytes of elements are shuffled, for the compressor here or one around it all.
    pub(crate) shuffle: bool,
    pub(crate) compressor: Option<(&'a dyn Compressor, Option<i32>)>,
    /// Where to have temporary files, if possible.
    pub(crate) near: Option<&'a Path>,
}

/// A value as it stands in the entry.
struct Stored {
    compressor: Option<ShortName>,
    raw_len: u64,
    table: Vec<u8>,
    payload: Payload,
    /// Buffers, with the zeros before them.
    behind: Pieces,
}

impl Value<'_> {
    /// Lays the value out for an entry whose table begins at `table_at`.
    ///
    /// Without a compressor the buffers follow the payload, where they can be mapped. With one, buffers and payload are
    /// one stream, never held in one piece, and what that becomes is the payload: in a file, if it may be large.
    fn store(mut self, table_at: usize) -> Result<Stored> {
        let payload = mem::take(&mut self.payload);
        let Some((compressor, level)) = self.compressor else {
            let start = table_at + self.buffers.len() * Row::LEN + payload.len();
            let (table, behind) = self.lay_out(start);
            let raw_len = payload.len() as u64;
            return Ok(Stored {
                compressor: None,
                raw_len,
                table,
                payload: payload.into(),
                behind,
            });
        };
        let near = self.near;
        let (table, mut stream) = self.lay_out(0);
        stream.push(payload.into());
        let mut compressed = Spool::new(stream.len(), near)?;
        compressor.compress(level, &mut stream.reader(), &mut compressed)?;
        Ok(Stored {
            compressor: Some(ShortName::new(compressor.name())?),
            raw_len: stream.len(),
            table,
            payload: compressed.finish()?,
            behind: Pieces::default(),
        })
    }

    /// The buffers from `start` on, each at a multiple of [`ALIGN`](super::ALIGN), and the table that tells where.
    fn lay_out(self, start: usize) -> (Vec<u8>, Pieces) {
        let mut table = Vec::with_capacity(self.buffers.len() * Row::LEN);
        let mut pieces = Pieces::default();
        let mut end = start;
        let sizes = self.element_sizes.into_iter().chain(iter::repeat(1));
        for (buffer, size) in self.buffers.into_iter().zip(sizes) {
            let shuffled = if self.shuffle && shuffles(size) { size } else { 0 };
            let (len, sum) = (buffer.len(), XxHash3_64::oneshot(&buffer));
            let offset = pieces.push_aligned(end, buffer, shuffled);
            end = offset + len;
            Row { offset: offset as u64, len: len as u64, sum, shuffled }.append_to(&mut table);
        }
        (table, pieces)
    }
}

impl Seal<'_> {
    /// The bytes of the entry: the head in one piece, with a short payload, and each buffer in its own.
    ///
    /// # Errors
    /// Those of the compressor, and of temporary files.
    pub(crate) fn seal(self) -> Result<Pieces> {
        let metadata = self.metadata;
        let signature_at = PRELUDE + metadata.len();
        let signature_len = if self.signers.is_some() { signature::LEN } else { 0 };
        let stored = self.value.store(signature_at + signature_len)?;
        let Stored { table, payload, behind, .. } = &stored;
        let copied: &[u8] = match payload.segments() {
            [Segment::Bytes(bytes)] if bytes.len() <= COPIED => bytes,
            _ => &[],
        };
        let is_copied = copied.len() as u64 == payload.len();
        let head_len = signature_at + signature_len + table.len();
        let total_len = head_len as u64 + payload.len() + behind.len();

        let mut head = Vec::with_capacity(head_len + copied.len());
        head.resize(PRELUDE, 0);
        head.extend_from_slice(metadata);
        head.resize(signature_at + signature_len, 0);
        head.extend_from_slice(table);
        head.extend_from_slice(copied);

        head[0..8].copy_from_slice(&self.subject.magic());
        head[8..10].copy_from_slice(&FORMAT.to_le_bytes());
        if self.signers.is_some() {
            head[10..12].copy_from_slice(&SIGNED.to_le_bytes());
        }
        head[12..16].copy_from_slice(&(metadata.len() as u32).to_le_bytes());
        head[16..24].copy_from_slice(&payload.len().to_le_bytes());
        head[24..32].copy_from_slice(&stored.raw_len.to_le_bytes());
        head[32..36].copy_from_slice(&((table.len() / Row::LEN) as u32).to_le_bytes());
        head[40..48].copy_from_slice(
            &micros(self.created.duration_since(UNIX_EPOCH).unwrap_or_default()).to_le_bytes(),
        );
        head[48..56].copy_from_slice(&micros(self.duration).to_le_bytes());
        head[56..72].copy_from_slice(&name_bytes(self.codec));
        head[72..88].copy_from_slice(&name_bytes(stored.compressor));
        head[88..104].copy_from_slice(&self.subject.digest());
        head[104..112].copy_from_slice(&XxHash3_64::oneshot(metadata).to_le_bytes());
        head[112..120].copy_from_slice(&total_len.to_le_bytes());
        if let (Some(signers), Subject::Entry(key)) = (self.signers, self.subject) {
            let mut hash = blake3::Hasher::new();
            hash.update(table);
            payload.write_to(&mut hash)?;
            behind.write_to(&mut hash)?;
            let signature = signers.sign(key, &head[..SUMMED], metadata, hash.finalize());
            head[signature_at..][..signature::LEN].copy_from_slice(&signature);
        }
        let sum = if is_copied {
            checksum(&head[..SUMMED], &head[signature_at..])
        } else {
            let mut sum = Summed(XxHash3_64::with_seed(XxHash3_64::oneshot(&head[..SUMMED])));
            sum.0.write(&head[signature_at..]);
            payload.write_to(&mut sum)?;
            sum.0.finish()
        };
        head[120..128].copy_from_slice(&sum.to_le_bytes());

        let mut whole = Pieces::default();
        whole.push(head.into());
        if !is_copied {
            whole.push(stored.payload);
        }
        whole.append(stored.behind);
        Ok(whole)
    }
}

/// The checksum of what is written.
struct Summed(XxHash3_64);

impl Write for Summed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
