//! Progress as a bar on a terminal, with the feature `progress`.

use super::ProgressUpdate;

/// A bar on standard error.
pub(super) struct Bar {
    #[cfg(feature = "progress")]
    bar: indicatif::ProgressBar,
    #[cfg(not(feature = "progress"))]
    never: std::convert::Infallible,
}

#[cfg(feature = "progress")]
impl Bar {
    /// `None` where standard error is no terminal.
    pub(super) fn begin(total: Option<usize>) -> Option<Self> {
        use std::io::IsTerminal as _;

        use indicatif::{ProgressBar, ProgressStyle};

        if !std::io::stderr().is_terminal() {
            return None;
        }
        let known = "{wide_bar} {pos} of {len}, {elapsed} elapsed, {eta} remaining";
        let (bar, template) = match total {
            Some(total) => (ProgressBar::new(total as u64), known),
            None => (ProgressBar::new_spinner(), "{spinner} {pos} done, {elapsed} elapsed"),
        };
        // The templates are good; and if not, so is indicatif's own style.
        Some(Self {
            bar: ProgressStyle::with_template(template)
                .map_or(bar.clone(), |style| bar.with_style(style)),
        })
    }

    pub(super) fn update(&self, update: &ProgressUpdate) {
        self.bar.set_position(update.done as u64);
        if update.finished {
            self.bar.abandon();
        }
    }
}

#[cfg(not(feature = "progress"))]
impl Bar {
    /// `None`: there are no bars without the feature.
    pub(super) fn begin(_: Option<usize>) -> Option<Self> {
        None
    }

    pub(super) fn update(&self, _: &ProgressUpdate) {
        match self.never {}
    }
}
