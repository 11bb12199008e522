//! Entries as whoever knows larder, and no secret, can make them.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed, xxh3_128};

/// The length of an entry's prelude; the places of fields in it are those of the format's description.
pub(crate) const PRELUDE: usize = 128;

/// Where the metadata of an entry ends.
pub(crate) fn metadata_end(entry: &[u8]) -> usize {
    let len = entry[12..16].try_into().expect("four bytes");
    PRELUDE + u32::from_le_bytes(len) as usize
}

/// The entry of `key` after `change`, with every sum and length of the whole made right that anybody can make: what
/// whoever knows larder can put into a store. Of an entry without arrays beside it.
pub(crate) fn mended(
    mut entry: Vec<u8>,
    key: &larder::Key,
    change: impl FnOnce(&mut Vec<u8>),
) -> Vec<u8> {
    change(&mut entry);
    let end = metadata_end(&entry);
    let digest = xxh3_128(key.as_str().as_bytes());
    let (sum, len) = (xxh3_64(&entry[PRELUDE..end]), entry.len() as u64);
    entry[88..104].copy_from_slice(&digest.to_le_bytes());
    entry[104..112].copy_from_slice(&sum.to_le_bytes());
    entry[112..120].copy_from_slice(&len.to_le_bytes());
    let sum = xxh3_64_with_seed(&entry[end..], xxh3_64(&entry[..120]));
    entry[120..PRELUDE].copy_from_slice(&sum.to_le_bytes());
    entry
}
