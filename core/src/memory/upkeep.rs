//! Limits that are kept while calls go on putting results.
//!
//! Nobody counts for all processes, so each looks now and then: it lists the store and, above a limit, removes what was
//! not used for longest until nine tenths of the limit are left. How much may be put before the next look follows from
//! the room that the last one found, shared among six writers, or two if only this one was seen to write. The looks go on
//! behind the calls; one that would put far more than its share waits for the look under way.
//!
//! Who has been writing alone for a while knows what there is without looking: what the last look found, and what was put
//! since. As long as nothing contradicts that, and a look at one entry costs little, the oldest ones are removed without
//! listing all of them again.

mod account;
mod pace;

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use tokio::sync::watch;
use tokio::task::JoinSet;

use self::account::Account;
use self::pace::{Amount, Pace};
use super::maintenance::{Limits, split};
use super::version_record::VersionRecord;
use crate::runtime::{block_on, runtime};
use crate::store::{EntryInfo, Execution};
use crate::{Error, Key, Mounted, Prefix, Result};

/// How many entries are removed at a time where each takes a journey.
const AT_ONCE: usize = 16;

/// What keeps one memory's store to its limits.
#[derive(Debug)]
pub(crate) struct Upkeep {
    store: Mounted,
    limits: Limits,
    pace: Mutex<Pace>,
    /// What there is, as far as this process knows; from the beginning of the look on that opens it.
    account: Mutex<Option<Account>>,
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
            account: Mutex::default(),
            looking: watch::Sender::new(false),
            failed: AtomicBool::new(false),
        }))
    }

    /// Takes note of an entry that was put; looks whether that is too much, if it is time to.
    pub(crate) async fn put(self: &Arc<Self>, key: &Key, bytes: u64) {
        if let Some(account) = &mut *self.account() {
            account.put(key, bytes);
        }
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
        if self.pace().is_alone() && self.settle().await? {
            return Ok(());
        }
        let keeps_account = self.store.capabilities().execution == Execution::Inline;
        let fresh = keeps_account.then(Account::default);
        let own = self.pace().begin(Instant::now());
        let known = std::mem::replace(&mut *self.account(), fresh).map(|account| account.held());
        let entries = self.store.entries(&Prefix::root()).await;
        let mut entries = entries.inspect_err(|_| self.give_up())?;
        let meanwhile = self.pace().meanwhile();
        entries.retain(|entry| !VersionRecord::is_at(&entry.key));
        let found: Amount = entries.iter().collect();
        let target = pace::target(self.limits, found);
        let (surplus, staying) = split(entries, target, SystemTime::now());
        let going: Amount = surplus.iter().collect();
        if going.items > 0 {
            let (items, bytes) = (going.items, going.bytes);
            tracing::debug!(target: "larder::store", items, bytes, "removing the least recently used");
        }
        let removed = self.remove(surplus).await;
        let left = if removed.is_ok() { found - going } else { found };
        self.pace().end(known, own, meanwhile, found, left);
        let mut account = self.account();
        let is_open = removed.is_ok() && account.as_mut().is_some_and(|it| it.open(staying));
        if !is_open {
            *account = None;
        }
        removed
    }

    /// Removes what has to go by the account alone; says whether it sufficed.
    async fn settle(&self) -> Result<bool> {
        let Some(held) = self.account().as_ref().map(Account::held) else { return Ok(false) };
        self.pace().begin_settling(Instant::now());
        let target = pace::settled(self.limits, held);
        loop {
            let next = self.account().as_mut().and_then(|it| it.next(target, SystemTime::now()));
            let Some(entry) = next else { break };
            let is_gone = self.remove_unused(&entry).await.inspect_err(|_| self.give_up())?;
            match (is_gone, &mut *self.account()) {
                (Some(true), Some(account)) => account.removed(&entry),
                (Some(false), _) => {}
                (None, account) | (_, account) => {
                    // Somebody else removes, too.
                    *account = None;
                    return Ok(false);
                }
            }
        }
        let account = self.account();
        let Some(account) = &*account else { return Ok(false) };
        self.pace().settled(account.held());
        Ok(!account.is_over(target))
    }

    /// A look found out nothing, or what was removed by the account is not known.
    fn give_up(&self) {
        *self.account() = None;
        self.pace().fail();
    }

    /// Removes an entry unless it was used since it was listed; none where it was gone already.
    async fn remove_unused(&self, entry: &EntryInfo) -> Result<Option<bool>> {
        let Some(now) = self.store.head(&entry.key).await? else { return Ok(None) };
        if now.last_used != entry.last_used {
            return Ok(Some(false));
        }
        Ok(self.store.delete(&entry.key).await?.then_some(true))
    }

    /// Somebody else may have removed one of them meanwhile: it is gone in any case.
    async fn remove(&self, surplus: Vec<EntryInfo>) -> Result<()> {
        if self.store.capabilities().execution == Execution::Inline {
            for entry in surplus {
                // Asking costs little here, and what was used since the listing is wanted after all.
                self.remove_unused(&entry).await?;
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

    fn account(&self) -> MutexGuard<'_, Option<Account>> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
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
