//! From a computed value's bytes to an entry in the store, and to the calls that wait for it.

use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, SystemTime};

use super::context::Frame;
use super::flight::Landing;
use super::function_state::FunctionState;
use super::shelf::{HAND_OVER, Shelf};
use super::turn::Permit;
use super::{Metadata, MissReason};
use crate::codec::Encoded;
use crate::envelope::Seal;
use crate::store::PutOutcome;
use crate::{Error, ErrorKind, Key, Payload, Result, ShortName};

/// A function has run: which call, why, and what will be said of it.
pub(crate) struct Computed {
    pub(crate) key: Key,
    pub(crate) reason: MissReason,
    pub(crate) duration: Duration,
    pub(crate) metadata: Metadata,
    /// The memoized calls whose results it used.
    pub(crate) used: Vec<Key>,
}

impl Shelf {
    /// Keeps what was computed, if it can be kept: `encoded` is `None` for a result that is not to be, such as an
    /// `Err`. Whatever happens, those who wait are told.
    pub(crate) async fn keep(
        &self,
        function: &FunctionState,
        computed: Computed,
        encoded: Option<Result<Encoded>>,
        mut permit: Permit<'_>,
    ) -> Result<()> {
        let counters = &function.counters;
        counters.misses[computed.reason.index()].fetch_add(1, Relaxed);
        counters.nanos_computing.fetch_add(computed.duration.as_nanos() as u64, Relaxed);
        function.note_duration(computed.duration);
        super::events::computed(function, &computed.key, computed.duration);

        let Some(encoded) = encoded else {
            permit.land(Landing::Nothing);
            return Ok(());
        };
        let key = computed.key.clone();
        let entry = match encoded.and_then(|encoded| self.seal(function, computed, encoded)) {
            Ok(entry) => entry,
            Err(error) => {
                permit.land(Landing::Nothing);
                return self.degrade(function, error);
            }
        };
        let len = entry.len();
        // The value is right whether the store takes it or not: calls of this process that wait get it in any case.
        let landing = match len <= HAND_OVER && permit.leads() {
            true => entry.clone().into_bytes().map_or(Landing::Stored, Landing::Entry),
            false => Landing::Stored,
        };
        let outcome = match permit.take_lease() {
            Some(lease) => self.store.publish(lease, entry).await,
            None => self.store.put(&key, entry, false).await,
        };
        let (landing, result) = match outcome {
            Ok(PutOutcome::Written) => {
                counters.stored.fetch_add(1, Relaxed);
                counters.bytes_written.fetch_add(len, Relaxed);
                Frame::note_use(&key);
                (landing, Ok(()))
            }
            // Another holder took over while this one was asleep; what that one puts is as right as this.
            Ok(PutOutcome::LeaseLost | PutOutcome::Exists) => {
                let error = Error::new(
                    ErrorKind::LeaseLost,
                    "the result came after its lease had ended, and was not kept",
                );
                (landing, self.degrade(function, error.with("key", &key)))
            }
            Err(error) => {
                let landing =
                    if matches!(landing, Landing::Stored) { Landing::Nothing } else { landing };
                (landing, self.degrade(function, error.with("key", &key)))
            }
        };
        permit.land(landing);
        if result.is_ok() {
            self.record_version(function).await;
        }
        result
    }

    fn seal(
        &self,
        function: &FunctionState,
        computed: Computed,
        encoded: Encoded,
    ) -> Result<Payload> {
        let Computed { key, duration, mut metadata, used, .. } = computed;
        // Taken after the computation: with an `expires_after` of an hour, an hour from now.
        metadata.created = SystemTime::now();
        metadata.duration = duration;
        metadata.used = used;
        let raw_len = encoded.payload.len() as u64;
        let (compressor, payload) = match &function.compressor {
            None => (None, encoded.payload),
            Some((compressor, level)) => {
                let mut compressed = Vec::new();
                compressor.compress(*level, &mut &encoded.payload[..], &mut compressed)?;
                (Some(ShortName::new(compressor.name())?), compressed)
            }
        };
        let seal = Seal {
            key: &key,
            codec: Some(encoded.codec),
            compressor,
            created: metadata.created,
            duration,
            metadata: &metadata.to_json(),
            payload,
            raw_len,
            buffers: encoded.buffers,
        };
        Ok(seal.seal())
    }
}
