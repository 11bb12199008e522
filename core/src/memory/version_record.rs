//! What a version of a function was, kept once beside its results: to show it when the code has long changed.

use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::function_state::FunctionState;
use super::metadata::json_line;
use super::shelf::Shelf;
use crate::envelope::{Header, Seal, Subject, Value};
use crate::{Key, Prefix};

/// The source of one version of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VersionRecord {
    /// `package::crate::module::function`.
    pub function: String,
    /// The version of the function's package.
    pub package_version: String,
    /// The file and line it stood at: `src/model.rs:17`.
    pub place: String,
    /// Its source, as far as the compiler shows it.
    pub source: String,
}

impl VersionRecord {
    /// Where it is kept: at a digest that no arguments have.
    pub(crate) fn key(version: &Prefix) -> Key {
        Key::in_version(version, &[0; 32])
    }

    /// `None` for what larder does not write.
    pub(crate) fn from_json(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// Whether `key` is the place of a record rather than of a result.
    pub fn is_at(key: &Key) -> bool {
        key.digest().bytes().all(|digit| digit == b'0')
    }
}

impl Shelf {
    /// Keeps the record of this version, once a process. A failure costs only the record.
    pub(crate) async fn record_version(&self, function: &FunctionState) {
        let Some(info) = function.info else { return };
        if function.recorded.swap(true, Relaxed) {
            return;
        }
        let key = VersionRecord::key(&function.version);
        let record = VersionRecord {
            function: function.name.clone(),
            package_version: info.package_version.to_owned(),
            place: format!("{}:{}", info.file, info.line),
            source: info.source.to_owned(),
        };
        let entry = Seal {
            subject: Subject::Entry(&key),
            codec: None,
            created: SystemTime::now(),
            duration: Duration::ZERO,
            metadata: &json_line(&record),
            signers: self.signers.as_ref(),
            value: Value::default(),
        };
        let put = async { self.put_once(&key, entry.seal()?.into_payload()?).await };
        if let Err(error) = put.await {
            // Told and counted as any other failure, but the result is kept: no call fails with it.
            drop(self.degrade(function, error));
        }
    }

    async fn put_once(&self, key: &Key, entry: crate::Payload) -> crate::Result<()> {
        let create = self.store.capabilities().create;
        let wanted = match &self.signers {
            // One from before there was a secret, or forged, is replaced.
            Some(_) => !matches!(self.front(key, Header::head_end).await?, Some(Ok(_))),
            None => create || self.store.head(key).await?.is_none(),
        };
        if wanted {
            let create = create && self.signers.is_none();
            let _: crate::store::PutOutcome = self.store.put(key, entry, create).await?;
        }
        Ok(())
    }
}
