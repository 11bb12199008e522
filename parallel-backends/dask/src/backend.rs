//! The impl of the trait.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use larder_core::parallel::{Call, NJobs, ParallelBackend, ParallelCapabilities};
use larder_core::{Error, Result};

use crate::bridge::Bridge;
use crate::options::DaskOptions;
use crate::run::Run;

/// How much longer than the target a batch may take.
const SPREAD: u32 = 10;

/// The backend `dask`: tasks run on the workers of a cluster.
///
/// It connects when it is first used, and again after the connection was lost. Dropped, it leaves the cluster.
pub struct Dask {
    options: DaskOptions,
    bridge: Mutex<Option<Arc<Bridge>>>,
}

impl Dask {
    /// The cluster that `options` describe. Nothing is connected yet.
    ///
    /// # Errors
    /// [`Invalid`](larder_core::ErrorKind::Invalid) for options that cannot be meant.
    pub fn new(options: DaskOptions) -> Result<Self> {
        options.check()?;
        Ok(Self { options, bridge: Mutex::default() })
    }

    /// Connects, unless it is.
    ///
    /// # Errors
    /// There is no Python, no `distributed`, no cluster, no worker, or they do not fit together; the message tells which.
    pub fn connect(&self) -> Result<()> {
        self.bridge().map(drop)
    }

    fn bridge(&self) -> Result<Arc<Bridge>> {
        let mut bridge = self.bridge.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connected) = bridge.as_ref().filter(|bridge| bridge.is_up()) {
            return Ok(connected.clone());
        }
        let connected = Bridge::start(&self.options);
        let connected = connected.map_err(|error| self.about(error))?;
        Ok(bridge.insert(Arc::new(connected)).clone())
    }

    fn about(&self, error: Error) -> Error {
        error.with("endpoint", &self.options.endpoint)
    }
}

impl ParallelBackend for Dask {
    fn capabilities(&self) -> ParallelCapabilities {
        let target = self.options.batch_target.0;
        ParallelCapabilities::separate()
            .remote()
            .preemptive()
            .batch_window(target, target * SPREAD)
            .batch_bytes(usize::try_from(self.options.batch_bytes.0).unwrap_or(usize::MAX))
    }

    fn workers(&self, n_jobs: NJobs) -> Result<usize> {
        // More than there are may be asked for: they may come.
        Ok(n_jobs.of(self.bridge()?.threads()))
    }

    fn run(&self, call: &dyn Call) -> Result<()> {
        if call.is_cancelled() {
            return Ok(());
        }
        let bridge = self.bridge()?;
        Run::new(call, &bridge, self.options.attempts)?.run().map_err(|error| self.about(error))
    }
}

impl fmt::Debug for Dask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Dask").field(&self.options.endpoint).finish()
    }
}
