//! From a computed value's bytes to an entry in the store, and to the calls that wait for it.

use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant, SystemTime};

use super::context::Frame;
use super::flight::Landing;
use super::function_state::FunctionState;
use super::shelf::{HAND_OVER, Shelf};
use super::turn::Permit;
use super::{Metadata, MissReason};
use crate::codec::Encoded;
use crate::envelope::{Seal, Subject, Value};
use crate::store::{Lease, PutOutcome};
use crate::{Key, Payload, Result};

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
    /// `Err`. Whatever happens, those who wait are told. Says whether the store has it now.
    pub(crate) async fn keep(
        &self,
        function: &FunctionState,
        computed: Computed,
        encoded: Option<Result<Encoded>>,
        mut permit: Permit<'_>,
    ) -> Result<bool> {
        let counters = &function.counters;
        counters.misses[computed.reason.index()].fetch_add(1, Relaxed);
        counters.nanos_computing.fetch_add(computed.duration.as_nanos() as u64, Relaxed);
        function.note_duration(computed.duration);
        super::events::computed(function, &computed.key, computed.duration);

        let Some(encoded) = encoded else {
            permit.land(Landing::Nothing);
            return Ok(false);
        };
        let key = computed.key.clone();
        let entry = match encoded.and_then(|encoded| self.seal(function, computed, encoded)) {
            Ok(entry) => entry,
            Err(error) => {
                permit.land(Landing::Nothing);
                return self.degrade(function, error).map(|()| false);
            }
        };
        let len = entry.len();
        // The value is right whether the store takes it or not: calls of this process that wait get it in any case.
        let landing = match len <= HAND_OVER && permit.leads() {
            true => entry.clone().into_bytes().map_or(Landing::Stored, Landing::Entry),
            false => Landing::Stored,
        };
        let kept = self.put(function, &key, entry, permit.take_lease()).await;
        permit.land(match (landing, &kept) {
            (Landing::Stored, Ok(false) | Err(_)) => Landing::Nothing,
            (landing, _) => landing,
        });
        let kept = kept?;
        if kept {
            counters.stored.fetch_add(1, Relaxed);
            counters.bytes_written.fetch_add(len, Relaxed);
            Frame::note_use(&key);
            self.record_version(function).await;
            if let Some(upkeep) = &self.upkeep {
                upkeep.put(&key, len).await;
            }
        }
        Ok(kept)
    }

    /// Says whether the entry is in the store now; under its lease, if there is one.
    async fn put(
        &self,
        function: &FunctionState,
        key: &Key,
        entry: Payload,
        lease: Option<Lease>,
    ) -> Result<bool> {
        if self.store.capabilities().read_only {
            return Ok(false);
        }
        if !self.breaker.allows(Instant::now) {
            // The one who waits for the lease should not wait for the next failure.
            lease.into_iter().for_each(Lease::abandon);
            return Ok(false);
        }
        let _overtaken = self.hot.as_ref().map(|hot| hot.overtake(key));
        let outcome = match lease {
            Some(lease) => self.store.publish(lease, entry).await,
            None => self.store.put(key, entry, false).await,
        };
        match outcome {
            Ok(outcome) => {
                self.breaker.answered();
                if outcome == PutOutcome::LeaseLost {
                    // Another holder took over while this one was asleep; what that one puts is as right as this.
                    super::events::late(function, key);
                }
                Ok(outcome == PutOutcome::Written)
            }
            Err(error) => self.degrade(function, error.with("key", key)).map(|()| false),
        }
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
        let compressor = function.compressor.as_ref();
        // A temporary file there, should one be needed, is on the disk that has to have room for the entry anyway.
        let place = compressor.and_then(|_| self.store.local_path(&key));
        let value = Value {
            payload: encoded.payload,
            buffers: encoded.buffers,
            element_sizes: encoded.element_sizes,
            shuffle: function.shuffle,
            compressor: compressor.map(|(compressor, level)| (&**compressor, *level)),
            near: place
                .as_deref()
                .and_then(|place| place.ancestors().skip(1).find(|dir| dir.is_dir())),
        };
        let seal = Seal {
            subject: Subject::Entry(&key),
            codec: Some(encoded.codec),
            created: metadata.created,
            duration,
            metadata: &metadata.to_json(),
            signers: self.signers.as_ref(),
            value,
        };
        seal.seal()?.into_payload()
    }
}
