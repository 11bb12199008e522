//! Looking without computing, changing or reading values.

use super::function_state::FunctionState;
use super::lookup::{EntryMeta, Lookup, MissReason};
use super::shelf::Shelf;
use super::{FunctionOptions, Metadata};
use crate::envelope::{Header, Reject};
use crate::{Key, Result};

/// How much is read at first: the prelude, and the metadata of all but unusual calls.
const FRONT: u64 = 4096;

impl Shelf {
    /// What a call would find.
    pub(crate) async fn lookup(&self, function: &FunctionState, key: &Key) -> Result<Lookup> {
        let Some(mut front) = self.store.get_range(key, 0..FRONT).await? else {
            return Ok(Lookup::Miss(self.why_absent(function, key).await?));
        };
        let checked = |header: Header| header.check_fields(&front).map(|()| header);
        let header = match Header::read(&front, key).and_then(checked) {
            Ok(header) => header,
            Err(Reject::Corrupt(_)) => return Ok(Lookup::Miss(MissReason::Corrupt)),
            Err(Reject::Foreign(_)) => return Ok(Lookup::Miss(MissReason::Foreign)),
        };
        if header.metadata_end() > front.len() && front.len() as u64 == FRONT {
            match self.store.get_range(key, 0..header.metadata_end() as u64).await? {
                Some(longer) => front = longer,
                None => return Ok(Lookup::Miss(MissReason::Never)),
            }
        }
        let Some(metadata) = header.metadata(&front).ok().and_then(Metadata::from_json) else {
            return Ok(Lookup::Miss(MissReason::Corrupt));
        };
        Ok(match function.objection(header.created, || Some(metadata.clone())) {
            Some(reason) => Lookup::Miss(reason),
            None if !self.knows_format(&header) => Lookup::Miss(MissReason::Unreadable),
            None => Lookup::Hit(Box::new(EntryMeta {
                key: key.clone(),
                size: header.total_len,
                created: header.created,
                duration: header.duration,
                metadata,
            })),
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
