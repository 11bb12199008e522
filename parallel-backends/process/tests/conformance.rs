//! The suite, and what this backend must be able to do.

#[cfg(target_os = "linux")]
#[path = "programs/own.rs"]
mod own;

use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};

use larder_conformance::ParallelSuite;
use larder_core::parallel::ParallelCapabilities;
use larder_core::{Memory, Registry, StoreConfig};
use larder_process::Process;

fn main() -> ExitCode {
    Registry::global().register(larder_local::factory()).expect("a name that is free");
    larder_worker::init();
    let directory = tempfile::tempdir().expect("a directory");
    let (path, count) = (directory.path().to_owned(), AtomicU32::new(0));
    let must = ParallelCapabilities::separate().preemptive();
    let suite = ParallelSuite::new("process", must, Process::new).memory(move || {
        let place = path.join(count.fetch_add(1, Ordering::Relaxed).to_string());
        Memory::open(StoreConfig::new("local").at(place.to_string_lossy()))
    });
    let outcome = larder_conformance::main([suite]);
    #[cfg(target_os = "linux")]
    {
        Process::new().expect("the default options").shut_down();
        assert!(own::children().is_empty(), "workers that are left: {:?}", own::children());
        assert_eq!(own::open_files().1, 0, "shared memory that is left");
    }
    outcome
}
