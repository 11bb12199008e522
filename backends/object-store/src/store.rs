//! [`ObjectStoreBackend`]: the store trait over the parts beside it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::TryStreamExt;
use larder_core::store::{
    BoxStream, EntryInfo, LeaseAttempt, LeaseScope, PutMode, PutOutcome, StoreBackend,
    StoreCapabilities,
};
use larder_core::{Error, Key, Payload, Prefix, Result};
use object_store::ObjectStore;
use object_store::path::Path;
use tokio::sync::OnceCell;

use crate::bucket::Bucket;
use crate::error::Failures;
use crate::held::{Guard, wait};
use crate::lease::{Acquired, acquire};
use crate::options::{Abilities, ObjectStoreOptions};
use crate::recency::Recency;
use crate::secrets::Secrets;
use crate::slots::{Phase, Slots};
use crate::watch::watch;

/// One object an entry, in an object store. See the [crate's documentation](crate).
pub struct ObjectStoreBackend {
    bucket: Arc<Bucket>,
    abilities: Abilities,
    options: ObjectStoreOptions,
    slots: Arc<Slots>,
    recency: Arc<Recency>,
    excludes: OnceCell<bool>,
}

impl ObjectStoreBackend {
    /// The store in `objects`, under `prefix` (which may be empty), with default options.
    ///
    /// `objects` is whatever implements the trait of crate `object_store`. It must be able to write conditionally, or
    /// [say that it cannot](ObjectStoreOptions::lease_scope).
    ///
    /// # Errors
    /// [`Invalid`](larder_core::ErrorKind::Invalid) for a prefix that is no path.
    pub fn new(objects: Arc<dyn ObjectStore>, prefix: &str) -> Result<Self> {
        Self::with_options(objects, prefix, ObjectStoreOptions::default())
    }

    /// [`new`](Self::new), with options.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn with_options(
        objects: Arc<dyn ObjectStore>,
        prefix: &str,
        options: ObjectStoreOptions,
    ) -> Result<Self> {
        let prefix = Path::parse(prefix).map_err(|error| {
            Error::invalid(format!(
                "the prefix {prefix:?} is no path in an object store: want names with `/` between them, none empty, `.` or `..`"
            ))
                .with_source(error)
        })?;
        let address = Arc::as_ptr(&objects).cast::<()>();
        let name = objects.to_string();
        let identity = format!("{address:?}/{prefix}");
        Ok(Self::open(
            objects,
            prefix,
            name,
            &identity,
            Secrets::default(),
            Abilities::ALL,
            options,
        ))
    }

    /// The store called `name`; `identity` tells locations apart.
    pub(crate) fn open(
        objects: Arc<dyn ObjectStore>,
        prefix: Path,
        name: String,
        identity: &str,
        secrets: Secrets,
        abilities: Abilities,
        options: ObjectStoreOptions,
    ) -> Self {
        let failures = Failures { store: name, secrets };
        let bucket = Arc::new(Bucket { objects, prefix, failures });
        Self {
            recency: Arc::new(Recency::new(Arc::clone(&bucket))),
            bucket,
            abilities,
            options,
            slots: Slots::of(identity),
            excludes: OnceCell::new(),
        }
    }

    fn lease_scope(&self) -> LeaseScope {
        self.abilities.lease.min(self.options.lease_scope.unwrap_or(LeaseScope::Global))
    }

    /// Whether leases are kept in the bucket. Found out before the first one: who only reads needs no right to write.
    async fn leases_globally(&self) -> Result<bool> {
        if self.lease_scope() != LeaseScope::Global {
            return Ok(false);
        }
        let probe = || async {
            let excludes = self.bucket.excludes().await?;
            if !excludes {
                tracing::warn!(
                    target: "larder::store",
                    store = %self.bucket.failures.store,
                    "conditional writes do not exclude here: each process computes for itself; `lease_scope = \"process\"` says so and ends this warning"
                );
            }
            Ok(excludes)
        };
        self.excludes.get_or_try_init(probe).await.copied()
    }

    fn multipart_from(&self) -> u64 {
        if self.abilities.multipart { self.options.parts_from() } else { u64::MAX }
    }

    async fn put_leased(
        &self,
        key: &Key,
        value: Payload,
        guard: Option<&Guard>,
    ) -> Result<PutOutcome> {
        let Some(guard) = guard.filter(|guard| guard.is_of(key, &self.slots)) else {
            return Ok(PutOutcome::LeaseLost);
        };
        match guard.holding() {
            Some(holding) => holding.publish(value, self.multipart_from()).await,
            None => {
                self.bucket.replace(key, value, self.multipart_from()).await?;
                Ok(PutOutcome::Written)
            }
        }
    }
}

