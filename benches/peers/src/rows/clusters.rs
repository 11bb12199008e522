//! Tasks on a Dask cluster: all on the same one.

use std::time::Duration;

use anyhow::{Context, Result};
use larder::Parallel;
use larder::dask::{Dask, DaskOptions};

use crate::bench::{self, Bench};
use crate::row::{Reach, Row, Run, here};
use crate::work::nothing;

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    if !bench.wants_any(&["10 000 no-ops, Dask"]) {
        return Ok(());
    }
    let endpoint = std::env::var(bench::CLUSTER).with_context(|| bench::CLUSTER)?;
    let options = DaskOptions::new(endpoint).python(bench::python()?);
    let parallel = Parallel::new().backend(Dask::new(options)?).n_jobs(-1).open()?;
    let (dask, joblib) = (bench.python("dask")?, bench.python("joblib-on-dask")?);
    let larder = here(move || parallel.run((0..10_000).map(nothing::delayed)).expect("results"));
    let row = Row::new("10 000 no-ops, Dask", larder)
        .peer("joblib", joblib.does("tasks 10000"))
        // One by one: no two differ, and all of them would take most of a minute.
        .peer("Dask's client", ten_times(dask.does("tasks 1000")))
        .reach(Reach::Absolute(0.1));
    // As often as is needed for a median, and no more.
    bench.row_in(Duration::ZERO, row)
}

/// What ten times the work of `run` takes.
fn ten_times(mut run: Run) -> Run {
    Box::new(move |times| Ok(10 * run(times)?))
}
