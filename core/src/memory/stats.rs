//! Counters that reconcile with the events: every call is a hit or computed, every computation has a reason.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::MissReason;

/// What a [`Memory`](crate::Memory), or one of its functions, has done since it was opened in this process.
///
/// `calls = hits + computed`, and `computed` is the sum of [`misses`](Self::misses).
///
/// ```
/// use larder_core::{Memory, MissReason};
///
/// let memory = Memory::open("memory:")?;
/// for n in [3, 4, 3] {
///     memory.get_or_compute(&n, || n * n)?;
/// }
/// let stats = memory.stats();
/// assert_eq!((stats.calls(), stats.hits, stats.computed), (3, 1, 2));
/// assert_eq!(stats.misses(MissReason::Never), 2);
/// # Ok::<(), larder_core::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Calls answered with a kept value.
    pub hits: u64,
    /// Of the hits, those that waited for another caller who was computing.
    pub waited: u64,
    /// Of the hits, those whose result was in memory: see `hot` of [`memoize`](macro@crate::memoize).
    pub hot: u64,
    /// Calls that ran the function.
    pub computed: u64,
    /// Results put into the store.
    pub stored: u64,
    /// Store operations that failed.
    pub store_errors: u64,
    /// Bytes of entries read for hits.
    pub bytes_read: u64,
    /// Bytes of entries put.
    pub bytes_written: u64,
    /// How long the computations took.
    pub time_computing: Duration,
    /// How long the computations took whose results were taken from the store instead.
    pub time_saved: Duration,
    misses: [u64; MissReason::ALL.len()],
}

impl Stats {
    /// How many calls computed for this reason.
    pub fn misses(&self, reason: MissReason) -> u64 {
        self.misses[reason.index()]
    }

    /// The reasons for which calls computed, with how many did.
    pub fn misses_by_reason(&self) -> impl Iterator<Item = (MissReason, u64)> + '_ {
        MissReason::ALL
            .into_iter()
            .map(|reason| (reason, self.misses(reason)))
            .filter(|(_, count)| *count > 0)
    }

    /// All calls.
    pub fn calls(&self) -> u64 {
        self.hits + self.computed
    }
}

impl fmt::Debug for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stats")
            .field("hits", &self.hits)
            .field("waited", &self.waited)
            .field("hot", &self.hot)
            .field("computed", &self.computed)
            .field("misses", &self.misses_by_reason().collect::<BTreeMap<_, _>>())
            .field("stored", &self.stored)
            .field("store_errors", &self.store_errors)
            .field("bytes_read", &self.bytes_read)
            .field("bytes_written", &self.bytes_written)
            .field("time_computing", &self.time_computing)
            .field("time_saved", &self.time_saved)
            .finish()
    }
}

/// The counters behind [`Stats`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) hits: AtomicU64,
    pub(crate) waited: AtomicU64,
    pub(crate) hot: AtomicU64,
    pub(crate) stored: AtomicU64,
    pub(crate) store_errors: AtomicU64,
    pub(crate) bytes_read: AtomicU64,
    pub(crate) bytes_written: AtomicU64,
    pub(crate) nanos_computing: AtomicU64,
    pub(crate) micros_saved: AtomicU64,
    pub(crate) misses: [AtomicU64; MissReason::ALL.len()],
}

impl Counters {
    pub(crate) fn snapshot(&self) -> Stats {
        let misses = self.misses.each_ref().map(|count| count.load(Relaxed));
        Stats {
            hits: self.hits.load(Relaxed),
            waited: self.waited.load(Relaxed),
            hot: self.hot.load(Relaxed),
            computed: misses.iter().sum(),
            stored: self.stored.load(Relaxed),
            store_errors: self.store_errors.load(Relaxed),
            bytes_read: self.bytes_read.load(Relaxed),
            bytes_written: self.bytes_written.load(Relaxed),
            time_computing: Duration::from_nanos(self.nanos_computing.load(Relaxed)),
            time_saved: Duration::from_micros(self.micros_saved.load(Relaxed)),
            misses,
        }
    }
}

impl std::iter::Sum for Stats {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, one| {
            sum.hits += one.hits;
            sum.waited += one.waited;
            sum.hot += one.hot;
            sum.computed += one.computed;
            sum.stored += one.stored;
            sum.store_errors += one.store_errors;
            sum.bytes_read += one.bytes_read;
            sum.bytes_written += one.bytes_written;
            sum.time_computing += one.time_computing;
            sum.time_saved += one.time_saved;
            for (total, count) in sum.misses.iter_mut().zip(one.misses) {
                *total += count;
            }
            sum
        })
    }
}
