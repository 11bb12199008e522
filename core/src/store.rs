//! The one trait a store implements. Conveniences for callers are in [`StoreExt`].

mod capabilities;
mod entry;
mod ext;
mod fault;
pub mod host;
mod layers;
mod lease;
mod listing;
mod mapped;
mod memory;

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::pin::Pin;

use async_trait::async_trait;
use bytes::Bytes;
use futures_core::Stream;

pub use self::capabilities::{Execution, LeaseScope, StoreCapabilities};
pub use self::entry::EntryInfo;
pub use self::ext::StoreExt;
pub use self::fault::{Fault, FaultStore, Operation, Tally, When};
pub(crate) use self::layers::factories as layers;
pub use self::layers::{PrefixStore, ReadOnlyStore, SplitStore, TieredStore, TimeoutStore};
pub use self::lease::{Lease, LeaseAttempt, LeaseEnd, LeaseGuard, LeaseWait};
pub use self::listing::listing;
pub(crate) use self::mapped::{
    disown_map, file_of, forget_map, is_mapped, note_private_map, private_map, read_back,
};
pub use self::mapped::{mapped_bytes, mapped_bytes_of};
pub use self::memory::MemoryStore;
#[cfg(unix)]
pub use crate::map::is_remote;
use crate::{Error, Key, Payload, Prefix, Result};

/// A boxed, sendable stream: what [`StoreBackend::list`] returns.
pub type BoxStream<'a, T> = Pin<Box<dyn Stream<Item = T> + Send + 'a>>;

/// How a [`put`](StoreBackend::put) treats what is already there.
#[derive(Debug, Clone, Copy)]
pub enum PutMode<'a> {
    /// Whatever was there is replaced.
    Replace,
    /// Only where nothing is: otherwise [`PutOutcome::Exists`], and the entry stays as it was.
    /// Needs [`StoreCapabilities::create`].
    Create,
    /// Replace, provided that this is the lease of this key, given by this store, and still held: otherwise
    /// [`PutOutcome::LeaseLost`], and nothing changes. Needs [`StoreCapabilities::lease`]. Where leases cannot be lost
    /// while their holder lives, being the right one is enough.
    Leased(&'a Lease),
}

/// What became of a [`put`](StoreBackend::put).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a value that was not written is not kept"]
pub enum PutOutcome {
    /// The entry holds the new value.
    Written,
    /// [`PutMode::Create`] found an entry and left it.
    Exists,
    /// [`PutMode::Leased`] came too late; nothing was written.
    LeaseLost,
}

