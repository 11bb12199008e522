//! Limits that are kept while calls go on putting results.
//!
//! Nobody counts for all processes, so each looks now and then: it lists the store and, above a limit, removes what was
//! not used for longest until nine tenths of the limit are left. How much may be put before the next look follows from
//! the room that the last one found, shared among six writers, or two if only this one was seen to write. The looks go on
//! behind the calls; one that would put far more than its share waits for the look under way.

mod pace;

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use tokio::sync::watch;
use tokio::task::JoinSet;

use self::pace::{Amount, Pace};
use super::maintenance::{Limits, surplus};
use super::version_record::VersionRecord;
use crate::runtime::{block_on, runtime};
use crate::store::{EntryInfo, Execution};
use crate::{Error, Mounted, Prefix, Result};

/// How many entries are removed at a time where each takes a journey.
const AT_ONCE: usize = 16;

/// What keeps one memory's store to its limits.
#[derive(Debug)]
pub(crate) struct Upkeep {
    store: Mounted,
    limits: Limits,
    pace: Mutex<Pace>,
    looking: watch::Sender<bool>,
    failed: AtomicBool,
}

impl Upkeep {
    /// `None` where there is nothing to keep to, or nothing can be removed.
    pub(crate) fn new(store: &Mounted, limits: Limits) -> Option<Arc<Self>> {
        if limits == Limits::default() || store.capabilities().read_only {
            return None;
        }
        Some(Arc::new(Self {
            store: store.clone(),
            limits,
            pace: Mutex::new(Pace::new(limits)),
            looking: watch::Sender::new(false),
            failed: AtomicBool::new(false),
        }))
    }

    /// Takes note of an entry that was put; looks whether that is too much, if it is time to.
    pub(crate) async fn put(self: &Arc<Self>, bytes: u64) {
        let (due, hurried) = {
            let mut pace = self.pace();
            pace.put(bytes);
            if pace.has_turned() {
                // A use noted a minute ago would say too little: what is used from now on is noted again.
                self.store.forget_uses();
            }
            (pace.is_due(Instant::now()), pace.is_hurried())
        };
        if due && self.looking.send_if_modified(|looking| !std::mem::replace(looking, true)) {
            self.start();
        }
        if hurried {
            let mut looking = self.looking.subscribe();
            // The sender lives as long as this.
            let _ended = looking.wait_for(|looking| !*looking).await;
        }
    }

    fn start(self: &Arc<Self>) {
        /// Also when the look ends in a panic: nobody must wait for ever.
        struct Ended(Arc<Upkeep>);
        impl Drop for Ended {
            fn drop(&mut self) {
                self.0.looking.send_replace(false);
            }
        }
        let (upkeep, busy) = (Ended(self.clone()), self.store.busy());
        let look = async move {
            if let Err(error) = upkeep.0.look().await {
                upkeep.0.tell(&error);
            }
            drop((upkeep, busy));
        };
        match self.store.capabilities().execution {
            Execution::Runtime => drop(runtime().spawn(look)),
            Execution::Inline | Execution::Layered => {
                drop(runtime().spawn_blocking(move || block_on(look)));
            }
        }
    }

    async fn look(&self) -> Result<()> {
        let own = self.pace().begin(Instant::now());
        let entries = self.store.entries(&Prefix::root()).await;
        let mut entries = entries.inspect_err(|_| self.pace().fail())?;
        let meanwhile = self.pace().meanwhile();
        entries.retain(|entry| !VersionRecord::is_at(&entry.key));
        let found: Amount = entries.iter().collect();
        let surplus = surplus(entries, pace::target(self.limits, found), SystemTime::now());
        let going: Amount = surplus.iter().collect();
        if going.items > 0 {
            let (items, bytes) = (going.items, going.bytes);
            tracing::debug!(target: "larder::store", items, bytes, "removing the least recently used");
        }
        let removed = self.remove(surplus).await;
        let left = if removed.is_ok() { found - going } else { found };
        self.pace().end(own, meanwhile, found, left);
        removed
    }

    /// Somebody else may have removed one of them meanwhile: it is gone in any case.
    async fn remove(&self, surplus: Vec<EntryInfo>) -> Result<()> {
        if self.store.capabilities().execution == Execution::Inline {
            for entry in surplus {
                // Asking costs little here, and what was used since the listing is wanted after all.
                let now = self.store.head(&entry.key).await?;
                if now.is_some_and(|now| now.last_used == entry.last_used) {
                    self.store.delete(&entry.key).await?;
                }
            }
            return Ok(());
        }
        let mut removing = JoinSet::new();
        for entry in surplus {
            if removing.len() == AT_ONCE {
                joined(removing.join_next().await)?;
            }
            let store = self.store.clone();
            removing.spawn_on(async move { store.delete(&entry.key).await }, runtime().handle());
        }
        while !removing.is_empty() {
            joined(removing.join_next().await)?;
        }
        Ok(())
    }

    /// Loudly once: a store that cannot be listed today cannot be at the next look either.
    fn tell(&self, error: &Error) {
        if self.failed.swap(true, Relaxed) {
            tracing::debug!(target: "larder::store", %error, "the store cannot be kept to its limits");
        } else {
            tracing::warn!(target: "larder::store", %error, "the store cannot be kept to its limits (told once)");
        }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn joined(removed: Option<Result<Result<bool>, tokio::task::JoinError>>) -> Result<()> {
    match removed {
        Some(Ok(removed)) => removed.map(|_: bool| ()),
        Some(Err(panicked)) => std::panic::resume_unwind(panicked.into_panic()),
        None => Ok(()),
    }
}
