//! Values, whole and in part.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt};
use larder_core::{Key, Result};
use object_store::path::Path;
use object_store::{GetOptions, GetRange};

use crate::bucket::{Bucket, Held, restless};
use crate::placeholder::{self, Placeholder, Side};

/// Larger values are read in parts, several at once: a connection that breaks costs a part, and a slow one is no
/// timeout.
const PART: u64 = 8 << 20;
const PARTS_AT_ONCE: usize = 4;
/// How often a value may be replaced by another between two requests of one read.
const PATIENCE: usize = 20;

/// What came of one try to read a value.
enum Read {
    Value(Bytes),
    Absent,
    /// It was replaced while it was read.
    Changed,
}

impl Bucket {
    /// The value of an entry, in the one request that a small value takes.
    pub(crate) async fn read(&self, key: &Key) -> Result<Option<Bytes>> {
        let mut dangling = None;
        for _ in 0..PATIENCE {
            let side = match self.read_place(key).await? {
                Ok(read) => match read {
                    Read::Value(bytes) => return Ok(Some(bytes)),
                    Read::Absent => return Ok(None),
                    Read::Changed => continue,
                },
                Err(side) => side,
            };
            match self.read_side(key, side, 0..side.size).await? {
                Read::Value(bytes) => return Ok(Some(bytes)),
                // Twice the same way to nothing: somebody removed the value itself.
                Read::Absent if dangling == Some(side) => return Ok(None),
                Read::Absent => dangling = Some(side),
                Read::Changed => {}
            }
        }
        Err(restless(key))
    }

    /// What lies in the entry's place, or where else the value is.
    async fn read_place(&self, key: &Key) -> Result<Result<Read, Side>> {
        let path = self.path(key);
        let found = match self.objects.get_opts(&path, GetOptions::new()).await {
            Ok(found) => found,
            Err(error) => {
                return self.failures.absent("get", key, error).map(|()| Ok(Read::Absent));
            }
        };
        if found.meta.size > PART {
            let (size, etag) = (found.meta.size, found.meta.e_tag.clone());
            drop(found);
            return self.read_parts(key, &path, 0..size, etag).await.map(Ok);
        }
        let bytes = match found.bytes().await {
            Ok(bytes) => bytes,
            Err(error) => {
                return self.failures.absent("get", key, error).map(|()| Ok(Read::Changed));
            }
        };
        if !placeholder::is_length(bytes.len() as u64) {
            return Ok(Ok(Read::Value(bytes)));
        }
        Ok(match Placeholder::parse(&bytes) {
            None => Ok(Read::Value(bytes)),
            Some(placeholder) => placeholder.side().map_or(Ok(Read::Absent), Err),
        })
    }

    async fn read_side(&self, key: &Key, side: Side, range: Range<u64>) -> Result<Read> {
        let path = self.side_path(key, side.nonce);
        if side.size == 0 {
            return Ok(Read::Value(Bytes::new()));
        }
        self.read_parts(key, &path, range, None).await
    }

    /// A range that exists of an object that must not change meanwhile.
    async fn read_parts(
        &self,
        key: &Key,
        path: &Path,
        range: Range<u64>,
        etag: Option<String>,
    ) -> Result<Read> {
        let starts = (range.start..range.end).step_by(PART as usize);
        let parts = starts.map(|start| {
            let options = GetOptions {
                range: Some(GetRange::Bounded(start..(start + PART).min(range.end))),
                if_match: etag.clone(),
                ..GetOptions::default()
            };
            async move { self.objects.get_opts(path, options).await?.bytes().await }
        });
        let mut parts = futures::stream::iter(parts).buffered(PARTS_AT_ONCE);
        let mut whole = BytesMut::new();
        loop {
            match parts.try_next().await {
                Ok(None) => return Ok(Read::Value(whole.freeze())),
                // The only part, as a rule: not copied.
                Ok(Some(part)) if part.len() as u64 == range.end - range.start => {
                    return Ok(Read::Value(part));
                }
                // Without room made for all of it: how much that is stands in the bucket, where anybody may have written.
                Ok(Some(part)) => whole.extend_from_slice(&part),
                Err(object_store::Error::Precondition { .. }) => return Ok(Read::Changed),
                Err(error) => {
                    return self.failures.absent("get", key, error).map(|()| Read::Absent);
                }
            }
        }
    }

    /// A part of a value: what there is of it.
    pub(crate) async fn read_range(&self, key: &Key, range: Range<u64>) -> Result<Option<Bytes>> {
        for _ in 0..PATIENCE {
            let Some(place) = self.look(key).await? else { return Ok(None) };
            let (size, side) = match place.held {
                Held::Value(size) => (size, None),
                Held::Placeholder(placeholder) => match placeholder.side() {
                    Some(side) => (side.size, Some(side)),
                    None => return Ok(None),
                },
            };
            let start = range.start.min(size);
            let range = start..range.end.min(size).max(start);
            if range.is_empty() {
                return Ok(Some(Bytes::new()));
            }
            let read = match side {
                Some(side) => self.read_side(key, side, range).await?,
                None => self.read_parts(key, &self.path(key), range, place.version.e_tag).await?,
            };
            if let Read::Value(bytes) = read {
                return Ok(Some(bytes));
            }
        }
        Err(restless(key))
    }
}
