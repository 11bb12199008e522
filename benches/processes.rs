//! `cargo xtask bench processes`: parallel calls on two warm worker processes, beside two warm threads.
//!
//! All contestants of a row run interleaved in one process, in rounds; the figures are medians of the rounds.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "support/rows.rs"]
mod rows;

use std::hint::black_box;
use std::time::Duration;

use larder::process::Process;
use larder::threading::Threading;
use larder::{Array, Parallel, task};

use self::rows::row;

#[task]
fn no_op(x: u64) -> u64 {
    x
}

#[task]
fn sum_array(data: &Array<f64>) -> f64 {
    data.iter().sum()
}

#[task]
fn sum(data: &[f64]) -> f64 {
    data.iter().sum()
}

#[task]
fn fill(len: usize, shared: bool) -> Array<f64> {
    match shared {
        true => Array::shared([len], |elements| elements.fill(0.5)).expect("memory"),
        false => vec![0.5; len].into(),
    }
}

#[task]
fn fill_vector(len: usize) -> Vec<f64> {
    vec![0.5; len]
}

fn main() {
    larder::init();
    let processes = Process::new().expect("options that can be meant");
    let processes = Parallel::new().backend(processes).n_jobs(2).open().expect("processes");
    let limited = processes.clone().timeout(Duration::from_secs(10));
    let threads = Parallel::new().backend(Threading).n_jobs(2).open().expect("threads");
    for (tasks, rounds, repeats) in [(2, 400, 10), (100, 200, 5), (20_000, 100, 1)] {
        let no_ops = || (0..tasks).map(no_op::delayed);
        row(
            &format!("{tasks} no-ops, 2 workers"),
            rounds,
            repeats,
            &mut [
                ("processes", &mut || drop(black_box(processes.run(no_ops()).expect("results")))),
                ("processes, with a time limit", &mut || {
                    drop(black_box(limited.run(no_ops()).expect("results")));
                }),
                ("threads", &mut || drop(black_box(threads.run(no_ops()).expect("results")))),
            ],
        );
    }
    for len in [1_000, 100_000, 1_000_000] {
        let data: Vec<f64> = (0..len).map(f64::from).collect();
        let sums = || (0..2).map(|_| sum::delayed(&data));
        row(
            &format!("2 sums of {len} numbers, 2 workers"),
            50,
            1,
            &mut [
                ("processes", &mut || drop(black_box(processes.run(sums()).expect("results")))),
                ("threads", &mut || drop(black_box(threads.run(sums()).expect("results")))),
            ],
        );
    }
    large(&processes, &threads);
    large_results(&processes, &threads);
}

/// Both workers sum 100 MB: as an array that was sent before; as one that never is; lent, so copied once a call.
fn large(processes: &Parallel, threads: &Parallel) {
    let data: Vec<f64> = (0..12_500_000).map(f64::from).collect();
    let array = Array::from(data.clone());
    let shared = Array::shared([data.len()], |elements| elements.copy_from_slice(&data));
    let shared = shared.expect("memory");
    let both = |parallel: &Parallel, data: &[f64]| {
        drop(black_box(parallel.run((0..2).map(|_| sum::delayed(data))).expect("results")));
    };
    let arrays = |array: &Array<f64>| {
        drop(black_box(processes.run((0..2).map(|_| sum_array::delayed(array))).expect("results")));
    };
    row(
        "2 sums of 100 MB, 2 workers",
        15,
        1,
        &mut [
            ("processes, an array sent before", &mut || arrays(&array)),
            ("processes, Array::shared", &mut || arrays(&shared)),
            ("processes, lent Array::shared", &mut || both(processes, &shared)),
            // Its copy is given back meanwhile, beside what comes next.
            ("processes, lent: the first time", &mut || both(processes, &data)),
            ("threads", &mut || both(threads, &data)),
            ("one sum here", &mut || _ = black_box(data.iter().sum::<f64>())),
        ],
    );
}

/// 100 MB come back from each worker: in a file, which is mapped here; in one that was never copied; in the frames, as
/// without `max_nbytes`. Each is read once.
fn large_results(processes: &Parallel, threads: &Parallel) {
    let len = 12_500_000;
    let inline = processes.clone().max_nbytes(None);
    let arrays = |parallel: &Parallel, shared| {
        let arrays = parallel.run((0..2).map(|_| fill::delayed(len, shared))).expect("results");
        _ = black_box(arrays.iter().map(|array| array.iter().sum::<f64>()).sum::<f64>());
    };
    let vectors = |parallel: &Parallel| {
        let vectors = parallel.run((0..2).map(|_| fill_vector::delayed(len))).expect("results");
        _ = black_box(vectors.iter().flatten().sum::<f64>());
    };
    row(
        "2 results of 100 MB, 2 workers",
        15,
        1,
        &mut [
            ("arrays, in files", &mut || arrays(processes, false)),
            ("arrays, in the frames", &mut || arrays(&inline, false)),
            ("Array::shared", &mut || arrays(processes, true)),
            ("vectors, in files", &mut || vectors(processes)),
            ("vectors, in the frames", &mut || vectors(&inline)),
            ("arrays of threads", &mut || arrays(threads, false)),
        ],
    );
}
