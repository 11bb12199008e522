//! The store under test as a case sees it: calls wait, and an unexpected error fails the case.

use std::fs;
use std::future::poll_fn;
use std::ops::Range;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use larder_core::store::{
    EntryInfo, Execution, Lease, LeaseAttempt, LeaseWait, PutMode, PutOutcome, StoreBackend,
    StoreCapabilities,
};
use larder_core::{Key, Payload, Prefix};

use crate::drive::drive;
use crate::failure::{Checked, Failure, ensure, ensure_eq};

/// One opened store.
pub(super) struct Subject {
    store: Arc<dyn StoreBackend>,
    execution: Execution,
}

impl Subject {
    pub(super) fn new(store: Arc<dyn StoreBackend>, execution: Execution) -> Self {
        Self { store, execution }
    }

    pub(super) fn capabilities(&self) -> StoreCapabilities {
        self.store.capabilities()
    }

    fn run<T>(
        &self,
        what: &str,
        on: impl std::fmt::Display,
        call: impl Future<Output = larder_core::Result<T>>,
    ) -> Checked<T> {
        drive(self.execution, what, call)?
            .map_err(|e| Failure(format!("{what} of {on} returned an error: {e:?}")))
    }

    /// The store must refuse this call as one it does not support.
    fn refuses<T>(
        &self,
        what: &str,
        call: impl Future<Output = larder_core::Result<T>>,
    ) -> Checked {
        match drive(self.execution, what, call)? {
            Err(error) if error.is_unsupported() => Ok(()),
            Err(error) => Err(Failure(format!("{what} must be Unsupported, but was: {error:?}"))),
            Ok(_) => Err(Failure(format!("{what} is not declared, but was not refused"))),
        }
    }

    pub(super) fn get(&self, key: &Key) -> Checked<Option<Bytes>> {
        self.run("get", key, self.store.get(key))
    }

    /// The entry must hold exactly these bytes.
    pub(super) fn holds(&self, key: &Key, wanted: &[u8]) -> Checked {
        let found = self.get(key)?;
        let found = found.ok_or_else(|| Failure(format!("get of {key} found nothing")))?;
        ensure_eq!(found.len(), wanted.len(), "the length of the value of {key}");
        let first = || found.iter().zip(wanted).position(|(a, b)| a != b).unwrap_or_default();
        ensure!(
            found == wanted,
            "the value of {key} differs from what was put, at byte {}",
            first()
        );
        Ok(())
    }

    /// There must be nothing under this key.
    pub(super) fn lacks(&self, key: &Key) -> Checked {
        let found = self.get(key)?;
        ensure!(found.is_none(), "get of {key} found a value where none should be");
        Ok(())
    }

    pub(super) fn put_as(
        &self,
        key: &Key,
        value: impl Into<Payload>,
        mode: PutMode<'_>,
    ) -> Checked<PutOutcome> {
        self.run("put", key, self.store.put(key, value.into(), mode))
    }

    /// Puts, in place of whatever was there.
    pub(super) fn put(&self, key: &Key, value: impl Into<Payload>) -> Checked {
        let outcome = self.put_as(key, value, PutMode::Replace)?;
        ensure_eq!(outcome, PutOutcome::Written, "the outcome of put of {key}");
        Ok(())
    }

    pub(super) fn refuses_put_as(&self, key: &Key, mode: PutMode<'_>) -> Checked {
        let what = format!("put as {mode:?}");
        self.refuses(&what, self.store.put(key, Bytes::from_static(b"refused").into(), mode))
    }

    pub(super) fn delete(&self, key: &Key) -> Checked<bool> {
        self.run("delete", key, self.store.delete(key))
    }

    pub(super) fn refuses_deletes(&self, key: &Key) -> Checked {
        self.refuses("delete", self.store.delete(key))?;
        self.refuses("delete_prefix", self.store.delete_prefix(&key.version()))
    }

