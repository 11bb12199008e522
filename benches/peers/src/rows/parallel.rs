//! Parallel calls on two warm workers.

use std::time::Duration;

use anyhow::Result;
use larder::process::Process;
use larder::threading::Threading;
use larder::{Array, Parallel};
use rayon::prelude::*;

use crate::bench::Bench;
use crate::row::{Reach, Row, Run, here, prepared};
use crate::work::{LARGE, nothing, sum, sum_array};

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    if !bench.wants_any(&["2 no-ops", "20 000 no-ops", "sums of 100 MB"]) {
        return Ok(());
    }
    let threads = Parallel::new().backend(Threading).n_jobs(2).open()?;
    let processes = Parallel::new().backend(Process::new()?).n_jobs(2).open()?;
    for (title, count) in [("2", 2), ("20 000", 20_000)] {
        on_threads(bench, &threads, title, count)?;
        in_processes(bench, &processes, title, count)?;
    }
    sums(bench, &processes, &threads)
}

fn no_ops(parallel: &Parallel, count: u64) -> Run {
    let parallel = parallel.clone();
    here(move || parallel.run((0..count).map(nothing::delayed)).expect("results"))
}

fn on_threads(bench: &mut Bench, threads: &Parallel, title: &str, count: u64) -> Result<()> {
    let joblib = bench.python("joblib")?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build()?;
    let by_rayon = move || -> Vec<u64> {
        pool.install(|| (0..count).into_par_iter().map(std::hint::black_box).collect())
    };
    let reach = if count == 2 { 20e-6 } else { 2e-3 };
    let row = Row::new(format!("{title} no-ops, 2 threads"), no_ops(threads, count))
        .peer("joblib", joblib.does(format!("tasks threading {count}")))
        .peer("rayon", here(by_rayon))
        .floor("a loop", here(move || -> Vec<u64> { (0..count).map(std::hint::black_box).collect() }))
        .reach(Reach::Absolute(reach))
        .because("rayon", "rayon splits an index range of one closure; larder takes tasks from any iterator, each with an \
             outcome of its own");
    bench.row(row)
}

fn in_processes(bench: &mut Bench, processes: &Parallel, title: &str, count: u64) -> Result<()> {
    let joblib = bench.python("joblib")?;
    let reach = if count == 2 { 80e-6 } else { 6e-3 };
    let row = Row::new(format!("{title} no-ops, 2 processes"), no_ops(processes, count))
        .peer("joblib", joblib.does(format!("tasks loky {count}")))
        .reach(Reach::Absolute(reach));
    bench.row(row)
}

/// Both workers sum the same array.
fn sums(bench: &mut Bench, processes: &Parallel, threads: &Parallel) -> Result<()> {
    let joblib = bench.python("joblib")?;
    let numbers: Vec<f64> = (0..LARGE / 8).map(|i| i as f64).collect();
    let shared = Array::shared([numbers.len()], |elements| elements.copy_from_slice(&numbers))?;
    let array = Array::from(numbers.clone());
    let alone = || {
        let (threads, numbers) = (threads.clone(), array.clone());
        here(move || threads.run((0..2).map(|_| sum::delayed(&numbers))).expect("sums"))
    };
    let again = |numbers: &Array<f64>| {
        let (processes, numbers) = (processes.clone(), numbers.clone());
        here(move || processes.run((0..2).map(|_| sum_array::delayed(&numbers))).expect("sums"))
    };
    let first = {
        let processes = processes.clone();
        let mut turn = 0.0;
        let fresh = move || {
            turn += 1.0;
            numbers.iter().map(|it| it + turn).collect::<Vec<f64>>()
        };
        prepared(fresh, move |numbers| {
            let sums = processes.run((0..2).map(|_| sum::delayed(&numbers))).expect("sums");
            (sums, numbers)
        })
    };
    let time = Duration::from_secs(if bench.options.quick { 1 } else { 4 });
    let row = Row::new("2 sums of 100 MB, 2 processes, first", first)
        .peer("joblib", joblib.does(format!("sums_first {LARGE}")))
        .floor("2 threads", alone());
    bench.row_in(time, row)?;
    let row = Row::new("2 sums of 100 MB, 2 processes, again", again(&array))
        .peer("joblib", joblib.does(format!("sums_again {LARGE}")))
        .floor("2 threads", alone())
        .reach(Reach::Floor(1.2));
    bench.row_in(time, row)?;
    let row = Row::new("2 sums of 100 MB, 2 processes, Array::shared", again(&shared))
        .floor("2 threads", alone())
        .reach(Reach::Floor(1.2));
    bench.row_in(time, row)
}
