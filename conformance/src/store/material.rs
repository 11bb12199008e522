//! Keys and values to work with.

use bytes::Bytes;
use larder_core::{Key, Prefix};

/// A prefix that the rules of keys allow.
pub(super) fn prefix(path: &str) -> Prefix {
    Prefix::new(path).expect("the suite's own prefixes are valid")
}

/// The `n`-th key under `path`; digests are spread as real ones are.
pub(super) fn key(path: &str, n: u64) -> Key {
    let mut digest = [0; 32];
    for (i, chunk) in digest.chunks_exact_mut(8).enumerate() {
        chunk.copy_from_slice(&scramble(n.wrapping_mul(4).wrapping_add(i as u64)).to_be_bytes());
    }
    prefix(path).key(&digest).expect("the suite's own paths are not empty")
}

/// `len` bytes that only `seed` gives, all values among them.
pub(super) fn value(seed: u64, len: usize) -> Bytes {
    let mut bytes = Vec::with_capacity(len + 8);
    for i in 0..len.div_ceil(8) as u64 {
        bytes.extend_from_slice(&scramble(seed ^ i << 20).to_le_bytes());
    }
    bytes.truncate(len);
    bytes.into()
}

/// A value that tells its own seed and length, so that a mixture of two gives itself away.
pub(super) fn marked(seed: u64, len: usize) -> Bytes {
    let mut bytes = seed.to_le_bytes().to_vec();
    bytes.extend((len as u64).to_le_bytes());
    bytes.extend(value(seed, len));
    bytes.into()
}

/// Whether these are all the bytes of one [`marked`] value.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    let word = |at: usize| {
        let word = bytes.get(at..at + 8)?;
        Some(u64::from_le_bytes(word.try_into().ok()?))
    };
    match (word(0), word(8)) {
        (Some(seed), Some(len)) if len == bytes.len() as u64 - 16 => {
            marked(seed, bytes.len() - 16) == bytes
        }
        _ => false,
    }
}

/// SplitMix64: every bit of `n` moves every bit of the result.
fn scramble(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
