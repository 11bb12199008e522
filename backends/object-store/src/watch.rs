//! Waiting for a lease that somebody elsewhere holds: object stores tell nothing by themselves, so they are asked.

use std::sync::Arc;
use std::time::Duration;

use larder_core::store::LeaseEnd;
use larder_core::{Key, Result};

use crate::bucket::{Bucket, Held};
use crate::placeholder::Placeholder;
use crate::slots::Claim;

/// The time between two looks: short at first, since most computations are; then a request a second.
const SHORTEST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(1);

/// Watches the lease of `key` for all of this process who wait for it, until it ends or nobody waits any more.
pub(crate) fn watch(bucket: Arc<Bucket>, key: Key, claim: Claim) {
    tokio::spawn(async move {
        let mut pause = SHORTEST;
        while claim.is_awaited() {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST);
            match ended(&bucket, &key, &claim).await {
                Ok(None) => {}
                Ok(Some(end)) => {
                    return claim.end_as(end);
                }
                // Who waited asks again and is told by its own request.
                Err(_) => return,
            }
        }
    });
}

async fn ended(bucket: &Bucket, key: &Key, claim: &Claim) -> Result<Option<LeaseEnd>> {
    Ok(match bucket.look(key).await? {
        Some(place) => match place.held {
            Held::Placeholder(Placeholder::Lease(lease)) => {
                let age = claim.slots().unchanged(key, &place.version);
                (age >= lease.ttl).then_some(LeaseEnd::Free)
            }
            Held::Placeholder(Placeholder::Ended { abandoned: true, .. }) => {
                Some(LeaseEnd::Abandoned)
            }
            Held::Placeholder(_) | Held::Value(_) => Some(LeaseEnd::Free),
        },
        None => Some(LeaseEnd::Free),
    })
}
