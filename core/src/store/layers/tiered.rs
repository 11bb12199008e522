//! A store close by before one far away.

mod options;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use async_trait::async_trait;
use bytes::Bytes;

pub(super) use self::options::factory;
use super::lease;
use super::listed::listed;
use crate::marks::{Marks, Seen};
use crate::store::{
    BoxStream, EntryInfo, Lease, LeaseAttempt, PutMode, PutOutcome, StoreBackend, StoreCapabilities,
};
use crate::{Error, Key, Mounted, Payload, Prefix, Result};

/// A layer that looks into a store close by (`near`: a directory, memory) before one far away (`far`: a bucket).
///
/// The far side is the truth, the near side holds copies of some of it:
///
/// * **get** asks near, then far. What only far has is copied to near.
/// * **put** writes to far, then to near. A value that far does not take is not kept at all.
/// * **delete** removes from both.
/// * **list** and **head** tell what either side holds; of what both hold, what near says.
/// * **touch** notes the use on the near side where that holds the entry, and on the far side only otherwise: a near hit
///   leaves no trace there. So the far side's own recency is that of misses.
/// * **lease**s come from the side whose scope is wider; from far when both are as wide.
/// * **compact** compacts both sides, as far as they can be written.
/// * **local paths** are the near side's.
///
/// A near side that fails is reported once and passed over: it never hides the far side. Of a far side that is
/// [read-only](super::ReadOnlyStore), results stay where they are, and new ones are kept on the near side alone.
///
/// Another process that deletes from the far side does not reach this near side, which goes on serving what it has. For
/// larder that is harmless, since a key names one result for good, except after a `clear` that was meant to be seen by
/// all: clear through every near side, or give each a limit of its own.
///
/// ```
/// use std::sync::Arc;
/// use larder_core::store::{MemoryStore, TieredStore};
///
/// let (near, far) = (MemoryStore::new(), MemoryStore::new());
/// let store = TieredStore::new(Arc::new(near), Arc::new(far));
/// ```
pub struct TieredStore {
    near: Mounted,
    far: Mounted,
    /// Against a copy that arrives on the near side when the far side has moved on.
    writes: Marks,
    near_failed: AtomicBool,
    promotes: bool,
}

/// Which of the two gives the leases.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Near,
    Far,
}

impl TieredStore {
    /// A layer of `near` before `far`.
    pub fn new(near: Arc<dyn StoreBackend>, far: Arc<dyn StoreBackend>) -> Self {
        Self {
            near: Mounted::new(near),
            far: Mounted::new(far),
            writes: Marks::new(),
            near_failed: AtomicBool::new(false),
            promotes: true,
        }
    }

    /// The same, but a `get` copies nothing to the near side: for looking into both without a trace. So is a layer
    /// that [`Registry::open_existing`](crate::Registry::open_existing) opens.
    #[must_use]
    pub fn without_promotion(mut self) -> Self {
        self.promotes = false;
        self
    }

    /// Whether new entries are kept on the near side alone.
    fn is_overlay(&self) -> bool {
        self.far.capabilities().read_only && !self.near.capabilities().read_only
    }

    fn lessor(&self) -> Side {
        if self.near.capabilities().lease > self.far.capabilities().lease {
            Side::Near
        } else {
            Side::Far
        }
    }

    fn lessors(&self) -> &Mounted {
        match self.lessor() {
            Side::Near => &self.near,
            Side::Far => &self.far,
        }
    }

    fn refuse<T>(&self, operation: &'static str) -> Result<T> {
        Err(Error::unsupported(format_args!("{self:?}"), operation))
    }

    /// Tells of a near side that does not work: loudly once, since every call is as slow as the far side from then on.
    fn pass_over(&self, error: &Error) {
        if self.near_failed.swap(true, Relaxed) || error.is_unsupported() {
            tracing::debug!(target: "larder::store", store = ?self.near.store(), %error, "the near side failed");
        } else {
            tracing::warn!(target: "larder::store", store = ?self.near.store(), %error, "the near side failed; going on without it (told once)");
        }
    }

