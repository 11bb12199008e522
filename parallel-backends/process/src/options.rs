//! What the backend can be told.

use std::path::PathBuf;
use std::time::Duration;

use larder_core::units::{ByteSize, TimeSpan};
use larder_core::{Error, Result};
use serde::Deserialize;

/// How workers are started, kept and replaced. Calls of this process with equal options share their workers.
///
/// ```
/// use larder_core::Registry;
///
/// let registry = Registry::new();
/// registry.register_parallel_factory(larder_process::factory())?;
/// let processes = registry.open_parallel(&"process?idle=10s&attempts=1".parse()?)?;
/// # Ok::<(), larder_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ProcessOptions {
    /// The program that workers are, where it is not this one. It has to have the functions of the tasks, from the same
    /// source, and to call `larder::init()` first in its `main`.
    pub exe: Option<PathBuf>,
    /// After how long a worker ends that nobody uses; 5 minutes.
    pub idle: TimeSpan,
    /// How long a worker may take to start; 1 minute.
    pub start_timeout: TimeSpan,
    /// How often a task may take its worker with it before it has failed; 3.
    pub attempts: u32,
    /// A worker whose own memory has grown beyond this is replaced by a new one, between batches; never, unless told.
    /// What it shares with other processes does not count. Linux only.
    pub max_worker_memory: Option<ByteSize>,
}

impl Default for ProcessOptions {
    fn default() -> Self {
        Self {
            exe: None,
            idle: TimeSpan(Duration::from_secs(300)),
            start_timeout: TimeSpan(Duration::from_secs(60)),
            attempts: 3,
            max_worker_memory: None,
        }
    }
}

impl ProcessOptions {
    /// # Errors
    /// An option that cannot be meant, or cannot be had on this system.
    pub(crate) fn check(&self) -> Result<()> {
        if self.attempts == 0 {
            return Err(Error::invalid("attempts = 0 would run no task: give at least 1"));
        }
        if self.start_timeout.0.is_zero() {
            return Err(Error::invalid("start_timeout = 0 is over before a worker has started"));
        }
        if self.max_worker_memory.is_some() && !cfg!(target_os = "linux") {
            return Err(Error::unsupported("this system", "max_worker_memory"));
        }
        Ok(())
    }
}
