//! Whose turn it is to compute a key: one call's within the process, and one process's where the store has leases.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;

use super::MissReason;
use super::context::Frame;
use super::flight::{Landing, Leader, Seat};
use super::function_state::FunctionState;
use super::shelf::{Entry, Look, Miss, Shelf};
use crate::runtime::timeout;
use crate::store::{Lease, LeaseAttempt, LeaseEnd};
use crate::{Key, Result};

/// What a call that found nothing does next.
#[derive(Debug)]
pub(crate) enum Turn<'s> {
    /// Somebody else computed it meanwhile.
    Found(Entry),
    /// It is this call's turn.
    Compute(Permit<'s>),
}

/// What a computing call holds, and owes: exactly one of [`land`](Self::land) and dropping ends it.
#[derive(Debug)]
pub(crate) struct Permit<'s> {
    leader: Option<Leader<'s>>,
    lease: Option<Lease>,
}

impl<'s> Permit<'s> {
    /// To compute without keeping anybody waiting.
    pub(crate) fn alone() -> Self {
        Self { leader: None, lease: None }
    }

    /// The lease, to put the value under.
    pub(crate) fn take_lease(&mut self) -> Option<Lease> {
        self.lease.take()
    }

    /// Whether anybody in this process could be waiting.
    pub(crate) fn leads(&self) -> bool {
        self.leader.is_some()
    }

    /// Tells those who wait how it ended. A lease not taken by now is given back without a value.
    pub(crate) fn land(mut self, landing: Landing) {
        if let Some(lease) = self.lease.take() {
            lease.abandon();
        }
        if let Some(leader) = self.leader.take() {
            leader.land(landing);
        }
    }
}

impl Drop for Permit<'_> {
    /// Of a call that panicked everybody is let go; of one that was dropped, as futures may be, one takes the place.
    fn drop(&mut self) {
        if let Some(lease) = self.lease.take()
            && std::thread::panicking()
        {
            lease.abandon();
        }
    }
}

/// How often a call of this process asks again for a lease that ends and is taken by others before it stops asking.
const MAX_ROUNDS: usize = 1000;

impl Shelf {
    /// Waits for whoever computes `key`, or for the right to. `since` is how many flights had landed before the call
    /// looked and missed.
    pub(crate) async fn turn(
        &self,
        function: &FunctionState,
        key: &Key,
        miss: Miss,
        since: u64,
    ) -> Result<Turn<'_>> {
        let held = Frame::held();
        if miss.reason == MissReason::StoreFailed || held.contains(key) {
            return Ok(Turn::Compute(Permit::alone()));
        }
        let limit = on_pool_worker().then(|| patience(function));
        loop {
            let leader = match self.flights.board(key, held.clone()) {
                Seat::Leader(leader) => leader,
                Seat::Circle => return Ok(Turn::Compute(Permit::alone())),
                Seat::Passenger(passenger) => {
                    let stuck = passenger.may_block_leader.then(|| patience(function));
                    super::events::waiting(function, key, "call");
                    match within(limit.or(stuck), passenger.landing()).await {
                        Some(Landing::Entry(bytes)) => {
                            return Ok(self.handed_over(function, key, bytes));
                        }
                        Some(Landing::Stored) => match self.look(function, key).await? {
                            Look::Found(entry) => return Ok(Turn::Found(entry)),
                            Look::Missing(_) => return Ok(Turn::Compute(Permit::alone())),
                        },
                        Some(Landing::Dropped) => continue,
                        Some(Landing::Nothing) | None => return Ok(Turn::Compute(Permit::alone())),
                    }
                }
            };
            let mut permit = Permit { leader: Some(leader), lease: None };
            return match self.lease(function, key, limit, &miss, since).await {
                Ok(Leased::Held(lease)) => {
                    permit.lease = lease;
                    Ok(Turn::Compute(permit))
                }
                Ok(Leased::Found(entry)) => {
                    permit.land(entry.landing());
                    Ok(Turn::Found(entry))
                }
                Ok(Leased::Alone) => {
                    permit.land(Landing::Nothing);
                    Ok(Turn::Compute(Permit::alone()))
                }
                Err(error) => {
                    permit.land(Landing::Nothing);
                    Err(error)
                }
            };
        }
    }

    fn handed_over(&self, function: &FunctionState, key: &Key, bytes: Bytes) -> Turn<'_> {
        match self.open(function, key, bytes) {
            Look::Found(entry) => Turn::Found(entry),
            Look::Missing(_) => Turn::Compute(Permit::alone()),
        }
    }

    /// The lease among processes, and what whoever held it before left.
    async fn lease(
        &self,
        function: &FunctionState,
        key: &Key,
        limit: Option<Duration>,
        miss: &Miss,
        since: u64,
    ) -> Result<Leased> {
        if !self.settings.lease || self.store.capabilities().lease.is_none() {
            // Without a lease only this process computes in turn. Between the look and the flight another call here may
            // have landed with just this result.
            if self.flights.landings() != since
                && let Look::Found(entry) = self.look_again(function, key, miss).await?
            {
                return Ok(Leased::Found(entry));
            }
            return Ok(Leased::Held(None));
        }
        for _ in 0..MAX_ROUNDS {
            let attempt = match self.store.lease(key).await {
                Ok(attempt) => attempt,
                // Without the store's help this process still computes only once.
                Err(error) => return self.degrade(function, error).map(|()| Leased::Held(None)),
            };
            let ended = match attempt {
                LeaseAttempt::Acquired(lease) => {
                    // Between the first look and the lease another process may have finished.
                    return Ok(match self.look_again(function, key, miss).await? {
                        Look::Found(entry) => Leased::Found(entry),
                        Look::Missing(_) => Leased::Held(Some(lease)),
                    });
                }
                LeaseAttempt::Held(wait) => {
                    super::events::waiting(function, key, "lease");
                    within(limit, wait).await
                }
            };
            if let Look::Found(entry) = self.look_again(function, key, miss).await? {
                return Ok(Leased::Found(entry));
            }
            match ended {
                Some(LeaseEnd::Free) => {}
                Some(LeaseEnd::Abandoned) => return Ok(Leased::Alone),
                // Long enough: one call of this process computes beside the holder.
                None => break,
            }
        }
        Ok(Leased::Held(None))
    }
}

