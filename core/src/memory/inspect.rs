//! Everything that can be said of an entry without reading its value: for tools and services.

use super::look_ahead::Front;
use super::maintenance::both;
use super::{EntryMeta, Memory, Metadata, VersionRecord};
use crate::envelope::{Header, Reject};
use crate::runtime::block_on;
use crate::side_by_side::{AT_ONCE, side_by_side};
use crate::{Error, Key, Prefix, Result, ShortName};

/// What an entry is made of, and what it says of itself.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct EntryDetails {
    /// Of which call it is the result: key, size, time, metadata.
    pub meta: EntryMeta,
    /// How the value became bytes.
    pub codec: Option<ShortName>,
    /// How the bytes became fewer, if they did.
    pub compressor: Option<ShortName>,
    /// The value's length as it is stored, in bytes; without [`buffers`](Self::buffers) that lie behind it.
    pub payload_len: u64,
    /// The length of the payload once decompressed, in bytes: with a compressor that is everything, buffers included.
    pub raw_len: u64,
    /// The length of each array that lies out of the payload, in bytes.
    pub buffers: Vec<u64>,
}

both! {
    /// What the entry of `key` says of itself, and what it is made of; `None` where there is no such entry. The value is
    /// not read, and nothing is changed.
    ///
    /// # Errors
    /// [`Corrupt`](crate::ErrorKind::Corrupt) where what was read is damaged, [`Decode`](crate::ErrorKind::Decode) where a newer larder
    /// wrote it, [`Invalid`](crate::ErrorKind::Invalid) for the key of a [version's record](VersionRecord::is_at); those of
    /// the store.
    inspect inspect_async(key: &Key) -> Result<Option<EntryDetails>> = inspect;
    /// [`inspect`](Self::inspect) of many entries, several at a time; in the order of `keys`.
    ///
    /// # Errors
    /// Those of the store. What is wrong with one entry stands in its place.
    inspect_all inspect_all_async(keys: &[Key]) -> Result<Vec<Result<Option<EntryDetails>>>> = inspect_all;
    /// What the version of a function was; `None` where nothing was recorded: for closures, and once it was removed.
    ///
    /// # Errors
    /// [`Corrupt`](crate::ErrorKind::Corrupt) where the record is damaged; those of the store.
    version_record version_record_async(version: &Prefix) -> Result<Option<VersionRecord>> = version_record;
}

async fn inspect(memory: &Memory, key: &Key) -> Result<Option<EntryDetails>> {
    read(memory, key).await?.transpose()
}

async fn inspect_all(memory: &Memory, keys: &[Key]) -> Result<Vec<Result<Option<EntryDetails>>>> {
    let mut all: Vec<_> = keys.iter().map(|_| Ok(None)).collect();
    let one = async |(at, key)| Ok((at, read(memory, key).await?.transpose()));
    side_by_side(AT_ONCE, keys.iter().enumerate(), one, |(at, found)| all[at] = found).await?;
    Ok(all)
}

/// Errors of the store outside, what is wrong with the entry inside.
async fn read(memory: &Memory, key: &Key) -> Result<Option<Result<EntryDetails>>> {
    let Some(shelf) = memory.shelf() else { return Ok(None) };
    if VersionRecord::is_at(key) {
        let error = Error::invalid("the record of a version is no result").with("key", key);
        return Ok(Some(Err(error)));
    }
    let front = shelf.front(key, Header::table_end).await?;
    Ok(front
        .map(|front| front.and_then(|front| details(key, front)).map_err(|r| r.into_error(key))))
}

fn details(key: &Key, front: Front) -> Result<EntryDetails, Reject> {
    let metadata = Metadata::from_json(front.metadata()?)
        .ok_or(Reject::Corrupt("its metadata is not what larder writes"))?;
    let header = &front.header;
    Ok(EntryDetails {
        codec: header.codec,
        compressor: header.compressor,
        payload_len: header.payload_len(),
        raw_len: header.raw_len,
        buffers: header.buffer_lens(&front.bytes)?,
        meta: EntryMeta::new(key, header, metadata),
    })
}

async fn version_record(memory: &Memory, version: &Prefix) -> Result<Option<VersionRecord>> {
    let Some(shelf) = memory.shelf() else { return Ok(None) };
    let key = VersionRecord::key(version);
    let Some(front) = shelf.front(&key, Header::head_end).await? else { return Ok(None) };
    let record = front.and_then(|front| {
        VersionRecord::from_json(front.metadata()?)
            .ok_or(Reject::Corrupt("it is not the record of a version"))
    });
    record.map(Some).map_err(|reject| reject.into_error(&key))
}
