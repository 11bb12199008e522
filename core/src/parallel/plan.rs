//! What a call is going to be, once everybody has had their say.

use std::sync::Arc;
use std::time::Duration;

use super::flow::Limit;
use super::options::{Backend, Parallel};
use super::{NJobs, ParallelBackend, Sequential, cpu_count};
use crate::{Error, Result};

/// The backend of a call, and how it is used.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) backend: Arc<dyn ParallelBackend>,
    pub(super) shared_memory: bool,
    pub(super) workers: usize,
    pub(super) threads_per_worker: usize,
    pub(super) batch_size: Option<usize>,
    pub(super) limit: Limit,
    pub(super) timeout: Option<Duration>,
    pub(super) retries: usize,
}

impl Plan {
    /// The plan for a call with these options, made here.
    ///
    /// # Errors
    /// An option is out of range, or there is no such backend.
    pub(super) fn new(parallel: &Parallel) -> Result<Self> {
        let options = &parallel.options;
        let n_jobs = NJobs::new(options.n_jobs.unwrap_or(1))?;
        let backend: Arc<dyn ParallelBackend> = match &options.backend {
            Some(Backend::Instance(backend)) => backend.clone(),
            Some(Backend::Named(name)) if name != "sequential" => {
                return Err(Error::invalid(format!("no parallel backend is called `{name}`")));
            }
            Some(Backend::Named(_)) | None => Arc::new(Sequential),
        };
        let workers = backend.workers(n_jobs)?.max(1);
        Ok(Self {
            shared_memory: backend.capabilities().shared_memory,
            backend,
            workers,
            threads_per_worker: (cpu_count() / workers).max(1),
            batch_size: options.batch_size,
            limit: Limit::Batches,
            timeout: options.timeout,
            retries: options.retries.unwrap_or(0),
        })
    }
}
