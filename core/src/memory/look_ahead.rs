//! Looking without computing, changing or reading values.

use bytes::Bytes;

use super::function_state::FunctionState;
use super::lookup::{EntryMeta, Lookup, MissReason};
use super::shelf::Shelf;
use super::{FunctionOptions, Metadata};
use crate::envelope::{Header, Reject};
use crate::{Key, Result};

/// How much is read at first: the prelude, and the metadata of all but unusual calls.
const FRONT: u64 = 4096;

/// As much of an entry as was asked for, from its beginning.
pub(crate) struct Front {
    pub(crate) header: Header,
    pub(crate) bytes: Bytes,
}

impl Front {
    pub(crate) fn metadata(&self) -> Result<&[u8], Reject> {
        self.header.metadata(&self.bytes)
    }
}

impl Shelf {
    /// The entry of `key` from its beginning to its `end`, without the value behind it; `None` where there is none. With
    /// a secret it is one that a holder of it put.
    pub(crate) async fn front(
        &self,
        key: &Key,
        end: fn(&Header) -> usize,
    ) -> Result<Option<Result<Front, Reject>>> {
        let mut len = FRONT;
        loop {
            let Some(bytes) = self.store.get_range(key, 0..len).await? else { return Ok(None) };
            let checked = |header: Header| header.check_fields(&bytes).map(|()| header);
            match Header::read(&bytes, key).and_then(checked) {
                Ok(header) if end(&header) as u64 > len && bytes.len() as u64 == len => {
                    len = end(&header) as u64;
                }
                header => {
                    let believed = header.and_then(|header| match &self.signers {
                        Some(signers) => header.check_front(&bytes, key, signers).map(|_| header),
                        None => Ok(header),
                    });
                    return Ok(Some(believed.map(|header| Front { header, bytes })));
                }
            }
        }
    }

    /// What a call would find.
    pub(crate) async fn lookup(&self, function: &FunctionState, key: &Key) -> Result<Lookup> {
        let front = match self.front(key, Header::head_end).await? {
            None => return Ok(Lookup::Miss(self.why_absent(function, key).await?)),
            Some(Ok(front)) => front,
            Some(Err(reject)) => return Ok(Lookup::Miss((&reject).into())),
        };
        let Some(metadata) = front.metadata().ok().and_then(Metadata::from_json) else {
            return Ok(Lookup::Miss(MissReason::Corrupt));
        };
        let header = front.header;
        Ok(match function.objection(header.created, || Some(metadata.clone())) {
            Some(reason) => Lookup::Miss(reason),
            None if !self.knows_format(&header) => Lookup::Miss(MissReason::Unreadable),
            None => Lookup::Hit(Box::new(EntryMeta::new(key, &header, metadata))),
        })
    }

    /// Whether another version has the result: needs a list, so calls don't ask.
    async fn why_absent(&self, function: &FunctionState, key: &Key) -> Result<MissReason> {
        let versions = self.store.entries(&function.function).await?;
        let elsewhere = versions.iter().any(|entry| entry.key.digest() == key.digest());
        Ok(if elsewhere { MissReason::CodeChanged } else { MissReason::Never })
    }

    /// The state of whatever function `key` is of, for who holds only a key.
    pub(crate) fn function_of(&self, key: &Key) -> Result<std::sync::Arc<FunctionState>> {
        let version = key.version();
        let identity = super::identity::Identity {
            name: version.to_string(),
            function: version.clone(),
            version,
            conflict: None,
        };
        self.function(&identity, None, &FunctionOptions::NONE)
    }
}
