//! At most one note a minute and entry, however often it is used.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::hash;
use crate::Key;

/// How long a noted use stands for those that follow.
const INTERVAL: u64 = 60;
/// Slots: 256 KiB of memory once all are in use. Two entries in one slot cost notes, not correctness.
const SLOTS: usize = 1 << 15;
/// The low bits of a slot hold the second of the last use, the others tell which entry it was.
const SECONDS: u64 = (1 << 24) - 1;

/// Which entries were lately noted as used, as far as fixed memory remembers: a store asks it before it writes down
/// a use, and leaves out what follows another within a minute.
pub struct Recency {
    slots: Box<[AtomicU64]>,
    start: Instant,
}

impl Recency {
    /// None yet.
    pub fn new() -> Self {
        Self { slots: (0..SLOTS).map(|_| AtomicU64::new(0)).collect(), start: Instant::now() }
    }

    /// Notes a use now; says whether the last one noted is more than a minute ago.
    #[inline]
    pub fn note(&self, key: &Key) -> bool {
        self.note_at(hash(key), self.start.elapsed())
    }

    #[inline]
    fn note_at(&self, hash: u64, now: Duration) -> bool {
        // One interval ahead, so that an empty slot is not a use at the start.
        let now = (now.as_secs() + INTERVAL) & SECONDS;
        let slot = self.slot(hash);
        let last = slot.load(Ordering::Relaxed);
        let due = (last ^ hash) & !SECONDS != 0 || (now.wrapping_sub(last) & SECONDS) >= INTERVAL;
        if due {
            slot.store(hash & !SECONDS | now, Ordering::Relaxed);
        }
        due
    }

    /// Forgets an entry: it is gone, or its use could not be noted.
    pub fn forget(&self, key: &Key) {
        self.slot(hash(key)).store(0, Ordering::Relaxed);
    }

    #[inline]
    fn slot(&self, hash: u64) -> &AtomicU64 {
        // By the bits that the tag leaves out.
        &self.slots[(hash & SECONDS) as usize % SLOTS]
    }
}

impl Default for Recency {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Recency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recency")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_due_once_a_minute() {
        let recency = Recency::new();
        let at = |seconds| Duration::from_secs(seconds);
        let hash = 0xdead_beef_0123_4567;
        assert!(recency.note_at(hash, at(0)));
        assert!(!recency.note_at(hash, at(59)));
        assert!(recency.note_at(hash, at(60)));
        assert!(!recency.note_at(hash, at(119)));
        assert!(recency.note_at(hash, at(SECONDS + 10_000)), "the clock of a slot wraps around");
        let key = Key::new(&format!("a/{}", "3a".repeat(32))).unwrap();
        assert!(recency.note(&key) && !recency.note(&key));
        recency.forget(&key);
        assert!(recency.note(&key));
        assert!(recency.note_at(1, at(0)), "another entry");
        assert!(recency.note_at(0, at(0)), "a hash that looks like an empty slot");
    }
}
