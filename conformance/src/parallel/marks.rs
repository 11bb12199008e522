//! Marks in a directory: how a case and its tasks hear of each other, in whichever processes they run.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::failure::{Checked, Failure};

/// How long who waits for a mark sleeps between two looks.
const NAP: Duration = Duration::from_millis(1);

/// An empty directory for marks.
pub(super) struct Marks(TempDir);

impl Marks {
    /// In the place of a case, gone with it at the latest.
    pub(super) fn new(place: &Path) -> Checked<Self> {
        let dir = tempfile::tempdir_in(place);
        dir.map(Self).map_err(|error| Failure(format!("no directory for marks: {error}")))
    }

    /// For tasks.
    pub(super) fn path(&self) -> PathBuf {
        self.0.path().to_owned()
    }

    pub(super) fn set(&self, name: &str) {
        set(self.0.path(), name);
    }

    pub(super) fn wait_for(&self, name: &str) {
        wait_for(self.0.path(), name);
    }

    /// How often the mark was set.
    pub(super) fn count(&self, name: &str) -> u64 {
        count(self.0.path(), name)
    }

    /// How many marks begin like this.
    pub(super) fn beginning_with(&self, start: &str) -> usize {
        let entries = fs::read_dir(self.0.path()).into_iter().flatten().flatten();
        entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(start)).count()
    }

    /// Whether the mark is there before long. That it will never be cannot be seen: whoever asks gives it a second.
    pub(super) fn comes(&self, name: &str) -> bool {
        (0..1000).any(|_| {
            thread::sleep(NAP);
            self.count(name) > 0
        })
    }
}

/// Sets a mark: one byte more in the file of its name.
///
/// # Panics
/// The directory is gone: so is the case.
pub(super) fn set(dir: &Path, name: &str) {
    let file = OpenOptions::new().create(true).append(true).open(dir.join(name));
    let set = file.and_then(|mut file| file.write_all(b"x"));
    set.unwrap_or_else(|error| panic!("mark {name} cannot be set: {error}"));
}

/// How often a mark was set.
pub(super) fn count(dir: &Path, name: &str) -> u64 {
    fs::metadata(dir.join(name)).map_or(0, |file| file.len())
}

/// Waits until a mark is set.
///
/// # Panics
/// The directory is gone: nobody is left to set it.
pub(super) fn wait_for(dir: &Path, name: &str) {
    while count(dir, name) == 0 {
        assert!(dir.exists(), "nobody is left to set the mark {name}");
        thread::sleep(NAP);
    }
}