    /// The near side's answer; none where it failed.
    fn near<T>(&self, answer: Result<Option<T>>) -> Option<T> {
        answer.unwrap_or_else(|error| {
            self.pass_over(&error);
            None
        })
    }

    /// Copies to the near side what the far side held when the marks were `seen`; where somebody wrote since then, the
    /// near side is left without the entry.
    ///
    /// # Errors
    /// When the near side goes on showing something else.
    async fn copy(&self, key: &Key, value: Payload, seen: Option<Seen>) -> Result<()> {
        let still = || seen.is_some_and(|seen| self.writes.are_as(seen));
        if still() && !self.near.capabilities().read_only {
            match self.near.put(key, value, false).await {
                Ok(_) if still() => return Ok(()),
                Ok(_) => {}
                Err(error) => self.pass_over(&error),
            }
        }
        self.evict(key).await.map(|_: bool| ())
    }

    /// Takes an entry out of the near side, if it is there; an error only if it goes on being seen.
    async fn evict(&self, key: &Key) -> Result<bool> {
        let error = match self.near.delete(key).await {
            Ok(was_there) => return Ok(was_there),
            Err(error) => error,
        };
        match self.near.head(key).await {
            Ok(Some(_)) => Err(error),
            Ok(None) | Err(_) => {
                self.pass_over(&error);
                Ok(false)
            }
        }
    }

    /// A put that ends on the near side, which alone can be written.
    async fn put_near(&self, key: &Key, value: Payload, mode: PutMode<'_>) -> Result<PutOutcome> {
        match mode {
            PutMode::Replace => self.near.put(key, value, false).await,
            PutMode::Create if self.far.head(key).await?.is_some() => Ok(PutOutcome::Exists),
            PutMode::Create => self.near.put(key, value, true).await,
            PutMode::Leased(lease) => self.put_leased(&self.near, key, value, lease).await,
        }
    }

    /// A put under a lease that `lessor` gave.
    async fn put_leased(
        &self,
        lessor: &Mounted,
        key: &Key,
        value: Payload,
        lease: &Lease,
    ) -> Result<PutOutcome> {
        match lease::of_inner(lease, key) {
            Some(lease) => lessor.put_under(key, value, lease).await,
            None => Ok(PutOutcome::LeaseLost),
        }
    }
}

