//! The lease of an inner store, as a layer hands it on.

use std::sync::Arc;

use crate::Key;
use crate::store::{Lease, LeaseAttempt, LeaseGuard};

/// An inner store's lease, held for a caller of the layer. Shared, so that a put under it can outlive who asked for it.
#[derive(Debug)]
struct InnerLease(Option<Arc<Lease>>);

impl LeaseGuard for InnerLease {
    fn abandon(&mut self) {
        // While a put under it goes on it ends with that, as one that was given back.
        if let Some(lease) = self.0.take().and_then(Arc::into_inner) {
            lease.abandon();
        }
    }
}

/// The inner store's answer as the layer's own, about the layer's own key.
pub(super) fn of_layer(key: &Key, attempt: LeaseAttempt) -> LeaseAttempt {
    match attempt {
        LeaseAttempt::Acquired(lease) => {
            let guard = InnerLease(Some(Arc::new(lease)));
            LeaseAttempt::Acquired(Lease::new(key.clone(), guard))
        }
        LeaseAttempt::Held(wait) => LeaseAttempt::Held(wait),
    }
}

/// The inner store's lease, if this is a layer's lease on `key`. Whose, the inner store finds out.
pub(super) fn of_inner(lease: &Lease, key: &Key) -> Option<Arc<Lease>> {
    lease.guard::<InnerLease>().filter(|_| lease.key() == key)?.0.clone()
}
