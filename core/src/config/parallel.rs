//! The section `[parallel]`.

use std::path::PathBuf;

use serde::Serialize;

use crate::MmapMode;
use crate::backend_config::BackendConfig;
use crate::parallel::{MaxNbytes, PreDispatch, Prefer};
use crate::units::TimeSpan;

/// How parallel calls run that say nothing themselves. Make it so with [`Parallel::from`](crate::Parallel) and
/// [`install`](crate::Parallel::install) or [`scope`](crate::Parallel::scope). What is `None` is left open.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct ParallelConfig {
    /// The backend, and its options.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backend: Option<BackendConfig>,
    /// How many tasks run at once; −1: as many as there are processors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n_jobs: Option<isize>,
    /// What kind of backend suits the tasks, where none is chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefer: Option<Prefer>,
    /// How many tasks are handed to a worker at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_size: Option<usize>,
    /// How many tasks are taken from their iterator beforehand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_dispatch: Option<PreDispatch>,
    /// How long each task may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<TimeSpan>,
    /// How often a task that fails is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<usize>,
    /// From how many bytes on an array is mapped by workers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_nbytes: Option<MaxNbytes>,
    /// Where such arrays are put.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temp_folder: Option<PathBuf>,
    /// How workers map them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mmap_mode: Option<MmapMode>,
    /// The codec of arguments and results, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codec: Option<String>,
    /// How many threads each task may use for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inner_max_num_threads: Option<usize>,
    /// How much is said about the progress.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verbose: Option<u32>,
    /// Whether a bar shows the progress.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<bool>,
}