/// A place that keeps bytes under keys: files, a database, a bucket.
///
/// A store sees only keys and bytes. Function versions, metadata, checksums, codecs, compression, expiry and statistics
/// live above it, so every store has them for free.
///
/// # Contract
///
/// * **Whole or absent.** A value is committed in one step. A reader, in this process or another, now or after a crash
///   at any moment, sees all bytes of one `put` or none; never a mixture, never a part.
/// * **Read your writes.** Once `put` returned, `get` and `list` through the same store see it, and so do they through
///   every other store on the same location, opened before or after, in whichever process. Deletes likewise.
/// * **Absent is not an error.** `get` of a missing key is `Ok(None)`, `delete` of one `Ok(false)`. An error means that
///   the store does not know.
/// * **Bytes are sacred.** They come back as they were put. Whether they are *right* is checked above.
/// * **Errors name** the key and, where there is one, the path; never a credential.
/// * **Any thread, any number of callers**, without outside locking.
/// * **No panics, no hidden waiting**: what [`Execution`] says is true. An [`Inline`](Execution::Inline) store never
///   returns a pending future.
/// * **What is not declared** in [`capabilities`](Self::capabilities) returns
///   [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported), and does nothing.
///
/// The suite in `larder-conformance` checks all of this.
#[async_trait]
pub trait StoreBackend: fmt::Debug + Send + Sync + 'static {
    /// What this store can do. Asked once, when the store is mounted; the answer must not change.
    fn capabilities(&self) -> StoreCapabilities;

    /// The bytes under `key`, or `None` where there is nothing.
    ///
    /// # Behavior
    /// The bytes may be a memory map that outlives a later `put` or `delete` of the key; make them by [`mapped_bytes`].
    async fn get(&self, key: &Key) -> Result<Option<Bytes>>;

    /// Keeps `value` under `key`: all of it or, on any error, nothing new.
    ///
    /// # Behavior
    /// On an error the entry is what it was before, and nothing temporary is left behind.
    async fn put(&self, key: &Key, value: Payload, mode: PutMode<'_>) -> Result<PutOutcome>;

    /// Removes the entry; says whether there was one.
    async fn delete(&self, key: &Key) -> Result<bool>;

    /// All entries under `prefix`, in any order.
    ///
    /// # Behavior
    /// Entries that come or go meanwhile may or may not be listed; all others are, once each. Files, rows and objects
    /// that are not entries are passed over. The stream ends after its first error.
    fn list<'a>(&'a self, prefix: &Prefix) -> BoxStream<'a, Result<EntryInfo>>;

    /// What [`list`](Self::list) would say of this one entry.
    async fn head(&self, key: &Key) -> Result<Option<EntryInfo>> {
        Ok(self.get(key).await?.map(|value| EntryInfo::new(key.clone(), value.len() as u64)))
    }

    /// A part of the value: the bytes of `range` that exist, possibly none. `None` where there is no entry.
    async fn get_range(&self, key: &Key, range: Range<u64>) -> Result<Option<Bytes>> {
        Ok(self.get(key).await?.map(|value| {
            let clamp = |at: u64| usize::try_from(at).map_or(value.len(), |at| at.min(value.len()));
            let start = clamp(range.start);
            value.slice(start..clamp(range.end).max(start))
        }))
    }

    /// Removes every entry under `prefix`; says how many there were.
    ///
    /// # Behavior
    /// Only entries: a store never removes what it did not write.
    async fn delete_prefix(&self, prefix: &Prefix) -> Result<u64> {
        let mut deleted = 0;
        for key in ext::keys(self.list(prefix)).await? {
            deleted += u64::from(self.delete(&key).await?);
        }
        Ok(deleted)
    }

    /// Notes that the entry was used just now, for evicting the least recently used; says whether there is one.
    /// Needs [`StoreCapabilities::recency`]. Calls ask this at most once a minute for each entry, so a store need not
    /// leave anything out; it may leave out a touch that follows another within a minute.
    async fn touch(&self, key: &Key) -> Result<bool> {
        let _ = key;
        Err(Error::unsupported(format_args!("{self:?}"), "touch"))
    }

    /// Tries to become the only one who computes `key`. Needs [`StoreCapabilities::lease`].
    ///
    /// # Behavior
    /// Never waits: where another holds the lease, [`LeaseAttempt::Held`] brings the means to wait. A lease excludes
    /// every other caller within its [`LeaseScope`], this very store and thread included, until it is dropped or its
    /// holder dies. It neither reads nor hides the entry's value.
    async fn lease(&self, key: &Key) -> Result<LeaseAttempt> {
        let _ = key;
        Err(Error::unsupported(format_args!("{self:?}"), "lease"))
    }

    /// Gives back the room that no entry takes any more: that of deleted entries, and what killed writers left. Says how
    /// many bytes came free. By default there is nothing to give back.
    ///
    /// # Behavior
    /// Entries, their last use and leases stay as they are, and other callers go on meanwhile. It may take as long as
    /// writing the whole store anew, so nothing calls it unasked.
    async fn compact(&self) -> Result<u64> {
        Ok(0)
    }

    /// The file in which the entry lies as it was put, for stores that have one.
    fn local_path(&self, key: &Key) -> Option<PathBuf> {
        let _ = key;
        None
    }
}

const _: () = {
    const fn is_send_sync<T: Send + Sync + ?Sized>() {}
    is_send_sync::<dyn StoreBackend>();
};
