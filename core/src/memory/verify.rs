//! A full look at entries: every checksum, arrays and compressed streams included.

use std::fmt;

use bytes::Bytes;

use super::maintenance::both;
use super::shelf::Shelf;
use super::{Memory, Metadata, VersionRecord};
use crate::compress::{check_no_bomb, decompress_into_memory};
use crate::config::Verify;
use crate::envelope::{Opened, Reject};
use crate::runtime::block_on;
use crate::side_by_side::{AT_ONCE, side_by_side};
use crate::store::EntryInfo;
use crate::{Key, Result};

/// An entry up to this size is read side by side with others; a larger one alone, so that memory stays bounded.
const SMALL: u64 = 8 << 20;

/// What a full look at an entry finds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Condition {
    /// Every byte is what was written.
    Sound,
    /// What can be checked is right, but the compressor that would open the rest is not registered here, or so few bytes
    /// would become so many that nobody is believed who did not sign them.
    Unchecked(String),
    /// Some bytes are not what was written, or are another key's: a call computes anew, and replaces it.
    Damaged(&'static str),
    /// This version of larder did not write it, or a newer one did.
    Foreign(&'static str),
    /// There is a secret, and nobody who has it put this.
    Untrusted(&'static str),
    /// Nothing is there: it was removed meanwhile.
    Gone,
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sound => f.write_str("sound"),
            Self::Unchecked(why) => write!(f, "unchecked: {why}"),
            Self::Damaged(why) => write!(f, "damaged: {why}"),
            Self::Foreign(why) => write!(f, "foreign: {why}"),
            Self::Untrusted(why) => write!(f, "untrusted: {why}"),
            Self::Gone => f.write_str("gone"),
        }
    }
}

impl From<Reject> for Condition {
    fn from(reject: Reject) -> Self {
        match reject {
            Reject::Corrupt(why) => Self::Damaged(why),
            Reject::Foreign(why) => Self::Foreign(why),
            Reject::Unsigned | Reject::Forged => Self::Untrusted(reject.why()),
        }
    }
}

both! {
    /// Reads each of `entries`, results and records, and checks all there is to check: every checksum, also those of
    /// arrays that a hit only maps, the metadata, and that what is compressed opens to what was compressed; with a secret
    /// also who put it. Tells `each`
    /// what it found, in no order. Nothing is changed.
    ///
    /// ```
    /// # use larder_core::{Condition, Memory};
    /// # let memory = Memory::open("memory:")?;
    /// # memory.get_or_compute("answer", || 42)?;
    /// let mut damaged = Vec::new();
    /// memory.verify(&memory.contents()?, &mut |entry, condition| {
    ///     if let Condition::Damaged(why) = condition {
    ///         damaged.push((entry.key.clone(), why));
    ///     }
    /// })?;
    /// assert!(damaged.is_empty());
    /// # Ok::<(), larder_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the store.
    verify verify_async(entries: &[EntryInfo], each: &mut (dyn FnMut(&EntryInfo, Condition) + Send)) -> Result<()> = verify;
}

async fn verify(
    memory: &Memory,
    entries: &[EntryInfo],
    each: &mut (dyn FnMut(&EntryInfo, Condition) + Send),
) -> Result<()> {
    let Some(shelf) = memory.shelf() else { return Ok(()) };
    for (limit, entries) in by_weight(entries) {
        let check = |entry| check(shelf, entry);
        side_by_side(limit, entries, check, |(entry, condition)| each(entry, condition)).await?;
    }
    Ok(())
}

async fn check<'e>(shelf: &Shelf, entry: &'e EntryInfo) -> Result<(&'e EntryInfo, Condition)> {
    let found = shelf.store.get(&entry.key).await?;
    Ok((entry, found.map_or(Condition::Gone, |bytes| condition(shelf, &entry.key, bytes))))
}

/// Small entries many at a time, then large ones one by one.
pub(super) fn by_weight<'e>(
    entries: impl IntoIterator<Item = &'e EntryInfo>,
) -> [(usize, Vec<&'e EntryInfo>); 2] {
    let (small, large) = entries.into_iter().partition(|entry| entry.size <= SMALL);
    [(AT_ONCE, small), (1, large)]
}

fn condition(shelf: &Shelf, key: &Key, bytes: Bytes) -> Condition {
    match sound(shelf, key, bytes) {
        Ok(None) => Condition::Sound,
        Ok(Some(unchecked)) => Condition::Unchecked(unchecked),
        Err(reject) => reject.into(),
    }
}

/// Says why not all could be checked, if so: for lack of a compressor, or because it would be too much.
fn sound(shelf: &Shelf, key: &Key, bytes: Bytes) -> Result<Option<String>, Reject> {
    let opened = as_written(shelf, key, bytes)?;
    let Some(name) = opened.header.compressor else { return Ok(None) };
    let compressor = match shelf.compressors.get(name.as_str()) {
        Ok(compressor) => compressor,
        Err(error) => return Ok(Some(error.message().to_owned())),
    };
    let (payload, len) = (opened.payload(), opened.header.raw_len);
    if shelf.signers.is_none()
        && let Err(error) = check_no_bomb(len, payload.len() as u64)
    {
        return Ok(Some(error.message().to_owned()));
    }
    let raw = decompress_into_memory(&*compressor, &payload, len)
        .map_err(|_| Reject::Corrupt("it does not decompress to what was compressed"))?;
    opened.value(Some(raw.into()), Verify::Full)?;
    Ok(None)
}

/// The entry, if every byte of it is as it was written.
pub(super) fn as_written(shelf: &Shelf, key: &Key, bytes: Bytes) -> Result<Opened, Reject> {
    let opened = shelf.opened(key, bytes)?;
    let metadata = opened.metadata()?;
    let readable = match VersionRecord::is_at(key) {
        true => VersionRecord::from_json(metadata).is_some(),
        false => Metadata::from_json(metadata).is_some() && opened.header.codec.is_some(),
    };
    if !readable {
        return Err(Reject::Corrupt("its metadata is not what larder writes"));
    }
    // What is compressed is one payload, buffers and all, and has been checked.
    if opened.header.compressor.is_none() {
        opened.value(None, Verify::Full)?;
    }
    Ok(opened)
}
