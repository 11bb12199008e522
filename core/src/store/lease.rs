//! The right to be the only one who computes a key.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use crate::Key;

/// What came of asking for a lease.
#[derive(Debug)]
#[must_use]
pub enum LeaseAttempt {
    /// The caller holds it, until the [`Lease`] is dropped.
    Acquired(Lease),
    /// Somebody else does.
    Held(LeaseWait),
}

/// How somebody else's lease ended, as far as one who waited can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseEnd {
    /// It was given back after the value was put, or its holder died: look, and ask again.
    Free,
    /// Its holder gave it back [without a value](Lease::abandon): whoever waited should compute on its own,
    /// so that a hundred who wait for a function that fails do not fail one after another.
    Abandoned,
}

/// The wait for the end of somebody else's lease. It may end early ([`LeaseEnd::Free`] while the lease is still held);
/// dropping it ends the interest. Ready to be polled from any thread and any executor: it brings its own wake-up.
pub struct LeaseWait(Pin<Box<dyn Future<Output = LeaseEnd> + Send>>);

impl LeaseWait {
    /// Wraps the future that waits.
    pub fn new(wait: impl Future<Output = LeaseEnd> + Send + 'static) -> Self {
        Self(Box::pin(wait))
    }
}

impl Future for LeaseWait {
    type Output = LeaseEnd;

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<LeaseEnd> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for LeaseWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LeaseWait")
    }
}

/// A store's side of a held lease. Dropping it gives the lease back.
///
/// A store finds its own guard again in [`PutMode::Leased`](super::PutMode::Leased) by downcasting `&dyn Any`.
pub trait LeaseGuard: Any + Send + Sync + fmt::Debug {
    /// The holder ends without a value: whoever waits now, through the same store, is told [`LeaseEnd::Abandoned`];
    /// who waits elsewhere may have to be told [`LeaseEnd::Free`].
    fn abandon(&mut self) {}
}

/// A held lease: while it lives, nobody else within the store's [`LeaseScope`](super::LeaseScope) gets it.
#[derive(Debug)]
#[must_use = "a lease is given back when it is dropped"]
pub struct Lease {
    key: Key,
    guard: Box<dyn LeaseGuard>,
}

impl Lease {
    /// A lease on `key`, held as long as `guard` lives.
    pub fn new(key: Key, guard: impl LeaseGuard) -> Self {
        Self { key, guard: Box::new(guard) }
    }

    /// What it is a lease on.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The store's own guard, if it is one of type `G`.
    pub fn guard<G: LeaseGuard>(&self) -> Option<&G> {
        let guard: &dyn Any = &*self.guard;
        guard.downcast_ref()
    }

    /// Gives the lease back without a value having been put: the function failed, or its result cannot be kept.
    pub fn abandon(mut self) {
        self.guard.abandon();
    }
}
