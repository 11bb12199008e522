//! Keeping a store in bounds: clearing, shrinking, looking around.

use std::time::{Duration, SystemTime};

use super::Memory;
use super::version_record::VersionRecord;
use crate::runtime::block_on;
use crate::store::EntryInfo;
use crate::{Prefix, Result};

/// What a store is to keep to: on demand by [`reduce_size`](Memory::reduce_size), and while results are put by
/// [`MemoryBuilder::limits`](super::MemoryBuilder::limits). The default is no limit.
///
/// ```
/// use larder_core::{Limits, Memory};
///
/// let memory = Memory::open("memory:")?;
/// for n in 0..10 {
///     memory.get_or_compute(&n, || n * n)?;
/// }
/// let removed = memory.reduce_size(Limits { max_items: Some(4), ..Limits::default() })?;
/// assert_eq!((removed, memory.entries()?.len()), (6, 4));
/// # Ok::<(), larder_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// How many bytes of entries may stay.
    pub max_bytes: Option<u64>,
    /// How many entries may stay.
    pub max_items: Option<u64>,
    /// How long an entry may stay after its last use. Where a store does not tell the last use, nothing is too old.
    pub max_age: Option<Duration>,
}

impl Limits {
    /// Which of `entries` have to go, the least recently used first: what [`reduce_size`](Memory::reduce_size) would
    /// remove of them. Those whose last use nobody knows are taken for the oldest.
    pub fn surplus(self, entries: Vec<EntryInfo>) -> Vec<EntryInfo> {
        split(entries, self, SystemTime::now()).0
    }
}

