//! Progress as lines on standard error, in the form that joblib gives them.

use std::fmt::{self, Display};
use std::io::Write as _;
use std::time::Duration;

use super::ProgressUpdate;

/// Who prints lines: the more verbose, the more of them.
pub(super) struct Lines {
    verbose: u32,
    workers: usize,
}

impl Lines {
    pub(super) fn begin(verbose: u32, backend: &str, workers: usize) -> Self {
        let lines = Self { verbose, workers };
        let s = if workers == 1 { "" } else { "s" };
        lines.print(format_args!("Using backend {backend} with {workers} concurrent worker{s}."));
        lines
    }

    pub(super) fn update(&self, before: usize, update: &ProgressUpdate) {
        if update.finished || self.is_due(before, update) {
            self.print(line(update));
        }
    }

    /// joblib's rule: of a known number, every `total / verbose`-th; otherwise ever more rarely, at squares. From 11 on
    /// every one.
    fn is_due(&self, before: usize, update: &ProgressUpdate) -> bool {
        let step = |done: usize| match update.total {
            Some(total) => (done / (total / self.verbose as usize + 1)) as f64,
            None => (2.0 * done as f64).sqrt() / f64::from(11 - self.verbose.min(10)),
        };
        self.verbose > 10 || before == 0 || step(before).floor() < step(update.done).floor()
    }

    fn print(&self, line: impl Display) {
        // There is nobody left to tell when standard error is closed.
        let _ = writeln!(std::io::stderr().lock(), "[Parallel(n_jobs={})]: {line}", self.workers);
    }
}

/// `Done  12 out of 100 | elapsed:    1.5s remaining:   11.0s`.
fn line(update: &ProgressUpdate) -> impl Display {
    let ProgressUpdate { done, total, elapsed, finished, .. } = *update;
    let remaining = update.remaining();
    std::fmt::from_fn(move |f| {
        match total.or(finished.then_some(done)) {
            Some(total) => write!(f, "Done {done:3} out of {total:3}")?,
            None => write!(f, "Done {done:3} tasks     ")?,
        }
        write!(f, " | elapsed: {}", Seconds(elapsed))?;
        match remaining {
            _ if finished => f.write_str(" finished"),
            Some(remaining) => write!(f, " remaining: {}", Seconds(remaining)),
            None => Ok(()),
        }
    })
}

struct Seconds(Duration);

impl Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_secs_f64() {
            seconds if seconds > 60.0 => write!(f, "{:4.1}min", seconds / 60.0),
            seconds => write!(f, "{seconds:6.1}s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(done: usize, total: Option<usize>, finished: bool) -> ProgressUpdate {
        ProgressUpdate { done, failed: 0, total, elapsed: Duration::from_millis(1500), finished }
    }

    #[test]
    fn lines_read_as_joblibs() {
        let text = |update| line(&update).to_string();
        assert_eq!(
            text(update(12, Some(100), false)),
            "Done  12 out of 100 | elapsed:    1.5s remaining:   11.0s"
        );
        assert_eq!(text(update(7, None, false)), "Done   7 tasks      | elapsed:    1.5s");
        assert_eq!(text(update(7, None, true)), "Done   7 out of   7 | elapsed:    1.5s finished");
    }

    #[test]
    fn the_more_verbose_the_more_lines() {
        let due = |verbose, total| {
            let lines = Lines { verbose, workers: 2 };
            (0..1000).filter(|done| lines.is_due(*done, &update(done + 1, total, false))).count()
        };
        assert_eq!([due(1, Some(1000)), due(5, Some(1000)), due(11, Some(1000))], [1, 5, 1000]);
        let unknown = [due(1, None), due(5, None), due(10, None), due(50, None)];
        assert!(unknown.is_sorted() && unknown[0] > 1 && unknown[3] == 1000, "{unknown:?}");
    }
}
