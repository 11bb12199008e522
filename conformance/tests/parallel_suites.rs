//! The parallel suite over the backend of larder-core, over backends that take their tasks in other ways, and over one of
//! a third party.

use std::process::ExitCode;

use larder_conformance::ParallelSuite;
use larder_core::parallel::{ParallelCapabilities, Sequential};

#[path = "suites/polling.rs"]
mod polling;
#[path = "mutants/parallel/sound.rs"]
mod sound;
#[path = "third_party/parallel.rs"]
mod third_party;

use polling::polling;
use sound::{Custom, elsewhere, here};

fn main() -> ExitCode {
    let (shared, separate) =
        (ParallelCapabilities::shared_memory(), ParallelCapabilities::separate());
    larder_conformance::main([
        ParallelSuite::new("sequential", shared, || Ok(Sequential)).one_at_a_time(),
        ParallelSuite::new("here", shared, move || Ok(Custom::new(shared, here))),
        ParallelSuite::new("elsewhere", separate, move || Ok(Custom::new(separate, elsewhere))),
        ParallelSuite::new("polling", separate, move || Ok(Custom::new(separate, polling))),
        ParallelSuite::new("third party", shared, || third_party::Crew { size: 2 }.hire()),
    ])
}