    /// Everything under the prefix, sorted by key, each entry as often as it was listed.
    pub(super) fn list(&self, prefix: &Prefix) -> Checked<Vec<EntryInfo>> {
        let mut entries = Vec::new();
        let mut list = self.store.list(prefix);
        loop {
            let next = pin!(poll_fn(|cx| list.as_mut().poll_next(cx)));
            match drive(self.execution, "list", next)? {
                None => break,
                Some(Ok(entry)) => entries.push(entry),
                Some(Err(e)) => {
                    return Err(Failure(format!("list of {prefix:?} returned an error: {e:?}")));
                }
            }
        }
        entries.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(entries)
    }

    /// The list of the prefix must name exactly these keys, once each.
    pub(super) fn lists(&self, prefix: &Prefix, wanted: &[Key]) -> Checked {
        let mut wanted = wanted.to_vec();
        wanted.sort();
        let found: Vec<Key> = self.list(prefix)?.into_iter().map(|entry| entry.key).collect();
        let short = |keys: &[Key]| -> Vec<Key> { keys.iter().take(5).cloned().collect() };
        let only = |a: &[Key], b: &[Key]| -> Vec<Key> {
            short(&a.iter().filter(|key| !b.contains(key)).cloned().collect::<Vec<_>>())
        };
        ensure!(
            found == wanted,
            "the list of {prefix:?} has {} entries instead of {}; too many: {:?}, missing: {:?}",
            found.len(),
            wanted.len(),
            only(&found, &wanted),
            only(&wanted, &found)
        );
        Ok(())
    }

    pub(super) fn head(&self, key: &Key) -> Checked<Option<EntryInfo>> {
        self.run("head", key, self.store.head(key))
    }

    pub(super) fn range(&self, key: &Key, range: Range<u64>) -> Checked<Option<Bytes>> {
        self.run("get_range", key, self.store.get_range(key, range))
    }

    pub(super) fn delete_prefix(&self, prefix: &Prefix) -> Checked<u64> {
        self.run("delete_prefix", format_args!("{prefix:?}"), self.store.delete_prefix(prefix))
    }

    pub(super) fn touch(&self, key: &Key) -> Checked<bool> {
        self.run("touch", key, self.store.touch(key))
    }

    pub(super) fn refuses_touch(&self, key: &Key) -> Checked {
        self.refuses("touch", self.store.touch(key))
    }

    pub(super) fn try_lease(&self, key: &Key) -> Checked<LeaseAttempt> {
        self.run("lease", key, self.store.lease(key))
    }

    /// The lease must be free.
    pub(super) fn lease(&self, key: &Key) -> Checked<Lease> {
        match self.try_lease(key)? {
            LeaseAttempt::Acquired(lease) => {
                ensure_eq!(lease.key(), key, "the key that the lease names");
                Ok(lease)
            }
            LeaseAttempt::Held(_) => {
                Err(Failure(format!("the lease of {key} is free, but was not given")))
            }
        }
    }

    /// The lease must be held by somebody else.
    pub(super) fn held(&self, key: &Key) -> Checked<LeaseWait> {
        match self.try_lease(key)? {
            LeaseAttempt::Held(wait) => Ok(wait),
            LeaseAttempt::Acquired(_) => {
                Err(Failure(format!("the lease of {key} is held, but was given once more")))
            }
        }
    }

    pub(super) fn refuses_lease(&self, key: &Key) -> Checked {
        self.refuses("lease", self.store.lease(key))
    }

    pub(super) fn compact(&self) -> Checked<u64> {
        self.run("compact", "the store", self.store.compact())
    }

    pub(super) fn local_path(&self, key: &Key) -> Option<PathBuf> {
        self.store.local_path(key)
    }

    /// The file that the store names for this entry.
    pub(super) fn read_local(&self, key: &Key) -> Checked<Vec<u8>> {
        let path = self.local_path(key);
        let path = path.ok_or_else(|| Failure(format!("no local path for {key}")))?;
        fs::read(&path).map_err(|e| Failure(format!("cannot read {}: {e}", path.display())))
    }
}
