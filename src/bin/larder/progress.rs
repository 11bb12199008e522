//! A bar on standard error, where that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use larder::store::EntryInfo;

/// How far a walk over entries has come.
pub(crate) struct Progress {
    bar: ProgressBar,
    entries: usize,
    done: usize,
}

impl Progress {
    /// A bar over all of `entries`, by their bytes.
    pub(crate) fn over(what: &'static str, entries: &[EntryInfo]) -> Self {
        let bar = ProgressBar::new(entries.iter().map(|entry| entry.size).sum());
        let style = ProgressStyle::with_template(
            "{prefix} {wide_bar} {bytes} of {total_bytes}, {msg}, {eta} left",
        );
        bar.set_style(style.expect("a template without errors"));
        bar.set_prefix(what);
        bar.set_message(format!("0 of {} entries", entries.len()));
        Self { bar, entries: entries.len(), done: 0 }
    }

    pub(crate) fn advance(&mut self, entry: &EntryInfo) {
        self.done += 1;
        self.bar.set_message(format!("{} of {} entries", self.done, self.entries));
        self.bar.inc(entry.size);
    }
}

/// The bar goes; what it led to is told otherwise.
impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
