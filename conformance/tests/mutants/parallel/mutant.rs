//! What a broken backend is, and who finds it out.

use std::time::Duration;

use larder_conformance::ParallelSuite;
use larder_core::Result;
use larder_core::parallel::{Call, ParallelCapabilities};

use super::sound::Custom;

pub(crate) const SHARED: ParallelCapabilities = ParallelCapabilities::shared_memory();
pub(crate) const SEPARATE: ParallelCapabilities = ParallelCapabilities::separate();
pub(crate) const PREEMPTIVE: ParallelCapabilities = SEPARATE.preemptive();

/// A broken backend and the cases that must find it out.
pub(crate) struct Mutant {
    pub(crate) suite: ParallelSuite,
    pub(crate) caught_by: &'static [&'static str],
}

/// A backend that must declare this and runs calls like that. What it keeps is made anew for each case.
pub(crate) fn mutant<R>(
    name: &str,
    must: ParallelCapabilities,
    run: impl Fn() -> R + Send + Sync + 'static,
    caught_by: &'static [&'static str],
) -> Mutant
where
    R: Fn(&dyn Call) -> Result<()> + Send + Sync + 'static,
{
    altered(name, must, move || Custom::new(must, run()), caught_by)
}

/// As [`mutant`], of one that makes its cases hang.
pub(crate) fn hanging<R>(
    name: &str,
    must: ParallelCapabilities,
    run: impl Fn() -> R + Send + Sync + 'static,
    caught_by: &'static [&'static str],
) -> Mutant
where
    R: Fn(&dyn Call) -> Result<()> + Send + Sync + 'static,
{
    let Mutant { suite, caught_by } = mutant(name, must, run, caught_by);
    Mutant { suite: suite.limit(Duration::from_secs(1)), caught_by }
}

/// As [`mutant`], of one that is broken in what it says of itself.
pub(crate) fn altered(
    name: &str,
    must: ParallelCapabilities,
    fresh: impl Fn() -> Custom + Send + Sync + 'static,
    caught_by: &'static [&'static str],
) -> Mutant {
    Mutant { suite: ParallelSuite::new(name, must, move || Ok(fresh())), caught_by }
}
