//! The buffer table: where buffers are, and whether they are what was put there.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use twox_hash::XxHash3_64;

use super::{ALIGN, Reject, field};
use crate::compress::{restore, shuffles};
use crate::config::Verify;
use crate::store::is_mapped;

const WRONG_SUM: &str = "a buffer's checksum is wrong";

/// One buffer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) offset: u64,
    pub(super) len: u64,
    /// Of the buffer as it is used: not shuffled.
    pub(super) sum: u64,
    /// The size of its elements where those are shuffled, else 0.
    pub(super) shuffled: u8,
}

impl Row {
    pub(super) const LEN: usize = 32;

    pub(super) fn append_to(self, table: &mut Vec<u8>) {
        for field in [self.offset, self.len, self.sum, self.shuffled.into()] {
            table.extend_from_slice(&field.to_le_bytes());
        }
    }

    /// The rows of a table that its checksum vouches for.
    pub(super) fn read_all(table: &[u8]) -> Result<Vec<Self>, Reject> {
        table.chunks_exact(Self::LEN).map(Self::read).collect()
    }

    fn read(row: &[u8]) -> Result<Self, Reject> {
        let number = |at| u64::from_le_bytes(field(row, at));
        let shuffled = match u8::try_from(number(24)) {
            Ok(size) if size == 0 || shuffles(size) => size,
            _ => return Err(Reject::Foreign("it uses a feature of a newer version")),
        };
        Ok(Self { offset: number(0), len: number(8), sum: number(16), shuffled })
    }

    /// Makes a buffer of this row's length what it was before it was shuffled, and looks at its checksum.
    pub(super) fn restore(&self, buffer: &mut [u8]) -> Result<(), Reject> {
        restore(buffer, self.shuffled);
        match XxHash3_64::oneshot(buffer) == self.sum {
            true => Ok(()),
            false => Err(Reject::Corrupt(WRONG_SUM)),
        }
    }

    fn range(&self) -> Option<Range<usize>> {
        let (start, len) = (usize::try_from(self.offset).ok()?, usize::try_from(self.len).ok()?);
        Some(start..start.checked_add(len)?)
    }
}

/// The buffers in `whole`, and where they end: in order, from `start` on, with nothing between but zeros for alignment.
/// Each is held against its checksum, unless `whole` is a memory map and need not be read now.
///
/// Shuffled ones are brought in order where they are, if nobody else has the bytes; hence `whole` is returned as well.
pub(super) fn buffers(
    rows: &[Row],
    mut whole: Bytes,
    start: usize,
    verify: Verify,
) -> Result<(Bytes, Vec<Bytes>, usize), Reject> {
    let mut end = start;
    let mut ranges = Vec::with_capacity(rows.len());
    for row in rows {
        let range = row.range().filter(|range| range.end <= whole.len());
        let range = range.ok_or(Reject::Corrupt("a buffer lies outside of it"))?;
        if range.start != end.next_multiple_of(ALIGN) {
            return Err(Reject::Corrupt("a buffer is not where it should be"));
        }
        // No checksum covers these.
        if whole[end..range.start].iter().any(|byte| *byte != 0) {
            return Err(Reject::Corrupt("there is something between its buffers"));
        }
        end = range.end;
        ranges.push(range);
    }
    if rows.iter().any(|row| row.shuffled != 0) {
        let mut bytes = whole.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..]));
        for (row, range) in rows.iter().zip(&ranges) {
            restore(&mut bytes[range.clone()], row.shuffled);
        }
        whole = bytes.freeze();
    }
    let buffers: Vec<Bytes> = ranges.into_iter().map(|range| whole.slice(range)).collect();
    let verify = !rows.is_empty() && (verify == Verify::Full || !is_mapped(&whole));
    let is_right = |(row, buffer): (&Row, &Bytes)| XxHash3_64::oneshot(buffer) == row.sum;
    if verify && !rows.iter().zip(&buffers).all(is_right) {
        return Err(Reject::Corrupt(WRONG_SUM));
    }
    Ok((whole, buffers, end))
}
