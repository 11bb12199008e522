//! Calls of ever more tasks.

use anyhow::Result;
use larder::Parallel;
use larder::process::Process;
use larder::threading::Threading;

use super::Curve;
use super::plot::Plot;
use super::stores::median;
use crate::figure::Unit;
use crate::row::here;
use crate::work::nothing;

const COUNTS: [u64; 5] = [100, 1_000, 10_000, 100_000, 1_000_000];

pub(super) fn measure(scale: u64) -> Result<Vec<Plot>> {
    let mut plot = Plot::new(
        "A task that does nothing",
        "growth-tasks.svg",
        "tasks",
        Unit::Seconds,
        "What one of so many takes, on two warm workers, and where there is one (`n_jobs = 1`).",
    );
    let on = |jobs| Parallel::new().n_jobs(jobs);
    let workers = [
        ("one worker", on(1)),
        ("2 threads", on(2).backend(Threading).open()?),
        ("2 processes", on(2).backend(Process::new()?).open()?),
    ];
    for (name, parallel) in workers {
        let mut points = Vec::new();
        for count in COUNTS.map(|count| count / scale) {
            let parallel = parallel.clone();
            let call =
                here(move || parallel.run((0..count).map(nothing::delayed)).expect("results"));
            let turns = if count > 100_000 { 7 } else { 31 };
            points.push((count, median(call, 1, turns)? / count as f64));
        }
        plot.curves.push(Curve { name, points });
    }
    Ok(vec![plot])
}
