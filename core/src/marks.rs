//! Who writes, and whether anybody has: so that a copy made of what was read is not kept when it was overtaken.

use crate::sync::atomic::{AtomicU64, Ordering::SeqCst};

/// Two keys in one stripe cost a copy now and then, nothing else.
const STRIPES: usize = 64;
/// Counts writes begun; below it are counted those that go on.
const BEGUN: u64 = 1 << 32;

/// Counts the writes of one process, by stripes of keys.
#[derive(Debug)]
pub(crate) struct Marks([AtomicU64; STRIPES]);

/// What the marks said at one moment, when nobody else was writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    stripe: usize,
    mark: u64,
}

/// A write that goes on until this is dropped.
#[derive(Debug)]
pub(crate) struct Writing<'m> {
    marks: &'m [AtomicU64],
    seen: Option<Seen>,
}

impl Marks {
    pub(crate) fn new() -> Self {
        Self([const { AtomicU64::new(0) }; STRIPES])
    }

    fn stripe(hash: u64) -> usize {
        hash as usize % STRIPES
    }

    /// To be asked before reading what may be copied; `None` while somebody writes.
    pub(crate) fn seen(&self, hash: u64) -> Option<Seen> {
        let stripe = Self::stripe(hash);
        let mark = self.0[stripe].load(SeqCst);
        mark.is_multiple_of(BEGUN).then_some(Seen { stripe, mark })
    }

    /// Whether nobody else has written since.
    pub(crate) fn are_as(&self, seen: Seen) -> bool {
        self.0[seen.stripe].load(SeqCst) == seen.mark
    }

    /// A write of one key.
    pub(crate) fn begin(&self, hash: u64) -> Writing<'_> {
        let stripe = Self::stripe(hash);
        let before = self.0[stripe].fetch_add(BEGUN + 1, SeqCst);
        let alone = before.is_multiple_of(BEGUN);
        let mark = before.wrapping_add(BEGUN + 1);
        Writing { marks: &self.0[stripe..=stripe], seen: alone.then_some(Seen { stripe, mark }) }
    }

    /// A write of many keys.
    pub(crate) fn begin_all(&self) -> Writing<'_> {
        for mark in &self.0 {
            mark.fetch_add(BEGUN + 1, SeqCst);
        }
        Writing { marks: &self.0, seen: None }
    }
}

impl Writing<'_> {
    /// The marks as this write made them; `None` if another was going on.
    pub(crate) fn seen(&self) -> Option<Seen> {
        self.seen
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        for mark in self.marks {
            mark.fetch_sub(1, SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_overtaken_by_any_write_that_overlaps() {
        let marks = Marks::new();
        let seen = marks.seen(7).unwrap();
        assert!(marks.are_as(seen));
        let write = marks.begin(7);
        assert!(!marks.are_as(seen) && marks.seen(7).is_none());
        assert!(marks.seen(8).is_some(), "another stripe");
        drop(write);
        assert!(!marks.are_as(seen), "a write that has ended counts too");
        assert!(marks.seen(7).is_some());
    }

    #[test]
    fn of_two_writes_neither_is_alone() {
        let marks = Marks::new();
        let first = marks.begin(7);
        assert!(marks.are_as(first.seen().unwrap()));
        let second = marks.begin(7);
        assert!(!marks.are_as(first.seen().unwrap()) && second.seen().is_none());
        drop((first, second));
        let all = marks.begin_all();
        assert!((0..STRIPES as u64).all(|hash| marks.seen(hash).is_none()));
        drop(all);
        assert!((0..STRIPES as u64).all(|hash| marks.seen(hash).is_some()));
    }
}
