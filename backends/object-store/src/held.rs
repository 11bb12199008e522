//! A lease as its holder has it, and what happens when the holder lets go.

use std::fmt;
use std::sync::Arc;

use larder_core::Key;
use larder_core::store::{Lease, LeaseAttempt, LeaseEnd, LeaseGuard, LeaseWait};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::lease::{Holding, State};
use crate::slots::{Claim, Phase, Slots};

/// One caller's lease: its place among this process's, and what it holds in the bucket, if leases are kept there.
pub(crate) struct Guard {
    key: Key,
    slots: Arc<Slots>,
    claim: Option<Claim>,
    holding: Option<(Arc<Holding>, AbortHandle)>,
    runtime: Handle,
}

impl Guard {
    /// To be called on a runtime: it renews the lease, and gives it back.
    pub(crate) fn new(key: Key, claim: Claim, holding: Option<Holding>) -> Self {
        let slots = Arc::clone(claim.slots());
        let holding = holding.map(|holding| {
            let holding = Arc::new(holding);
            let renewing = holding.keep_alive();
            (holding, renewing)
        });
        Self { key, slots, claim: Some(claim), holding, runtime: Handle::current() }
    }

    pub(crate) fn into_attempt(self) -> LeaseAttempt {
        LeaseAttempt::Acquired(Lease::new(self.key.clone(), self))
    }

    /// Whether this is a lease of `key`, given by a store that shares these slots.
    pub(crate) fn is_of(&self, key: &Key, slots: &Arc<Slots>) -> bool {
        self.key == *key && Arc::ptr_eq(&self.slots, slots)
    }

    pub(crate) fn holding(&self) -> Option<&Arc<Holding>> {
        self.holding.as_ref().map(|(holding, _)| holding)
    }
}

/// The wait for a lease that somebody else has.
pub(crate) fn wait(mut phase: watch::Receiver<Phase>) -> LeaseAttempt {
    LeaseAttempt::Held(LeaseWait::new(async move {
        match phase.wait_for(|phase| matches!(phase, Phase::Ended(_))).await.as_deref() {
            Ok(Phase::Ended(end)) => *end,
            Ok(Phase::Held | Phase::Ending) | Err(_) => LeaseEnd::Free,
        }
    }))
}

impl LeaseGuard for Guard {
    fn abandon(&mut self) {
        if let Some(claim) = &mut self.claim {
            claim.end = LeaseEnd::Abandoned;
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let Some(claim) = self.claim.take() else { return };
        let Some((holding, renewing)) = self.holding.take() else { return };
        renewing.abort();
        let is_over = |state: &State| !matches!(state, State::Held { .. });
        if holding.state.try_lock().is_ok_and(|state| is_over(&state)) {
            return;
        }
        // Who asks from now on waits for the request instead of being told that somebody has it.
        claim.ending();
        self.runtime.spawn(async move {
            holding.give_back(claim.end == LeaseEnd::Abandoned).await;
            drop(claim);
        });
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guard({})", self.key)
    }
}
