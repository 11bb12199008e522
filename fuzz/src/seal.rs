//! Right checksums around wrong bytes: a fuzzer does not guess them, and somebody who forges an entry need not.
//!
//! Written from `docs/format.md`, not from the code that it tests.

use twox_hash::XxHash3_64;

const PRELUDE: usize = 128;
const ROW: usize = 32;
const DIGEST: std::ops::Range<usize> = 88..104;

/// What of an entry, or a dump, is made right: the bits of one byte of the input.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Right(pub(crate) u8);

impl Right {
    const LENGTH: u8 = 1;
    const DIGEST: u8 = 2;
    const METADATA: u8 = 4;
    const BUFFERS: u8 = 8;
    const SUM: u8 = 16;

    /// Makes it right, where `bytes` are long enough to have it; the digest is that of the `genuine` ones.
    pub(crate) fn seal(self, bytes: &mut [u8], genuine: &[u8]) {
        if bytes.len() < PRELUDE {
            return;
        }
        let is = |bit| self.0 & bit != 0;
        if is(Self::LENGTH) {
            let len = bytes.len() as u64;
            bytes[112..120].copy_from_slice(&len.to_le_bytes());
        }
        if is(Self::DIGEST) {
            bytes[DIGEST].copy_from_slice(&genuine[DIGEST]);
        }
        let table = PRELUDE.saturating_add(number::<4>(bytes, 12));
        let payload = table.saturating_add(number::<4>(bytes, 32).saturating_mul(ROW));
        if is(Self::METADATA)
            && let Some(metadata) = bytes.get(PRELUDE..table)
        {
            let sum = XxHash3_64::oneshot(metadata);
            bytes[104..112].copy_from_slice(&sum.to_le_bytes());
        }
        if is(Self::BUFFERS) && payload <= bytes.len() {
            (table..payload).step_by(ROW).for_each(|row| seal_row(bytes, row));
        }
        let end = payload.saturating_add(number::<8>(bytes, 16));
        if is(Self::SUM) && table <= end && end <= bytes.len() {
            let seed = XxHash3_64::oneshot(&bytes[..120]);
            let sum = XxHash3_64::oneshot_with_seed(seed, &bytes[table..end]);
            bytes[120..PRELUDE].copy_from_slice(&sum.to_le_bytes());
        }
    }
}

/// Of a buffer that is as it will be used: neither shuffled nor compressed.
fn seal_row(bytes: &mut [u8], row: usize) {
    let (start, len) = (number::<8>(bytes, row), number::<8>(bytes, row + 8));
    if let Some(buffer) = bytes.get(start..start.saturating_add(len)) {
        let sum = XxHash3_64::oneshot(buffer);
        bytes[row + 16..row + 24].copy_from_slice(&sum.to_le_bytes());
    }
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> usize {
    let mut number = [0; 8];
    number[..N].copy_from_slice(&bytes[at..at + N]);
    usize::try_from(u64::from_le_bytes(number)).unwrap_or(usize::MAX)
}
