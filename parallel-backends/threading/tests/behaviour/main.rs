//! Parallel calls on threads: what programs can rely on.

mod asynchronous;
mod balance;
mod carried;
mod failing;
mod liars;
mod nested;
mod options;
mod order;
mod rayon_inside;
mod streaming;
mod stress;
#[path = "../../../support/watched.rs"]
mod watched;

use larder_core::Parallel;
use larder_threading::Threading;

use watched::watched;

/// Two workers, whatever the machine has.
fn two() -> Parallel {
    Parallel::new().backend(Threading).n_jobs(2)
}
