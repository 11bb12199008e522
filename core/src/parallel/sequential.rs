//! One task after the other, on the caller's thread.

use super::{Call, NJobs, ParallelBackend, ParallelCapabilities};
use crate::Result;

/// The backend `sequential`: runs tasks one after the other on the caller's thread.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sequential;

impl ParallelBackend for Sequential {
    fn capabilities(&self) -> ParallelCapabilities {
        ParallelCapabilities::shared_memory()
    }

    fn workers(&self, _: NJobs) -> Result<usize> {
        Ok(1)
    }

    fn run(&self, call: &dyn Call) -> Result<()> {
        while let Some(batch) = call.next_batch(0) {
            batch.run_here();
        }
        Ok(())
    }
}
