//! Tasks on a Dask cluster: both on the same one.
//!
//! joblib is not among them: 1.6.0 over `distributed` 2026.8.0 had not ended after 25 seconds, with 200 calls of `abs` already.

use std::time::Duration;

use anyhow::{Context, Result};
use larder::Parallel;
use larder::dask::{Dask, DaskOptions};

use crate::bench::{self, Bench};
use crate::row::{Reach, Row, Run, here};
use crate::work::nothing;

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    if !bench.wants_any(&["a no-op, Dask"]) {
        return Ok(());
    }
    let endpoint = std::env::var(bench::CLUSTER).with_context(|| bench::CLUSTER)?;
    let options = DaskOptions::new(endpoint).python(bench::python()?);
    let parallel = Parallel::new().backend(Dask::new(options)?).n_jobs(-1).open()?;
    let dask = bench.python("dask")?;
    let larder = here(move || parallel.run((0..10_000).map(nothing::delayed)).expect("results"));
    let row = Row::new("a no-op, Dask, of 10 000", of_many(10_000, larder))
        // One by one they take ten times as long, and no two differ.
        .peer("Dask's client", of_many(1000, dask.does("tasks 1000")))
        .reach(Reach::Absolute(10e-6));
    bench.row_in(Duration::from_secs(5), row)
}

/// What one of `many` takes.
fn of_many(many: u32, mut run: Run) -> Run {
    Box::new(move |times| Ok(run(times)? / many))
}
