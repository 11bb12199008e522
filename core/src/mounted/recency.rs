//! At most one note of last use a minute and entry, however often it is used.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// How long a noted use stands for those that follow.
const INTERVAL: u64 = 60;
/// Slots: 256 KiB of memory once there is a use. Two entries in one slot cost notes, not correctness.
const SLOTS: usize = 1 << 15;
/// The low bits of a slot hold the second of the last use, the others tell which entry it was.
const SECONDS: u64 = (1 << 24) - 1;

/// Which entries were lately noted as used, as far as fixed memory remembers.
#[derive(Debug)]
pub(super) struct Recency {
    slots: OnceLock<Box<[AtomicU64]>>,
    start: Instant,
}

impl Recency {
    pub(super) fn new() -> Self {
        Self { slots: OnceLock::new(), start: Instant::now() }
    }

    /// Notes a use now; says whether the last one noted is more than a minute ago.
    #[inline]
    pub(super) fn note(&self, hash: u64) -> bool {
        self.note_at(hash, self.start.elapsed())
    }

    #[inline]
    fn note_at(&self, hash: u64, now: Duration) -> bool {
        // One interval ahead, so that an empty slot is not a use at the start.
        let now = (now.as_secs() + INTERVAL) & SECONDS;
        let slot = self.slot(hash);
        let last = slot.load(Relaxed);
        let due = (last ^ hash) & !SECONDS != 0 || (now.wrapping_sub(last) & SECONDS) >= INTERVAL;
        if due {
            slot.store(hash & !SECONDS | now, Relaxed);
        }
        due
    }

    /// Forgets a use: it could not be noted.
    pub(super) fn forget(&self, hash: u64) {
        self.slot(hash).store(0, Relaxed);
    }

    /// Forgets all uses: the next one of every entry is noted again.
    pub(super) fn forget_all(&self) {
        for slot in self.slots.get().into_iter().flatten() {
            slot.store(0, Relaxed);
        }
    }

    #[inline]
    fn slot(&self, hash: u64) -> &AtomicU64 {
        let slots = self.slots.get_or_init(|| (0..SLOTS).map(|_| AtomicU64::new(0)).collect());
        // By the bits that the tag leaves out.
        &slots[(hash & SECONDS) as usize % SLOTS]
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
        recency.forget(hash);
        assert!(recency.note_at(hash, at(SECONDS + 10_000)));
        recency.forget_all();
        assert!(recency.note_at(hash, at(SECONDS + 10_000)));
        assert!(recency.note_at(1, at(0)), "another entry");
        assert!(recency.note_at(0, at(0)), "a hash that looks like an empty slot");
    }
}