/// Methods that take as long as the store takes, blocking and for asynchronous code.
macro_rules! both {
    ($($(#[$doc:meta])* $name:ident $twin:ident ( $($arg:ident : $ty:ty),* ) -> $out:ty = $body:expr;)*) => {
        impl Memory {$(
            $(#[$doc])*
            pub fn $name(&self, $($arg: $ty),*) -> $out {
                block_on(self.$twin($($arg),*))
            }

            #[doc = concat!("[`", stringify!($name), "`](Self::", stringify!($name), "), for asynchronous code.")]
            ///
            /// # Errors
            /// The same.
            pub async fn $twin(&self, $($arg: $ty),*) -> $out {
                $body(self, $($arg),*).await
            }
        )*}
    };
}
pub(super) use both;

both! {
    /// Removes everything larder has put into the store, of all functions and versions; says how many results there
    /// were. Nothing else that lies there is touched, and calls may go on meanwhile.
    ///
    /// # Errors
    /// Those of the store.
    clear clear_async() -> Result<u64> = clear;
    /// Removes the least recently used entries until the limits are kept; says how many.
    ///
    /// # Errors
    /// Those of the store.
    reduce_size reduce_size_async(limits: Limits) -> Result<u64> = reduce_size;
    /// Gives back the room that no result takes any more: what removed ones left in a database, and killed programs in
    /// a directory or bucket. Says how many bytes came free. Results stay, and calls may go on meanwhile; over a large
    /// database it takes a while, and as much room again.
    ///
    /// ```
    /// # use larder_core::{Limits, Memory};
    /// # let memory = Memory::open("memory:")?;
    /// memory.reduce_size(Limits { max_bytes: Some(1 << 30), ..Limits::default() })?;
    /// println!("{} bytes came free", memory.compact()?);
    /// # Ok::<(), larder_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the store; [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where it is read-only.
    compact compact_async() -> Result<u64> = compact;
    /// All kept results, sorted by key.
    ///
    /// # Errors
    /// Those of the store.
    entries entries_async() -> Result<Vec<EntryInfo>> = entries;
    /// Waits until everything that goes on in the background (notes of last use) has reached the store, for at most
    /// `deadline`; says whether it has. The memory may be used afterwards.
    ///
    /// # Errors
    /// None today.
    close close_async(deadline: Duration) -> Result<bool> = close;
}

async fn clear(memory: &Memory) -> Result<u64> {
    tracing::warn!(target: "larder::store", memory = ?memory, "clearing everything");
    memory.clear_prefix(&Prefix::root()).await
}

async fn entries(memory: &Memory) -> Result<Vec<EntryInfo>> {
    let Some(shelf) = memory.shelf() else { return Ok(Vec::new()) };
    let mut entries = shelf.store.entries(&Prefix::root()).await?;
    entries.retain(|entry| !VersionRecord::is_at(&entry.key));
    Ok(entries)
}

async fn compact(memory: &Memory) -> Result<u64> {
    match memory.shelf() {
        Some(shelf) => shelf.store.compact().await,
        None => Ok(0),
    }
}

async fn close(memory: &Memory, deadline: Duration) -> Result<bool> {
    match memory.shelf() {
        Some(shelf) => Ok(shelf.store.settled(deadline).await),
        None => Ok(true),
    }
}

async fn reduce_size(memory: &Memory, limits: Limits) -> Result<u64> {
    let Some(shelf) = memory.shelf() else { return Ok(0) };
    let mut removed = 0;
    for entry in limits.surplus(entries(memory).await?) {
        // Somebody else may have removed it meanwhile: it is gone in any case.
        removed += u64::from(shelf.delete(&entry.key).await?);
    }
    Ok(removed)
}

/// What has to go, and what stays: both the least recently used first.
pub(super) fn split(
    mut entries: Vec<EntryInfo>,
    limits: Limits,
    now: SystemTime,
) -> (Vec<EntryInfo>, Vec<EntryInfo>) {
    // Those whose last use nobody knows are taken for the oldest.
    entries.sort_by_key(|entry| entry.last_used.unwrap_or(SystemTime::UNIX_EPOCH));
    let (mut bytes, mut items) =
        (entries.iter().map(|entry| entry.size).sum::<u64>(), entries.len() as u64);
    entries.into_iter().partition(|entry| {
        let goes = is_too_old(entry, limits, now)
            || limits.max_items.is_some_and(|limit| items > limit)
            || limits.max_bytes.is_some_and(|limit| bytes > limit);
        if goes {
            bytes -= entry.size;
            items -= 1;
        }
        goes
    })
}

/// Whether an entry was not used for longer than it may stay.
pub(super) fn is_too_old(entry: &EntryInfo, limits: Limits, now: SystemTime) -> bool {
    let age = entry.last_used.and_then(|at| now.duration_since(at).ok());
    limits.max_age.zip(age).is_some_and(|(limit, age)| age > limit)
}

impl Memory {
    /// Removes everything under `prefix`; says how many results there were, not counting records of versions.
    pub(crate) async fn clear_prefix(&self, prefix: &Prefix) -> Result<u64> {
        let Some(shelf) = self.shelf() else { return Ok(0) };
        for function in shelf.functions() {
            function.recorded.store(false, std::sync::atomic::Ordering::Relaxed);
        }
        let _overtaken = shelf.hot.as_ref().map(|hot| hot.overtake_all());
        let entries = shelf.store.entries(prefix).await?;
        let records = entries.iter().filter(|entry| VersionRecord::is_at(&entry.key)).count();
        Ok(shelf.store.delete_prefix(prefix).await?.saturating_sub(records as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_old_goes_even_where_the_age_of_others_is_unknown() {
        let now = SystemTime::now();
        let entry = |n: u8, days: Option<u64>| {
            let key = Prefix::new("test").unwrap().key(&[n; 32]).unwrap();
            let used = days.map(|days| now - Duration::from_secs(86_400 * days));
            let entry = EntryInfo::new(key, 10);
            used.map_or(entry.clone(), |at| entry.last_used(at))
        };
        let all = vec![entry(1, Some(1)), entry(2, None), entry(3, Some(3))];
        let kept_to = |limits: Limits| -> Vec<EntryInfo> { split(all.clone(), limits, now).0 };
        let limits = Limits::default();
        let two_days = Some(Duration::from_secs(2 * 86_400));
        assert_eq!(kept_to(limits), []);
        assert_eq!(kept_to(Limits { max_age: two_days, ..limits }), [all[2].clone()]);
        assert_eq!(kept_to(Limits { max_items: Some(2), ..limits }), [all[1].clone()]);
        assert_eq!(
            kept_to(Limits { max_bytes: Some(10), ..limits }),
            [all[1].clone(), all[2].clone()]
        );
    }
}
