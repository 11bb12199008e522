//! How many workers: a number, or all processors but some.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::{Error, Result};

/// How many tasks run at once: `n` of them, or, negative, as many as there are processors: -1 for all of them, -2 for
/// all but one, and so on, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NJobs(isize);

impl NJobs {
    /// As many as there are processors.
    pub const ALL: Self = Self(-1);
    /// One.
    pub const ONE: Self = Self(1);

    /// Checks `n`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for 0.
    pub fn new(n: isize) -> Result<Self> {
        if n == 0 {
            return Err(Error::invalid(
                "n_jobs = 0 would run nothing: give how many, or -1 for all processors, -2 for all but one …",
            ));
        }
        Ok(Self(n))
    }

    /// The number as it was given.
    pub fn get(self) -> isize {
        self.0
    }

    /// How many that is where there are `cpus` processors. A positive number stays as it is.
    ///
    /// ```
    /// use larder_core::parallel::NJobs;
    ///
    /// let of_8 = |n| NJobs::new(n).unwrap().of(8);
    /// assert_eq!([of_8(3), of_8(20), of_8(-1), of_8(-2), of_8(-20)], [3, 20, 8, 7, 1]);
    /// ```
    pub fn of(self, cpus: usize) -> usize {
        match usize::try_from(self.0) {
            Ok(n) => n,
            Err(_) => (cpus + 1).saturating_sub(self.0.unsigned_abs()).max(1),
        }
    }
}

impl fmt::Display for NJobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How many processors this process may use: what its CPU affinity and its cgroup's quota leave of the machine's, at
/// least 1. A change of either is noticed within a second.
pub fn cpu_count() -> usize {
    // Finding out reads files of the system, which takes longer than a small call may.
    static KNOWN: Mutex<Option<(Instant, usize)>> = Mutex::new(None);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((since, cpus)) = *known
        && since.elapsed() < Duration::from_secs(1)
    {
        return cpus;
    }
    let cpus = std::thread::available_parallelism().map_or(1, |n| n.get());
    *known = Some((Instant::now(), cpus));
    cpus
}
