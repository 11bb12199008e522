//! How far a call has come, told while it runs.

mod bar;
mod lines;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use self::bar::Bar;
use self::lines::Lines;

/// How far a call has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProgressUpdate {
    /// Tasks that are done, failed ones included.
    pub done: usize,
    /// Tasks that failed.
    pub failed: usize,
    /// All tasks, where their iterator says how many there are.
    pub total: Option<usize>,
    /// Time since the call began.
    pub elapsed: Duration,
    /// Whether this is the call's last update.
    pub finished: bool,
}

impl ProgressUpdate {
    /// The time the rest takes, if it goes on as it did; `None` where that is not known, or more than can be said.
    pub fn remaining(&self) -> Option<Duration> {
        let left = self.total?.saturating_sub(self.done);
        let rest = self.elapsed.as_secs_f64() * (left as f64 / self.done as f64);
        (self.done > 0).then(|| Duration::try_from_secs_f64(rest).ok())?
    }
}

/// To whom progress is told.
#[derive(Clone, Default)]
pub(crate) struct Listeners {
    pub(crate) verbose: Option<u32>,
    pub(crate) bar: Option<bool>,
    pub(crate) callback: Option<Callback>,
}

type Callback = Arc<dyn Fn(&ProgressUpdate) + Send + Sync>;

impl Listeners {
    /// Tells them that a call begins; `None` where nobody listens.
    pub(super) fn begin(
        &self,
        backend: &str,
        workers: usize,
        tasks: (usize, Option<usize>),
    ) -> Option<Progress> {
        let total = tasks.1.filter(|most| *most == tasks.0);
        let wants_bar = self.bar.unwrap_or(false);
        let bar = if wants_bar { Bar::begin(total) } else { None };
        // Where there is no terminal, a bar's lines.
        let verbose = match self.verbose.unwrap_or(0) {
            0 if wants_bar && bar.is_none() => 5,
            _ if bar.is_some() => 0,
            verbose => verbose,
        };
        let lines = (verbose > 0).then(|| Lines::begin(verbose, backend, workers));
        let callback = self.callback.clone();
        if bar.is_none() && lines.is_none() && callback.is_none() {
            return None;
        }
        let counts = Mutex::new((0, 0));
        Some(Progress { bar, lines, callback, total, begun: Instant::now(), counts })
    }
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listeners")
            .field("verbose", &self.verbose)
            .field("bar", &self.bar)
            .field("callback", &self.callback.is_some())
            .finish()
    }
}

/// The progress of one call. Dropped, the call is over.
pub(super) struct Progress {
    bar: Option<Bar>,
    lines: Option<Lines>,
    callback: Option<Callback>,
    total: Option<usize>,
    begun: Instant,
    /// Done, and failed of them. Poisoned by a listener that panicked: nobody is told any more.
    counts: Mutex<(usize, usize)>,
}

impl Progress {
    /// So many more are done, so many of them failed. One update at a time, in order.
    pub(super) fn advance(&self, done: usize, failed: usize) {
        let Ok(mut counts) = self.counts.lock() else { return };
        let before = counts.0;
        counts.0 += done;
        counts.1 += failed;
        self.tell(before, *counts, false);
    }

    fn tell(&self, before: usize, (done, failed): (usize, usize), finished: bool) {
        let elapsed = self.begun.elapsed();
        let update = ProgressUpdate { done, failed, total: self.total, elapsed, finished };
        if let Some(bar) = &self.bar {
            bar.update(&update);
        }
        if let Some(lines) = &self.lines {
            lines.update(before, &update);
        }
        if let Some(callback) = &self.callback {
            callback(&update);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Ok(&mut counts) = self.counts.get_mut() {
            self.tell(counts.0, counts, true);
        }
    }
}
