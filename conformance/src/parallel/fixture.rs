//! What a case is given.

use std::path::PathBuf;
use std::sync::Arc;

use larder_core::parallel::{Delayed, NJobs, ParallelBackend, ParallelCapabilities, TaskError};
use larder_core::{Memory, Parallel, Result};

use super::case::ParallelAbility;
use super::marks::Marks;
use crate::failure::{Checked, Failure};

/// What makes backends.
pub(super) type Fresh = Arc<dyn Fn() -> Result<Arc<dyn ParallelBackend>> + Send + Sync>;

/// What opens a memory that tasks reach.
pub(super) type OpenMemory = Arc<dyn Fn() -> Result<Memory> + Send + Sync>;

/// The backend under test, and what it must be able to do.
pub(super) struct Fixture {
    pub(super) backend: Arc<dyn ParallelBackend>,
    pub(super) declares: ParallelCapabilities,
    pub(super) one_at_a_time: bool,
    pub(super) memory: Option<OpenMemory>,
    /// A directory of the case's own.
    pub(super) place: PathBuf,
}

impl Fixture {
    /// Calls of the backend with two workers.
    pub(super) fn parallel(&self) -> Parallel {
        Parallel::new().backend(self.backend.clone()).n_jobs(2)
    }

    pub(super) fn marks(&self) -> Checked<Marks> {
        Marks::new(&self.place)
    }

    pub(super) fn has(&self, ability: ParallelAbility) -> bool {
        match ability {
            ParallelAbility::SharedMemory => self.declares.shared_memory,
            ParallelAbility::Preemptive => self.declares.preemptive,
            ParallelAbility::Concurrent => !self.one_at_a_time,
            ParallelAbility::Memory => self.memory.is_some(),
        }
    }

    pub(super) fn workers(&self, n_jobs: isize) -> Checked<usize> {
        let asked = NJobs::new(n_jobs).and_then(|n_jobs| self.backend.workers(n_jobs));
        asked.map_err(|error| Failure(format!("workers({n_jobs}) returned an error: {error:?}")))
    }

    /// What became of each of these tasks, where the call itself has to succeed.
    pub(super) fn each<'a, R: Send>(
        &self,
        parallel: &Parallel,
        tasks: impl IntoIterator<Item = Delayed<'a, R>, IntoIter: Send>,
    ) -> Checked<Vec<Result<R, TaskError>>> {
        parallel
            .run_each(tasks)
            .map_err(|error| Failure(format!("run_each returned an error: {error:?}")))
    }

    /// The results of tasks of which none fails.
    pub(super) fn all<'a, R: Send>(
        &self,
        parallel: &Parallel,
        tasks: impl IntoIterator<Item = Delayed<'a, R>, IntoIter: Send>,
    ) -> Checked<Vec<R>> {
        parallel.run(tasks).map_err(|error| Failure(format!("run returned an error: {error:?}")))
    }
}
