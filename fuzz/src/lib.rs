//! What larder reads that others may have written, as targets of a fuzzer.
//!
//! A [`Target`] is one function from bytes to a verdict: it panics where a promise is broken. More is promised than not
//! to panic: what was read comes back when it is written and read again, every form of it agrees, and no more memory is
//! taken than [in proportion](budget) to the input. `cargo xtask fuzz` looks for inputs that break one;
//! `tests/replay.rs` shows each target what was found and kept under `corpus/`.

pub mod budget;
mod same;
mod seal;
mod targets;

pub use self::targets::TARGETS;

/// One thing that is read.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// As `cargo xtask fuzz` and the directory of its corpus call it.
    pub name: &'static str,
    /// Longer inputs are not tried, in bytes: they find no more, slower.
    pub max_len: usize,
    /// The memory that reading may take besides a multiple of the input, in bytes.
    pub room: usize,
    check: fn(&[u8]),
    seeds: fn() -> Vec<Vec<u8>>,
}

/// How much memory an input may become, a byte of it: an enum of one byte is as large as its largest variant.
const GROWTH: usize = 256;

impl Target {
    /// The one of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.name == name)
    }

    /// Inputs of the right form, which a fuzzer would be long in finding.
    pub fn seeds(&self) -> Vec<Vec<u8>> {
        (self.seeds)()
    }

    /// Reads `bytes`.
    ///
    /// # Panics
    /// Where a promise is broken.
    pub fn check(&self, bytes: &[u8]) {
        let peak = budget::peak_of(|| (self.check)(bytes));
        let most = self.room + GROWTH * bytes.len();
        assert!(peak <= most, "{peak} bytes were taken at once for {} of input", bytes.len());
    }
}
