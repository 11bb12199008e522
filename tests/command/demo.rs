//! A store with something in it.

use std::path::Path;
use std::time::{Duration, SystemTime};

use larder::{Array, Memory, memoize};
use tempfile::TempDir;

/// Reads what was measured at a place.
#[memoize(name = "weather::load")]
fn load(place: &str) -> Array<f64> {
    (0..1000).map(|day| (place.len() + day) as f64).collect::<Vec<_>>().into()
}

/// The mean of the days.
#[memoize(name = "weather::mean")]
fn mean(place: &str, days: usize) -> f64 {
    load(place)[..days].iter().sum::<f64>() / days as f64
}

/// Fits both places.
#[memoize(name = "model::fit")]
fn fit(depth: u32) -> f64 {
    f64::from(depth) * (mean("Oslo", 7) + mean("Rome", 7))
}

/// A directory that is gone at the end of the test, with a store in its `.larder`: two results of `weather::load` and of
/// `weather::mean`, one of `model::fit`, and a value; last used three days ago.
pub(crate) fn store() -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    fill(&dir.path().join(".larder"));
    dir
}

pub(crate) fn fill(path: &Path) {
    let memory = Memory::open(path).expect("a fresh directory");
    memory.scope(|| fit(3));
    memory.get_or_compute(&("answer", 42), || "forty-two".to_owned()).expect("a store that works");
    memory.close(Duration::from_secs(60)).expect("no error");
    let used = SystemTime::now() - Duration::from_secs(3 * 86_400 + 60);
    for entry in memory.contents().expect("a store that works") {
        let file = memory.local_path(&entry.key).expect("files");
        let file = std::fs::File::options().write(true).open(file).expect("an entry");
        file.set_modified(used).expect("its owner may");
    }
}