impl fmt::Debug for TieredStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TieredStore({:?}, {:?})", self.near.store(), self.far.store())
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl StoreBackend for TieredStore {
    fn capabilities(&self) -> StoreCapabilities {
        let (near, far) = (self.near.capabilities(), self.far.capabilities());
        let kept = if self.is_overlay() { near } else { far };
        let mut own = StoreCapabilities::layered();
        own.persistent = kept.persistent;
        own.create = kept.create;
        own.lease = near.lease.max(far.lease);
        own.recency = near.recency && (far.recency || self.is_overlay());
        own.range = near.range && far.range;
        own.local_path = near.local_path;
        own.read_only = far.read_only && near.read_only;
        own
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        if let Some(value) = self.near(self.near.get(key).await) {
            return Ok(Some(value));
        }
        if !self.promotes {
            return self.far.get(key).await;
        }
        let seen = self.writes.seen(key.hash());
        let value = self.far.get(key).await?;
        if let (Some(value), Some(_)) = (&value, seen)
            && let Err(error) = self.copy(key, value.clone().into(), seen).await
        {
            self.pass_over(&error);
        }
        Ok(value)
    }

    async fn put(&self, key: &Key, value: Payload, mode: PutMode<'_>) -> Result<PutOutcome> {
        if matches!(mode, PutMode::Leased(_)) && self.capabilities().lease.is_none() {
            return self.refuse("leased puts");
        }
        if self.is_overlay() {
            return self.put_near(key, value, mode).await;
        }
        let writing = self.writes.begin(key.hash());
        let copy = value.clone();
        let outcome = match mode {
            PutMode::Replace => self.far.put(key, value, false).await?,
            PutMode::Create => self.far.put(key, value, true).await?,
            PutMode::Leased(lease) if self.lessor() == Side::Far => {
                self.put_leased(&self.far, key, value, lease).await?
            }
            PutMode::Leased(lease) => {
                // Near knows whether the lease is still held, so near is asked first; the far side's word counts.
                match self.put_leased(&self.near, key, copy, lease).await? {
                    PutOutcome::Written => {}
                    lost => return Ok(lost),
                }
                let written = self.far.put(key, value, false).await;
                if written.is_err() || !writing.seen().is_some_and(|seen| self.writes.are_as(seen))
                {
                    self.evict(key).await?;
                }
                return written;
            }
        };
        if outcome == PutOutcome::Written {
            self.copy(key, copy, writing.seen()).await?;
        }
        Ok(outcome)
    }

    async fn delete(&self, key: &Key) -> Result<bool> {
        let _writing = self.writes.begin(key.hash());
        if self.is_overlay() {
            let near = self.near.delete(key).await?;
            return match self.far.head(key).await? {
                Some(_) => self.refuse("deleting what the far side holds"),
                None => Ok(near),
            };
        }
        // Near first: whoever is stopped in between has deleted nothing yet.
        let near = self.evict(key).await?;
        Ok(self.far.delete(key).await? | near)
    }

    fn list<'a>(&'a self, prefix: &Prefix) -> BoxStream<'a, Result<EntryInfo>> {
        let prefix = prefix.clone();
        listed(async move {
            let far = self.far.entries(&prefix).await?;
            let near = self.near.entries(&prefix).await.unwrap_or_else(|error| {
                self.pass_over(&error);
                Vec::new()
            });
            let both = far.into_iter().chain(near).map(|entry| (entry.key.clone(), entry));
            Ok(both.collect::<BTreeMap<_, _>>().into_values().collect())
        })
    }

    async fn head(&self, key: &Key) -> Result<Option<EntryInfo>> {
        match self.near(self.near.head(key).await) {
            Some(found) => Ok(Some(found)),
            None => self.far.head(key).await,
        }
    }

    async fn get_range(&self, key: &Key, range: Range<u64>) -> Result<Option<Bytes>> {
        match self.near(self.near.get_range(key, range.clone()).await) {
            Some(found) => Ok(Some(found)),
            None => self.far.get_range(key, range).await,
        }
    }

    async fn delete_prefix(&self, prefix: &Prefix) -> Result<u64> {
        let _writing = self.writes.begin_all();
        let near = self.near.delete_prefix(prefix).await;
        if self.is_overlay() {
            let near = near?;
            return match self.far.entries(prefix).await?.is_empty() {
                false => self.refuse("deleting what the far side holds"),
                true => Ok(near),
            };
        }
        let near = match near {
            Ok(near) => near,
            // As for one entry: an error if they go on being seen.
            Err(error) => match self.near.entries(prefix).await {
                Ok(left) if !left.is_empty() => return Err(error),
                Ok(_) | Err(_) => {
                    self.pass_over(&error);
                    0
                }
            },
        };
        // Near holds copies of some of what far holds.
        Ok(self.far.delete_prefix(prefix).await?.max(near))
    }

    async fn touch(&self, key: &Key) -> Result<bool> {
        if !self.capabilities().recency {
            return self.refuse("touch");
        }
        match self.near.touch(key).await {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(error) => self.pass_over(&error),
        }
        if self.is_overlay() {
            return Ok(self.far.head(key).await?.is_some());
        }
        self.far.touch(key).await
    }

    async fn lease(&self, key: &Key) -> Result<LeaseAttempt> {
        Ok(lease::of_layer(key, self.lessors().lease(key).await?))
    }

    async fn compact(&self) -> Result<u64> {
        if self.capabilities().read_only {
            return self.refuse("compact");
        }
        let mut freed = 0;
        if !self.near.capabilities().read_only {
            freed += self.near(self.near.compact().await.map(Some)).unwrap_or(0);
        }
        if !self.far.capabilities().read_only {
            freed += self.far.compact().await?;
        }
        Ok(freed)
    }

    fn local_path(&self, key: &Key) -> Option<PathBuf> {
        self.near.local_path(key)
    }
}

#[cfg(test)]
mod tests;