enum Leased {
    /// This process may compute; without a lease where the store has none, or its holder takes too long.
    Held(Option<Lease>),
    /// Another process computed it.
    Found(Entry),
    /// Its holder failed: compute, and keep nobody waiting.
    Alone,
}

/// A plain thread waits for others as long as it takes. A worker of a pool may itself be what the holder waits for (it
/// took up this call while the holder waits for its pool), so it waits for a while only.
fn on_pool_worker() -> bool {
    rayon_core::current_thread_index().is_some()
}

/// How long who may be what the holder waits for waits for the holder.
fn patience(function: &FunctionState) -> Duration {
    Duration::from_secs(2).max(function.last_duration().saturating_mul(2))
}

async fn within<F: Future>(limit: Option<Duration>, future: F) -> Option<F::Output> {
    let future = pin!(future);
    match limit {
        Some(limit) => timeout(limit, future).await,
        None => Some(future.await),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Arc, Mutex};

    use async_trait::async_trait;
    use bytes::Bytes;

    use crate::store::{
        BoxStream, EntryInfo, MemoryStore, PutMode, PutOutcome, StoreBackend, StoreCapabilities,
    };
    use crate::{Key, Memory, Payload, Prefix, Result};

    /// A store without leases, whose second look says that it has looked, and answers when it is told to.
    #[derive(Debug)]
    struct Slow {
        store: MemoryStore,
        looks: Mutex<u32>,
        looked: Sender<()>,
        answer: Mutex<Receiver<()>>,
    }

    #[async_trait]
    impl StoreBackend for Slow {
        fn capabilities(&self) -> StoreCapabilities {
            StoreCapabilities::inline()
        }

        async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
            let found = self.store.get(key).await;
            let second = {
                let mut looks = self.looks.lock().unwrap();
                *looks += 1;
                *looks == 2
            };
            if second {
                self.looked.send(()).unwrap();
                self.answer.lock().unwrap().recv().unwrap();
            }
            found
        }

        async fn put(&self, key: &Key, value: Payload, mode: PutMode<'_>) -> Result<PutOutcome> {
            self.store.put(key, value, mode).await
        }

        async fn delete(&self, key: &Key) -> Result<bool> {
            self.store.delete(key).await
        }

        fn list<'a>(&'a self, prefix: &Prefix) -> BoxStream<'a, Result<EntryInfo>> {
            self.store.list(prefix)
        }
    }

    #[test]
    fn a_result_that_landed_between_look_and_flight_is_not_computed_again() {
        let ((looked, has_looked), (go, answer)) = (channel(), channel());
        let store = Slow {
            store: MemoryStore::new(),
            looks: Mutex::new(0),
            looked,
            answer: Mutex::new(answer),
        };
        let memory = Memory::over(Arc::new(store)).open().unwrap();
        std::thread::scope(|scope| {
            let mut other = None;
            let compute = || {
                // The other call looks while this one computes, and is told only afterwards that nothing was there.
                other = Some(scope.spawn(|| memory.get_or_compute("key", || 2).unwrap()));
                has_looked.recv().unwrap();
                1
            };
            assert_eq!(memory.get_or_compute("key", compute).unwrap(), 1);
            go.send(()).unwrap();
            assert_eq!(other.unwrap().join().unwrap(), 1);
        });
    }
}
