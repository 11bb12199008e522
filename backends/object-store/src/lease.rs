//! The right to compute an entry, as a placeholder in the entry's own place.
//!
//! ```text
//!                          ┌──────────── renew ───────────┐
//!                          ▼                              │
//!  nothing ──create──▶ lease ──update, every third of a TTL
//!  value ──copy aside, update──▶ lease over value
//!  ended ──update──▶ lease
//!  lease of somebody who is gone ──update──▶ lease
//!                      lease ──publish: update──▶ value     (or a pointer, where the value is large)
//!                      lease ──give back: update──▶ ended   (or a pointer, where a value was)
//! ```
//!
//! Every arrow is one conditional write: of two who take the same one, one finds that something else is there. A holder
//! who was paused for too long so has its late value refused by the write itself.
//!
//! A holder counts as gone when its placeholder did not change for the TTL that stands in it, on the clock of whoever
//! waits: clocks are never compared.

use std::sync::Arc;
use std::time::Duration;

use larder_core::{Key, Result};
use object_store::{CopyOptions, ObjectStore, UpdateVersion};
use tokio::sync::Mutex;
use tokio::task::AbortHandle;

use crate::bucket::{Bucket, Held, Swap, restless};
use crate::placeholder::{Lease, Nonce, Placeholder, Side};
use crate::slots::Slots;

/// A holder renews so many times within its TTL: one request that fails costs nothing.
const RENEWALS: u32 = 3;
const PATIENCE: usize = 20;

/// A lease in the bucket that was acquired by this process.
#[derive(Debug)]
pub(crate) struct Holding {
    pub(crate) bucket: Arc<Bucket>,
    pub(crate) key: Key,
    pub(crate) holder: Nonce,
    pub(crate) ttl: Duration,
    /// Renewing and publishing take turns: each needs the version that the other left.
    pub(crate) state: Mutex<State>,
}

#[derive(Debug, Clone)]
pub(crate) enum State {
    Held {
        version: UpdateVersion,
        beat: u64,
        over: Option<Side>,
    },
    /// The value is there.
    Published {
        version: UpdateVersion,
        side: Option<Side>,
    },
    /// Somebody else took over.
    Lost,
}

/// What came of asking the bucket.
#[derive(Debug)]
pub(crate) enum Acquired {
    Yes(Holding),
    /// Somebody elsewhere holds it.
    No,
}

/// Asks the bucket for the lease of `key`.
pub(crate) async fn acquire(
    bucket: &Arc<Bucket>,
    slots: &Slots,
    key: &Key,
    ttl: Duration,
) -> Result<Acquired> {
    let holder = Nonce::new_v4();
    let mine = |over| Lease { holder, beat: 0, ttl, over };
    let placeholder = |over| Placeholder::Lease(mine(over)).to_bytes().into();
    let acquired = |version, over| {
        slots.forget(key);
        Acquired::Yes(Holding {
            bucket: Arc::clone(bucket),
            key: key.clone(),
            holder,
            ttl,
            state: Mutex::new(State::Held { version, beat: 0, over }),
        })
    };
    for _ in 0..PATIENCE {
        if let Swap::Done(version) = bucket.create(key, placeholder(None)).await? {
            return Ok(acquired(version, None));
        }
        let Some(place) = bucket.look(key).await? else { continue };
        let (over, copied) = match place.held {
            Held::Placeholder(Placeholder::Lease(lease)) if lease.holder == holder => {
                // The write went through, only its answer was lost.
                return Ok(acquired(place.version, lease.over));
            }
            Held::Placeholder(Placeholder::Lease(lease)) => {
                if slots.unchanged(key, &place.version) < lease.ttl {
                    return Ok(Acquired::No);
                }
                tracing::debug!(target: "larder::store", %key, "the holder of a lease is gone");
                (lease.over, false)
            }
            Held::Placeholder(other) => (other.side(), false),
            Held::Value(size) => match bucket.copy_aside(key, size).await? {
                Some(side) => (Some(side), true),
                None => continue,
            },
        };
        // Compared with the version from before the copy: so it is this value that was copied.
        let swap = bucket.update(key, placeholder(over), place.version).await?;
        if let Swap::Done(version) = swap {
            return Ok(acquired(version, over));
        }
        if let (true, Some(side)) = (copied, over) {
            bucket.remove_side(key, side).await;
        }
    }
    Err(restless(key))
}

impl Bucket {
    /// A copy of the value of `key` beside it, made by the service. `None` where the value is gone.
    async fn copy_aside(&self, key: &Key, size: u64) -> Result<Option<Side>> {
        let side = Side { nonce: Nonce::new_v4(), size };
        let (from, to) = (self.path(key), self.side_path(key, side.nonce));
        match self.objects.copy_opts(&from, &to, CopyOptions::default()).await {
            Ok(()) => Ok(Some(side)),
            Err(error) => self.failures.absent("copy", key, error).map(|()| None),
        }
    }
}

impl Holding {
    /// Renews until the lease ends; to be aborted.
    pub(crate) fn keep_alive(self: &Arc<Self>) -> AbortHandle {
        let holding = Arc::clone(self);
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(holding.ttl / RENEWALS).await;
                let mut state = holding.state.lock().await;
                match holding.renewed(&state).await {
                    Ok(renewed) => *state = renewed,
                    // The next one may succeed, and in the end publishing finds out.
                    Err(error) => {
                        tracing::debug!(target: "larder::store", key = %holding.key, %error, "a lease was not renewed");
                    }
                }
                if !matches!(*state, State::Held { .. }) {
                    return;
                }
            }
        });
        task.abort_handle()
    }

    async fn renewed(&self, state: &State) -> Result<State> {
        let State::Held { version, beat, over } = state.clone() else { return Ok(state.clone()) };
        let beat = beat + 1;
        let lease = Lease { holder: self.holder, beat, ttl: self.ttl, over };
        let bytes = Placeholder::Lease(lease).to_bytes();
        match self.bucket.update(&self.key, bytes.into(), version).await? {
            Swap::Done(version) => Ok(State::Held { version, beat, over }),
            Swap::Refused => self.found_again().await,
        }
    }

    /// What this lease has become, after a write that was refused.
    pub(crate) async fn found_again(&self) -> Result<State> {
        let Some(place) = self.bucket.look(&self.key).await? else { return Ok(State::Lost) };
        Ok(match place.held {
            // A write of ours whose answer was lost, or the value was deleted under the lease.
            Held::Placeholder(Placeholder::Lease(lease)) if lease.holder == self.holder => {
                State::Held { version: place.version, beat: lease.beat, over: lease.over }
            }
            Held::Placeholder(_) | Held::Value(_) => State::Lost,
        })
    }

    /// Gives the lease back without a value: what was there before is there again.
    pub(crate) async fn give_back(&self, abandoned: bool) {
        let mut state = self.state.lock().await;
        for _ in 0..PATIENCE {
            let State::Held { version, over, .. } = state.clone() else { return };
            let rest = match over {
                Some(side) => Placeholder::Pointer(side),
                None => Placeholder::Ended { holder: self.holder, abandoned },
            };
            let swap = self.bucket.update(&self.key, rest.to_bytes().into(), version).await;
            let found = match swap {
                Ok(Swap::Done(_)) => return,
                Ok(Swap::Refused) => self.found_again().await,
                Err(error) => Err(error),
            };
            match found {
                Ok(found) => *state = found,
                Err(error) => {
                    tracing::debug!(target: "larder::store", key = %self.key, %error, "a lease was not given back, and expires");
                    return;
                }
            }
        }
    }
}
