//! The suite over a scheduler and two workers of one thread each, and over one worker of two threads.

#[allow(dead_code, reason = "other tests use the rest of it")]
#[path = "behaviour/cluster.rs"]
mod cluster;

use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use larder_conformance::ParallelSuite;
use larder_core::parallel::{ParallelBackend, ParallelCapabilities};
use larder_core::{Memory, Registry, Result, StoreConfig};
use larder_dask::{Dask, DaskOptions};

use crate::cluster::{Cluster, python, variable};

fn main() -> ExitCode {
    Registry::global().register(larder_local::factory()).expect("a name that is free");
    larder_worker::init();
    // Connecting takes longer than most cases: they share what they are about, and take turns.
    let given = OnceLock::new();
    let workers = suite("dask", move || {
        let connect = || Dask::new(DaskOptions::new(variable("LARDER_TEST_DASK")).python(python()));
        let backend = given.get_or_init(|| Arc::new(connect().expect("options that can be meant")));
        Ok(backend.clone())
    });
    let own: OnceLock<(Arc<Dask>, Cluster)> = OnceLock::new();
    let threads = suite("dask_threads", move || {
        let start = || {
            let cluster = Cluster::with_threads(2);
            (Arc::new(cluster.dask()), cluster)
        };
        Ok(own.get_or_init(start).0.clone())
    });
    larder_conformance::main([workers, threads])
}

fn suite(
    name: &str,
    fresh: impl Fn() -> Result<Arc<dyn ParallelBackend>> + Send + Sync + 'static,
) -> ParallelSuite {
    let must = ParallelCapabilities::separate()
        .remote()
        .preemptive()
        .batch_window(Duration::from_millis(200), Duration::from_secs(2))
        .batch_bytes(10 << 20);
    let directory = tempfile::tempdir().expect("a directory");
    let count = AtomicU32::new(0);
    ParallelSuite::shared(name, must, fresh).in_turn().memory(move || {
        let place = directory.path().join(count.fetch_add(1, Ordering::Relaxed).to_string());
        Memory::open(StoreConfig::new("local").at(place.to_string_lossy()))
    })
}
