//! Leases: who computes a key, among all processes of this machine.
//!
//! Two layers: a map for the callers of one store (a lock of an open file does not exclude the threads that share it),
//! and the [lock file](lock_file) between stores and processes.

mod lock_file;
mod watchers;

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use self::lock_file::{LockFile, Offset, Tried};
use self::watchers::{Announcement, Watchers};
use super::hash;
use crate::Key;
use crate::store::{Lease, LeaseAttempt, LeaseEnd, LeaseGuard, LeaseScope, LeaseWait};

/// How often a lock that only passes through a waiter's hands is tried again before that counts as held.
const PASSING: usize = 100;

/// The leases of one store: byte-range locks in a lock file that all stores on the same place open.
///
/// They live in the kernel: gone with their holder, whatever kills it, and never lost while it lives, however long it is
/// stopped. A program that forks without exec shares its parent's leases until the child first asks for one.
#[derive(Debug, Default)]
pub struct HostLeases(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Whose locks these are: a forked child shares the open file, and must not take its parent's locks for its own.
    process: u32,
    file: Option<Arc<LockFile>>,
    /// Held through this store; each is told of its end once.
    held: HashMap<Offset, watch::Sender<Option<LeaseEnd>>>,
    /// Held elsewhere, and waited for here.
    foreign: HashMap<Offset, Announcement>,
    watchers: Watchers,
}

impl HostLeases {
    /// Whom they exclude; `None` where the system has no locks that could hold them.
    pub const SCOPE: Option<LeaseScope> = Some(LeaseScope::Host);

    /// No leases yet; `None` where there never will be any.
    pub fn new() -> Option<Arc<Self>> {
        Some(Arc::default())
    }

    /// Tries to take the lease on `key`. `open` opens the lock file to read and write, each time anew, and makes it where
    /// it is not; while stores are open, nothing else may lock or change it.
    ///
    /// # Errors
    /// Those of `open`, and of the system where the file cannot be locked.
    pub fn attempt(
        self: &Arc<Self>,
        key: &Key,
        open: impl Fn() -> io::Result<File>,
    ) -> io::Result<LeaseAttempt> {
        let at = Offset::of(hash(key));
        let mut state = self.state();
        if let Some(holder) = state.held.get(&at) {
            return Ok(LeaseAttempt::Held(LeaseWait::new(end_here(holder.subscribe()))));
        }
        let mut before = None;
        let mut passing = 0;
        loop {
            let file = match &state.file {
                Some(file) => Arc::clone(file),
                None => Arc::clone(state.file.insert(Arc::new(LockFile::new(open()?)))),
            };
            let tried = file.try_lock(at)?;
            if file.is_removed()? {
                // The directory went away: from now on everybody locks another file.
                state.file = None;
            } else if tried == Tried::Locked {
                state.held.insert(at, watch::Sender::new(None));
                let leases = Arc::clone(self);
                let process = state.process;
                let guard = HostLease { leases, file, at, process, end: LeaseEnd::Free };
                return Ok(LeaseAttempt::Acquired(Lease::new(key.clone(), guard)));
            } else if tried == Tried::Passing && passing < PASSING {
                passing += 1;
                std::thread::yield_now();
            } else if let Some(before) = before {
                let wait = self.await_foreign(&mut state, &file, at, before, open)?;
                return Ok(LeaseAttempt::Held(wait));
            } else {
                // Read while it is held, so that its holder's end is marked after. Hence the second look.
                before = Some(file.abandoned(at)?);
            }
        }
    }

    fn await_foreign(
        self: &Arc<Self>,
        state: &mut State,
        file: &Arc<LockFile>,
        at: Offset,
        before: u32,
        open: impl Fn() -> io::Result<File>,
    ) -> io::Result<LeaseWait> {
        let mut end = match state.foreign.get(&at) {
            Some(watched) => watched.subscribe(),
            None => {
                self.watch(&mut state.watchers, at, file, open)?;
                state.foreign.entry(at).or_default().subscribe()
            }
        };
        Ok(LeaseWait::new(async move {
            let ended = end.wait_for(Option::is_some).await.ok().and_then(|ended| *ended);
            match ended.and_then(|ended| ended.abandoned) {
                Some(after) if after != before => LeaseEnd::Abandoned,
                _ => LeaseEnd::Free,
            }
        }))
    }

    /// Whether `lease` was taken here, for `key`, and is held by this very process.
    pub fn holds(self: &Arc<Self>, lease: &Lease, key: &Key) -> bool {
        lease.key() == key
            && lease.guard::<HostLease>().is_some_and(|guard| {
                Arc::ptr_eq(&guard.leases, self) && guard.process == std::process::id()
            })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.process != std::process::id() {
            *state = State { process: std::process::id(), ..State::default() };
        }
        state
    }
}

/// The end of a lease that this very store holds.
async fn end_here(mut end: watch::Receiver<Option<LeaseEnd>>) -> LeaseEnd {
    end.wait_for(Option::is_some).await.ok().and_then(|end| *end).unwrap_or(LeaseEnd::Free)
}

/// A held lease; dropped, it is given back.
#[derive(Debug)]
struct HostLease {
    leases: Arc<HostLeases>,
    /// The file it was taken on, which need not be the one others lock by now.
    file: Arc<LockFile>,
    at: Offset,
    process: u32,
    end: LeaseEnd,
}

impl LeaseGuard for HostLease {
    fn abandon(&mut self) {
        self.end = LeaseEnd::Abandoned;
    }
}

impl Drop for HostLease {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            // A forked child's copy: the lease is its parent's.
            return;
        }
        let mut state = self.leases.state();
        if self.end == LeaseEnd::Abandoned
            && let Err(error) = self.file.mark_abandoned(self.at)
        {
            tracing::debug!(%error, "other processes do not learn that a lease was abandoned");
        }
        self.file.unlock(self.at);
        let waiting = state.held.remove(&self.at);
        drop(state);
        if let Some(waiting) = waiting {
            waiting.send_replace(Some(self.end));
        }
    }
}
