//! The suite, and what this backend must be able to do.

use std::process::ExitCode;

use larder_conformance::ParallelSuite;
use larder_core::parallel::ParallelCapabilities;
use larder_threading::Threading;

fn main() -> ExitCode {
    let must = ParallelCapabilities::shared_memory();
    larder_conformance::main([ParallelSuite::new("threading", must, || Ok(Threading))])
}
