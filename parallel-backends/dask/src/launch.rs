//! How children become workers.

use std::collections::BTreeMap;

use larder_core::Result;
use larder_worker::{Hello, Launch, MARK};
use serde::Serialize;

use crate::options::DaskOptions;

/// A Dask worker gives a task one thread: libraries that would take all processors take one, unless somebody said more.
const ONE_THREAD: [&str; 6] = [
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "RAYON_NUM_THREADS",
];

/// What the shim needs to start one.
#[derive(Debug, Serialize)]
pub(crate) struct ChildLaunch<'o> {
    path: Option<&'o str>,
    scratch: Option<&'o str>,
    arguments: Vec<String>,
    is_test: bool,
    environment: &'o BTreeMap<String, String>,
    defaults: BTreeMap<&'static str, &'static str>,
    /// After how many seconds it ends when nobody uses it.
    idle: f64,
    /// How the first word of a worker begins that speaks as we do.
    greeting: String,
}

impl<'o> ChildLaunch<'o> {
    /// # Errors
    /// This program is to be uploaded, and cannot become a worker.
    pub(crate) fn new(options: &'o DaskOptions) -> Result<Self> {
        let other = options.exe.is_some() || options.exe_on_workers.is_some();
        let launch = match Launch::of_this_program() {
            // Another program may be made to become one where this is not.
            Err(_) if other => Launch::default(),
            launch => launch?,
        };
        let name = std::iter::once(MARK.to_owned());
        Ok(Self {
            path: options.exe_on_workers.as_deref(),
            scratch: options.scratch.as_deref(),
            arguments: name.chain(launch.arguments).collect(),
            is_test: launch.is_test,
            environment: &options.environment,
            idle: options.idle.0.as_secs_f64(),
            defaults: ONE_THREAD.map(|name| (name, "1")).into(),
            greeting: Hello::greeting(),
        })
    }
}
