//! The impl of the trait.

use std::fmt;
use std::sync::Arc;

use larder_core::parallel::{Call, NJobs, ParallelBackend, ParallelCapabilities, drive};
use larder_core::{Result, cpu_count};

use crate::ProcessOptions;
use crate::context::Context;
use crate::driver::Driver;
use crate::failure::Failure;
use crate::pool::Pool;

/// The backend `process`: tasks run in other processes of this machine.
#[derive(Clone)]
pub struct Process(Arc<Pool>);

impl Process {
    /// With the default options.
    ///
    /// # Errors
    /// As [`with`](Self::with).
    pub fn new() -> Result<Self> {
        Self::with(ProcessOptions::default())
    }

    /// With these options, and the workers there are of them already.
    ///
    /// # Errors
    /// An option that cannot be meant, or cannot be had on this system.
    pub fn with(options: ProcessOptions) -> Result<Self> {
        options.check()?;
        Ok(Self(Pool::of(options)))
    }

    /// Ends the workers that nobody uses, and returns when they are gone. They would end by themselves.
    pub fn shut_down(&self) {
        self.0.shut_down();
    }
}

/// As messages name it, which every call does.
impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Process")
    }
}

impl ParallelBackend for Process {
    fn capabilities(&self) -> ParallelCapabilities {
        ParallelCapabilities::separate().preemptive()
    }

    fn workers(&self, n_jobs: NJobs) -> Result<usize> {
        self.0.can_start()?;
        Ok(n_jobs.of(cpu_count()))
    }

    fn run(&self, call: &dyn Call) -> Result<()> {
        let context = Context::new(call, &self.0)?;
        let failure = Failure::default();
        let work = |number| {
            if let Err(error) = Driver::new(&self.0, call, &context, &failure, number).run() {
                failure.note(error);
            }
        };
        drive(call.workers(), 1, &work);
        failure.into_result()
    }
}
