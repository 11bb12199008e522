//! A layer over stores that run in different ways.

use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use larder::store::{
    BoxStream, EntryInfo, FaultStore, Lease, LeaseAttempt, LeaseGuard, MemoryStore, Operation,
    PutMode, PutOutcome, StoreBackend, StoreCapabilities,
};
use larder::{Key, Memory, Mounted, Payload, Prefix, Result, memoize};

use crate::contexts::connected;
use crate::executors::{current_thread, multi_thread};
use crate::support::watchdog::watched;

/// Reads the near store first; writes the far one first. Leases are the far one's.
struct Tiered {
    near: Mounted,
    far: Mounted,
}

impl fmt::Debug for Tiered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tiered")
    }
}

/// The far store's lease, given back with the put that it is for.
#[derive(Debug)]
struct FarLease(Mutex<Option<Lease>>);

impl LeaseGuard for FarLease {
    fn abandon(&mut self) {
        if let Some(lease) = self.0.get_mut().unwrap().take() {
            lease.abandon();
        }
    }
}

#[async_trait]
impl StoreBackend for Tiered {
    fn capabilities(&self) -> StoreCapabilities {
        let layered = StoreCapabilities::layered().recency();
        match self.far.capabilities().lease {
            Some(scope) => layered.lease(scope),
            None => layered,
        }
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        if let Some(value) = self.near.get(key).await? {
            return Ok(Some(value));
        }
        let found = self.far.get(key).await?;
        if let Some(value) = &found {
            let _: PutOutcome = self.near.put(key, value.clone().into(), false).await?;
        }
        Ok(found)
    }

    async fn put(&self, key: &Key, value: Payload, mode: PutMode<'_>) -> Result<PutOutcome> {
        let outcome = match mode {
            PutMode::Leased(lease) => {
                let far = lease.guard::<FarLease>().and_then(|far| far.0.lock().unwrap().take());
                match far {
                    Some(far) => self.far.publish(far, value.clone()).await?,
                    None => PutOutcome::LeaseLost,
                }
            }
            mode => self.far.put(key, value.clone(), matches!(mode, PutMode::Create)).await?,
        };
        if outcome == PutOutcome::Written {
            let _: PutOutcome = self.near.put(key, value, false).await?;
        }
        Ok(outcome)
    }

    async fn delete(&self, key: &Key) -> Result<bool> {
        let near = self.near.delete(key).await?;
        Ok(self.far.delete(key).await? || near)
    }

    fn list<'a>(&'a self, prefix: &Prefix) -> BoxStream<'a, Result<EntryInfo>> {
        self.near.store().list(prefix)
    }

    async fn touch(&self, key: &Key) -> Result<bool> {
        self.near.touch(key).await
    }

    async fn lease(&self, key: &Key) -> Result<LeaseAttempt> {
        Ok(match self.far.lease(key).await? {
            LeaseAttempt::Acquired(far) => {
                let guard = FarLease(Mutex::new(Some(far)));
                LeaseAttempt::Acquired(Lease::new(key.clone(), guard))
            }
            held => held,
        })
    }
}

#[memoize]
fn cube(n: u64) -> u64 {
    n * n * n
}

#[memoize]
async fn cube_async(n: u64) -> u64 {
    n * n * n
}

struct Parts {
    memory: Memory,
    near: Arc<FaultStore>,
    far: Arc<FaultStore>,
}

impl Parts {
    fn new() -> Self {
        let near = Arc::new(FaultStore::new(Arc::new(MemoryStore::new())));
        let far = Arc::new(FaultStore::new(Arc::new(connected())));
        let (one, two) = (Mounted::new(near.clone()), Mounted::new(far.clone()));
        let memory = Memory::over(Arc::new(Tiered { near: one, far: two })).open().unwrap();
        Self { memory, near, far }
    }

    /// How many calls the stores have seen.
    fn calls(&self) -> (u64, u64) {
        (self.near.total().calls, self.far.total().calls)
    }
}

#[test]
fn each_part_runs_its_own_way_for_all_callers() {
    watched(|| {
        let synchronous = |parts: &Parts| {
            assert_eq!(parts.memory.cache::<cube>().call(3).unwrap(), 27);
        };
        let calls: [&dyn Fn(&Parts); 5] = [
            &synchronous,
            &|parts| multi_thread().block_on(async { synchronous(parts) }),
            &|parts| current_thread().block_on(async { synchronous(parts) }),
            &|parts| {
                let cube = parts.memory.cache::<cube_async>();
                current_thread().block_on(async { assert_eq!(cube.call(3).await.unwrap(), 27) });
            },
            &|parts| {
                let cube = parts.memory.cache::<cube_async>();
                futures::executor::block_on(async { assert_eq!(cube.call(3).await.unwrap(), 27) });
            },
        ];
        for call in calls {
            let parts = Parts::new();
            call(&parts);
            let stats = parts.memory.stats();
            assert_eq!((stats.computed, stats.stored, stats.store_errors), (1, 1, 0));
            assert_eq!(parts.far.tally(Operation::Lease).calls, 1);
            let (near, far) = parts.calls();
            call(&parts);
            assert_eq!(parts.memory.stats().hits, 1);
            assert_eq!(parts.calls().1, far, "a near hit asks the far store nothing");
            assert!(parts.calls().0 > near);
            // A far hit fills the near store, and both stay in use.
            for entry in parts.memory.entries().unwrap() {
                let near = Mounted::new(parts.near.clone());
                assert!(futures::executor::block_on(near.delete(&entry.key)).unwrap());
            }
            call(&parts);
            assert_eq!(parts.memory.stats().hits, 2);
            assert_eq!(parts.calls().1, far + 1);
            assert_eq!(parts.memory.stats().store_errors, 0);
        }
    });
}
