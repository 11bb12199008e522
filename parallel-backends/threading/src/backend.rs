//! The impl of the trait.

use larder_core::parallel::{Call, NJobs, ParallelBackend, ParallelCapabilities, drive};
use larder_core::{Result, cpu_count};

/// The backend `threading`: tasks run on threads of this process.
#[derive(Debug, Clone, Copy, Default)]
pub struct Threading;

impl ParallelBackend for Threading {
    fn capabilities(&self) -> ParallelCapabilities {
        ParallelCapabilities::shared_memory()
    }

    fn workers(&self, n_jobs: NJobs) -> Result<usize> {
        Ok(n_jobs.of(cpu_count()))
    }

    fn run(&self, call: &dyn Call) -> Result<()> {
        let work = |worker| {
            while let Some(batch) = call.next_batch(worker) {
                batch.run_here();
            }
        };
        drive(call.workers(), call.threads_per_worker(), &work);
        Ok(())
    }
}
