//! How many tasks make a batch.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Given, or found out: batches grow until they take long enough to be worth handing out, and shrink when they take so
/// long that workers would wait for each other at the end.
#[derive(Debug)]
pub(super) struct Sizing {
    size: AtomicUsize,
    /// As many tasks as take no longer than handing them out may cost.
    quantum: AtomicUsize,
    fixed: bool,
    window: (Duration, Duration),
    bytes: usize,
}

/// More tasks than this are never one batch.
const MAX: usize = 1 << 16;

impl Sizing {
    pub(super) fn new(fixed: Option<usize>, window: (Duration, Duration), bytes: usize) -> Self {
        let size = fixed.unwrap_or(1).into();
        Self { size, quantum: 1.into(), fixed: fixed.is_some(), window, bytes }
    }

    pub(super) fn size(&self) -> usize {
        self.size.load(Relaxed)
    }

    /// The size of the next batch for one of `workers`, where the iterator says that `left` tasks are left.
    pub(super) fn next(&self, workers: usize, left: (usize, Option<usize>)) -> usize {
        match left {
            // The end of a known number in ever smaller batches, so that all workers end at once; but not in crumbs.
            (least, Some(most)) if least == most && !self.fixed => {
                self.size().min((least / (2 * workers)).max(self.quantum.load(Relaxed)))
            }
            _ => self.size(),
        }
    }

    /// How many bytes of arguments a batch may hold.
    pub(super) fn bytes(&self) -> usize {
        if self.fixed { usize::MAX } else { self.bytes }
    }

    /// Whether a batch may be cut when it takes long.
    pub(super) fn is_fixed(&self) -> bool {
        self.fixed
    }

    /// How long a batch should take at most.
    pub(super) fn at_most(&self) -> Duration {
        self.window.1
    }

    /// Learns from a batch of `len` that took `duration`.
    pub(super) fn learn(&self, len: usize, duration: Duration) {
        let (at_least, at_most) = self.window;
        if self.fixed || len == 0 {
            return;
        }
        let quantum = len as f64 * at_least.as_secs_f64() / (8.0 * duration.as_secs_f64());
        self.quantum.store((quantum as usize).clamp(1, MAX), Relaxed);
        if duration < at_least {
            // In as few steps as can be, where each is a way to another machine and back.
            let steps = [64, 8].into_iter().find(|factor| duration * *factor < at_least);
            let factor = steps.unwrap_or(2) as usize;
            self.size.fetch_max((len * factor).min(MAX), Relaxed);
        } else if duration > at_most {
            let shrunk = len as f64 * at_most.as_secs_f64() / duration.as_secs_f64();
            self.size.fetch_min((shrunk as usize).max(1), Relaxed);
        }
    }
}
