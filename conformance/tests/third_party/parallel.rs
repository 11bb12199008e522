//! A whole parallel backend as a third party writes it: plain threads.
use std::thread;

use larder_core::parallel::{Call, NJobs, ParallelBackend, ParallelCapabilities};
use larder_core::{Error, Result};

#[derive(Debug, Clone, serde::Deserialize)]
pub(crate) struct Crew {
    pub(crate) size: usize,
}

impl Crew {
    pub(crate) fn hire(self) -> Result<Self> {
        match self.size {
            0 => Err(Error::invalid("a crew of size = 0 does nothing")),
            _ => Ok(self),
        }
    }
}

fn work(call: &dyn Call, worker: usize) {
    while let Some(batch) = call.next_batch(worker) {
        batch.run_here();
    }
}

impl ParallelBackend for Crew {
    fn capabilities(&self) -> ParallelCapabilities {
        ParallelCapabilities::shared_memory()
    }

    fn workers(&self, n_jobs: NJobs) -> Result<usize> {
        Ok(n_jobs.of(self.size).min(self.size))
    }

    fn run(&self, call: &dyn Call) -> Result<()> {
        thread::scope(|scope| {
            for worker in 1..call.workers() {
                // Where no thread is to be had, the others do the work.
                let spawned =
                    thread::Builder::new().spawn_scoped(scope, move || work(call, worker));
                drop(spawned);
            }
            work(call, 0);
        });
        Ok(())
    }
}