#[async_trait]
impl StoreBackend for ObjectStoreBackend {
    fn capabilities(&self) -> StoreCapabilities {
        let mut declares = StoreCapabilities::runtime().lease(self.lease_scope()).range();
        declares.persistent = self.abilities.persistent;
        declares.create = self.abilities.create;
        declares.recency = self.abilities.recency;
        declares
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        let found = self.bucket.read(key).await?;
        match found {
            Some(_) => self.recency.found(key),
            None => self.recency.forget(key),
        }
        Ok(found)
    }

    async fn get_range(&self, key: &Key, range: Range<u64>) -> Result<Option<Bytes>> {
        self.bucket.read_range(key, range).await
    }

    async fn put(&self, key: &Key, value: Payload, mode: PutMode<'_>) -> Result<PutOutcome> {
        match mode {
            PutMode::Replace => {
                self.bucket.replace(key, value, self.multipart_from()).await?;
                Ok(PutOutcome::Written)
            }
            PutMode::Create if self.abilities.create => {
                self.bucket.create_value(key, value, self.multipart_from()).await
            }
            PutMode::Create => Err(Error::unsupported(&self.bucket.failures.store, "create")),
            PutMode::Leased(lease) => self.put_leased(key, value, lease.guard()).await,
        }
    }

    async fn delete(&self, key: &Key) -> Result<bool> {
        self.recency.forget(key);
        self.bucket.delete(key).await
    }

    fn list<'a>(&'a self, prefix: &Prefix) -> BoxStream<'a, Result<EntryInfo>> {
        let prefix = prefix.clone();
        let entries = async move {
            let uses = match self.abilities.recency {
                true => self.recency.uses(&prefix).await,
                false => Default::default(),
            };
            let entries = self.bucket.entries(&prefix).map_ok(move |entry| {
                let used = uses.get(&entry.key).copied().max(entry.last_used);
                match used {
                    Some(at) => entry.last_used(at),
                    None => entry,
                }
            });
            Ok::<_, Error>(entries)
        };
        Box::pin(futures::stream::once(entries).try_flatten())
    }

    async fn head(&self, key: &Key) -> Result<Option<EntryInfo>> {
        let Some(place) = self.bucket.look(key).await? else { return Ok(None) };
        let Some(size) = place.held.size() else { return Ok(None) };
        let used = self.recency.last_use(key).max(Some(place.written));
        let entry = EntryInfo::new(key.clone(), size);
        Ok(Some(match used.filter(|_| self.abilities.recency) {
            Some(at) => entry.last_used(at),
            None => entry,
        }))
    }

    async fn delete_prefix(&self, prefix: &Prefix) -> Result<u64> {
        self.recency.forget_below(prefix);
        self.bucket.delete_below(prefix).await
    }

    async fn touch(&self, key: &Key) -> Result<bool> {
        if !self.abilities.recency {
            return Err(Error::unsupported(&self.bucket.failures.store, "touch"));
        }
        if !self.recency.is_there(key) {
            if self.bucket.size(key).await?.is_none() {
                self.recency.forget(key);
                return Ok(false);
            }
            self.recency.found(key);
        }
        self.recency.note(key);
        Ok(true)
    }

    async fn compact(&self) -> Result<u64> {
        self.bucket.remove_orphans().await
    }

    async fn lease(&self, key: &Key) -> Result<LeaseAttempt> {
        let claim = loop {
            match self.slots.claim(key) {
                Ok(claim) => break claim,
                Err(mut phase) => {
                    let now = *phase.borrow_and_update();
                    match now {
                        Phase::Held => return Ok(wait(phase)),
                        // A sender that is gone has removed its claim.
                        Phase::Ending => drop(phase.changed().await),
                        // Between finding the claim and looking at it.
                        Phase::Ended(_) => {}
                    }
                }
            }
        };
        if !self.leases_globally().await? {
            return Ok(Guard::new(key.clone(), claim, None).into_attempt());
        }
        match acquire(&self.bucket, &self.slots, key, self.options.ttl()).await? {
            Acquired::Yes(holding) => {
                Ok(Guard::new(key.clone(), claim, Some(holding)).into_attempt())
            }
            Acquired::No => {
                let phase = claim.subscribe();
                watch(Arc::clone(&self.bucket), key.clone(), claim);
                Ok(wait(phase))
            }
        }
    }
}

/// Its name, as errors have it: nothing of its options, and no credentials.
impl fmt::Debug for ObjectStoreBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Bucket { prefix, failures, .. } = &*self.bucket;
        f.debug_tuple("ObjectStoreBackend").field(&failures.store).field(&prefix.as_ref()).finish()
    }
}
