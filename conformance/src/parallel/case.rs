//! A case is data: what it is called, what it shows, whom it concerns, how it runs.

use std::fmt;

use super::fixture::Fixture;
use crate::failure::Checked;
use crate::need::Need;

/// Something a parallel backend can do, or be, that a case depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParallelAbility {
    /// Tasks run in this process: closures work.
    SharedMemory,
    /// A running task can be ended.
    Preemptive,
    /// Two tasks run at once; see [`one_at_a_time`](super::ParallelSuite::one_at_a_time).
    Concurrent,
    /// Tasks can see the memory in scope; see [`memory`](super::ParallelSuite::memory).
    Memory,
}

impl fmt::Display for ParallelAbility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SharedMemory => "shared memory",
            Self::Preemptive => "a way to end running tasks",
            Self::Concurrent => "two tasks at once",
            Self::Memory => "a memory that tasks reach",
        })
    }
}

/// One promise of the contract, and how to check it.
#[derive(Clone, Copy)]
pub struct ParallelCase {
    /// Its name: `subject.promise`. Names stay; reports are compared across releases.
    pub id: &'static str,
    /// What holds if it passes.
    pub about: &'static str,
    /// Whom it concerns: all of these must be so.
    pub needs: &'static [Need<ParallelAbility>],
    pub(super) run: fn(&Fixture) -> Checked,
}

impl ParallelCase {
    pub(super) const fn new(
        id: &'static str,
        about: &'static str,
        needs: &'static [Need<ParallelAbility>],
        run: fn(&Fixture) -> Checked,
    ) -> Self {
        Self { id, about, needs, run }
    }
}

impl fmt::Debug for ParallelCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ParallelCase({}: {})", self.id, self.about)
    }
}
