//! Writing an entry.

use std::hash::Hasher;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use twox_hash::XxHash3_64;

use super::{ALIGN, FORMAT, PRELUDE, Subject, TABLE_ROW, checksum, micros, name_bytes};
use crate::compress::Compressor;
use crate::{Payload, Result, ShortName};

/// A longer payload is written from where it is instead of being copied behind the head.
const COPIED: usize = 64 << 10;

/// What is put around a value.
pub(crate) struct Seal<'a> {
    pub(crate) subject: Subject<'a>,
    pub(crate) codec: Option<ShortName>,
    pub(crate) created: SystemTime,
    pub(crate) duration: Duration,
    pub(crate) metadata: &'a [u8],
    pub(crate) value: Value<'a>,
}

/// A value's bytes, and what makes them smaller.
#[derive(Default)]
pub(crate) struct Value<'a> {
    pub(crate) payload: Vec<u8>,
    pub(crate) buffers: Vec<Bytes>,
    pub(crate) compressor: Option<(&'a dyn Compressor, Option<i32>)>,
}

/// A value as it stands in the entry.
struct Stored {
    compressor: Option<ShortName>,
    raw_len: u64,
    table: Vec<u8>,
    payload: Vec<u8>,
    /// Buffers, with the zeros before them.
    behind: Payload,
}

impl Value<'_> {
    /// Lays the value out for an entry whose table begins at `table_at`.
    ///
    /// Without a compressor the buffers follow the payload, where they can be mapped. With one, buffers and payload are
    /// one stream, never held in one piece, and what that becomes is the payload.
    fn store(self, table_at: usize) -> Result<Stored> {
        let Self { payload, buffers, compressor } = self;
        let Some((compressor, level)) = compressor else {
            let start = table_at + buffers.len() * TABLE_ROW + payload.len();
            let (table, behind) = lay_out(buffers, start);
            let raw_len = payload.len() as u64;
            return Ok(Stored { compressor: None, raw_len, table, payload, behind });
        };
        let (table, mut stream) = lay_out(buffers, 0);
        stream.push(payload.into());
        let mut compressed = Vec::new();
        compressor.compress(level, &mut stream.reader(), &mut compressed)?;
        Ok(Stored {
            compressor: Some(ShortName::new(compressor.name())?),
            raw_len: stream.len(),
            table,
            payload: compressed,
            behind: Payload::default(),
        })
    }
}

/// The buffers from `start` on, each at a multiple of [`ALIGN`], and the table that tells where.
fn lay_out(buffers: Vec<Bytes>, start: usize) -> (Vec<u8>, Payload) {
    let mut table = Vec::with_capacity(buffers.len() * TABLE_ROW);
    let mut pieces = Payload::default();
    let mut end = start;
    for buffer in buffers {
        let offset = end.next_multiple_of(ALIGN);
        pieces.push(Bytes::from_static(&[0; ALIGN][..offset - end]));
        end = offset + buffer.len();
        for field in [offset as u64, buffer.len() as u64, XxHash3_64::oneshot(&buffer)] {
            table.extend_from_slice(&field.to_le_bytes());
        }
        pieces.push(buffer);
    }
    (table, pieces)
}

impl Seal<'_> {
    /// The bytes of the entry: the head in one piece, with a short payload, and each buffer in its own.
    ///
    /// # Errors
    /// Those of the compressor.
    pub(crate) fn seal(self) -> Result<Payload> {
        let metadata = self.metadata;
        let stored = self.value.store(PRELUDE + metadata.len())?;
        let Stored { table, payload, behind, .. } = &stored;
        let copied = if payload.len() <= COPIED { payload.len() } else { 0 };
        let head_len = PRELUDE + metadata.len() + table.len();
        let total_len = (head_len + payload.len()) as u64 + behind.len();

        let mut head = Vec::with_capacity(head_len + copied);
        head.resize(PRELUDE, 0);
        head.extend_from_slice(metadata);
        head.extend_from_slice(table);
        head.extend_from_slice(&payload[..copied]);

        head[0..8].copy_from_slice(&self.subject.magic());
        head[8..10].copy_from_slice(&FORMAT.to_le_bytes());
        head[12..16].copy_from_slice(&(metadata.len() as u32).to_le_bytes());
        head[16..24].copy_from_slice(&(payload.len() as u64).to_le_bytes());
        head[24..32].copy_from_slice(&stored.raw_len.to_le_bytes());
        head[32..36].copy_from_slice(&((table.len() / TABLE_ROW) as u32).to_le_bytes());
        head[40..48].copy_from_slice(
            &micros(self.created.duration_since(UNIX_EPOCH).unwrap_or_default()).to_le_bytes(),
        );
        head[48..56].copy_from_slice(&micros(self.duration).to_le_bytes());
        head[56..72].copy_from_slice(&name_bytes(self.codec));
        head[72..88].copy_from_slice(&name_bytes(stored.compressor));
        head[88..104].copy_from_slice(&self.subject.digest());
        head[104..112].copy_from_slice(&XxHash3_64::oneshot(metadata).to_le_bytes());
        head[112..120].copy_from_slice(&total_len.to_le_bytes());
        let sum = if copied == payload.len() {
            checksum(&head[..120], &head[PRELUDE + metadata.len()..])
        } else if table.is_empty() {
            checksum(&head[..120], payload)
        } else {
            let mut sum = XxHash3_64::with_seed(XxHash3_64::oneshot(&head[..120]));
            sum.write(table);
            sum.write(payload);
            sum.finish()
        };
        head[120..128].copy_from_slice(&sum.to_le_bytes());

        let mut whole = Payload::from(head);
        if copied < payload.len() {
            whole.push(stored.payload.into());
        }
        whole.append(stored.behind);
        Ok(whole)
    }
}
