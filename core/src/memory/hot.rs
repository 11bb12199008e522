//! Decoded results in this process's memory: the first step of a call of a function that asks for it.
//!
//! A result gets there when it is taken from the store, not when it is computed: so it is in the store, and wanted more
//! than once. What this process changes in the store it takes out here; what others change is noticed when a result has
//! been here for as long as `hot_for`.

mod cache;
mod output;

use std::any::Any;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use self::cache::Cache;
pub use self::output::{Hot, KeepHot, via};
use super::Metadata;
use super::function_state::FunctionState;
use crate::marks::{Marks, Seen, Writing};
use crate::{Key, MemoryConfig, Prefix};

/// A value of any type that may be handed from thread to thread.
pub(crate) type AnyValue = Arc<dyn Any + Send + Sync>;

/// What an entry takes beside its value: key, times, the place in the cache.
const OVERHEAD: u64 = 256;

/// The hot results of one memory.
pub(crate) struct HotTier {
    values: Cache,
    marks: Marks,
    /// How long a value may be here without a look at the store.
    fresh_for: Duration,
}

/// A result, and what a hit has to know of it.
pub(crate) struct HotValue {
    pub(crate) value: AnyValue,
    pub(crate) key: Key,
    pub(crate) duration: Duration,
    created: SystemTime,
    /// For functions that validate.
    metadata: Option<Metadata>,
    since: Instant,
    weight: u64,
}

/// What stands beside a value in the store.
pub(crate) struct Source {
    pub(crate) created: SystemTime,
    pub(crate) duration: Duration,
    pub(crate) metadata: Option<Metadata>,
    /// Its bytes, not compressed.
    pub(crate) bytes: u64,
}

/// The raw digest of the arguments, under a number for the function's version.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct HotKey {
    version: u64,
    digest: [u8; 32],
}

impl HotKey {
    pub(crate) fn new(function: &FunctionState, digest: [u8; 32]) -> Self {
        Self { version: function.version_hash, digest }
    }

    fn of(key: &Key) -> Self {
        let hex = key.digest().as_bytes();
        let digit = |at: usize| char::from(hex[at]).to_digit(16).unwrap_or_default() as u8;
        let digest = std::array::from_fn(|i| digit(2 * i) << 4 | digit(2 * i + 1));
        Self { version: version_hash(&key.version()), digest }
    }

    fn number(&self) -> u64 {
        let mut first = [0; 8];
        first.copy_from_slice(&self.digest[..8]);
        u64::from_le_bytes(first) ^ self.version
    }
}

/// Digests are spread already.
impl Hash for HotKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.number());
    }
}

/// The number a version of a function goes by here.
pub(crate) fn version_hash(version: &Prefix) -> u64 {
    twox_hash::XxHash3_64::oneshot(version.as_str().as_bytes())
}

impl HotTier {
    /// `None` where nothing is to be kept hot.
    pub(crate) fn new(settings: &MemoryConfig) -> Option<Self> {
        let values = Cache::new(settings.hot_bytes.0).filter(|_| settings.hot_bytes.0 > 0)?;
        Some(Self { values, marks: Marks::new(), fresh_for: settings.hot_for.0 })
    }

    /// The result, if it is here and still wanted.
    #[inline]
    pub(crate) fn find(&self, function: &FunctionState, at: &HotKey) -> Option<Arc<HotValue>> {
        let found = self.values.get(at)?;
        let wanted = found.since.elapsed() <= self.fresh_for
            && found.key.as_str().starts_with(function.version.as_str())
            && !function.has_objections_to(&found);
        if !wanted {
            self.values.remove(at);
            return None;
        }
        Some(found)
    }

    /// To be asked before a look at the store whose result may be put here.
    pub(crate) fn seen(&self, at: &HotKey) -> Option<Seen> {
        self.marks.seen(at.number())
    }

    /// Puts here what the store had when the marks were `seen`, unless somebody has written since.
    pub(crate) fn warm(&self, at: HotKey, seen: Seen, key: &Key, value: AnyValue, source: Source) {
        if !self.marks.are_as(seen) {
            return;
        }
        let Source { created, duration, metadata, bytes } = source;
        let (key, since, weight) = (key.clone(), Instant::now(), bytes + OVERHEAD);
        let value = HotValue { value, key, duration, created, metadata, since, weight };
        self.values.insert(at, Arc::new(value));
        if !self.marks.are_as(seen) {
            self.values.remove(&at);
        }
    }

    /// The entry is about to be written or removed: until the guard is dropped nothing is put here in its place.
    pub(crate) fn overtake(&self, key: &Key) -> Writing<'_> {
        let at = HotKey::of(key);
        let writing = self.marks.begin(at.number());
        self.values.remove(&at);
        writing
    }

    /// Any entry is.
    pub(crate) fn overtake_all(&self) -> Writing<'_> {
        let writing = self.marks.begin_all();
        self.values.clear();
        writing
    }
}

impl FunctionState {
    fn has_objections_to(&self, found: &HotValue) -> bool {
        (self.expires_after.is_some() || self.validate.is_some())
            && self.objection(found.created, || found.metadata.clone()).is_some()
    }
}

impl fmt::Debug for HotTier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HotTier").field("fresh_for", &self.fresh_for).finish_non_exhaustive()
    }
}
