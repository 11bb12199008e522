//! The end of a lease that every holder wants: its value in the place of its placeholder.

use larder_core::store::PutOutcome;
use larder_core::{Payload, Result};

use crate::bucket::{Held, Swap, restless};
use crate::lease::{Holding, State};
use crate::writing::Ready;

const PATIENCE: usize = 20;

impl Holding {
    /// Puts the value if the lease is still held. What then took the lease's place is as right as this value.
    pub(crate) async fn publish(&self, value: Payload, multipart_from: u64) -> Result<PutOutcome> {
        let mut state = self.state.lock().await;
        if let State::Lost = *state {
            return Ok(PutOutcome::LeaseLost);
        }
        drop(state);
        // Sending a large value takes a while, in which the lease has to be renewed.
        let ready = self.bucket.ready(&self.key, value, multipart_from).await?;
        state = self.state.lock().await;
        let outcome = self.put_in_place(&mut state, &ready).await;
        if !matches!(outcome, Ok(PutOutcome::Written)) {
            self.bucket.discard(&self.key, &ready).await;
        }
        outcome
    }

    async fn put_in_place(&self, state: &mut State, ready: &Ready) -> Result<PutOutcome> {
        for _ in 0..PATIENCE {
            let (version, before) = match state.clone() {
                State::Held { version, over, .. } => (version, over),
                State::Published { version, side } => (version, side),
                State::Lost => return Ok(PutOutcome::LeaseLost),
            };
            let bytes = ready.bytes.clone();
            let version = match self.bucket.update(&self.key, bytes, version).await? {
                Swap::Done(version) => version,
                Swap::Refused => match self.refused(ready).await? {
                    Refusal::Written(version) => version,
                    Refusal::Became(other) => {
                        *state = other;
                        continue;
                    }
                },
            };
            *state = State::Published { version, side: ready.side };
            if let Some(side) = before {
                self.bucket.remove_side(&self.key, side).await;
            }
            return Ok(PutOutcome::Written);
        }
        Err(restless(&self.key))
    }

    /// Why the value was refused. It may be there: a write is repeated when its answer is lost, and then finds itself.
    async fn refused(&self, ready: &Ready) -> Result<Refusal> {
        let Some(place) = self.bucket.look(&self.key).await? else {
            // Somebody removed the placeholder. Whoever took the lease since would have one here.
            let created = self.bucket.create(&self.key, ready.bytes.clone()).await?;
            return match created {
                Swap::Done(version) => Ok(Refusal::Written(version)),
                Swap::Refused => self.found_again().await.map(Refusal::Became),
            };
        };
        let written = match (place.held, ready.side) {
            (Held::Placeholder(placeholder), Some(side)) => placeholder.side() == Some(side),
            (Held::Value(size), None) if size == ready.bytes.content_length() as u64 => {
                let path = self.bucket.path(&self.key);
                let found = self.bucket.read_small(&self.key, &path).await?;
                found.is_some_and(|(_, found)| found == bytes::Bytes::from(ready.bytes.clone()))
            }
            _ => false,
        };
        if written {
            return Ok(Refusal::Written(place.version));
        }
        self.found_again().await.map(Refusal::Became)
    }
}

enum Refusal {
    Written(object_store::UpdateVersion),
    Became(State),
}
