//! On systems without Unix's sockets and processes.

use std::convert::Infallible;

use larder_core::parallel::{Call, NJobs, ParallelBackend, ParallelCapabilities};
use larder_core::{Error, Result};

use crate::ProcessOptions;

/// The backend `process`, which this system has not.
#[derive(Debug)]
pub struct Process(Infallible);

impl Process {
    /// # Errors
    /// Always: see [`with`](Self::with).
    pub fn new() -> Result<Self> {
        Self::with(ProcessOptions::default())
    }

    /// # Errors
    /// Always: [`Unsupported`](larder_core::ErrorKind::Unsupported).
    pub fn with(_: ProcessOptions) -> Result<Self> {
        Err(Error::unsupported("this system", "the parallel backend `process`, which needs Unix"))
    }
}

impl ParallelBackend for Process {
    fn capabilities(&self) -> ParallelCapabilities {
        match self.0 {}
    }

    fn workers(&self, _: NJobs) -> Result<usize> {
        match self.0 {}
    }

    fn run(&self, _: &dyn Call) -> Result<()> {
        match self.0 {}
    }
}
