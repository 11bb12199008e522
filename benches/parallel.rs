//! `cargo xtask bench parallel`: parallel calls on two warm threads beside rayon, and a sequential one beside a loop.
//!
//! All contestants of a row run interleaved in one process, in rounds; the figures are medians of the rounds, so that a
//! noisy machine is noisy for all of them. With arguments, only the rows whose titles contain one of them.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "support/rows.rs"]
mod rows;

use std::hint::black_box;
use std::time::{Duration, Instant};

use larder::threading::Threading;
use larder::{Delayed, Parallel, delayed};
use rayon::prelude::*;

use self::rows::row;

fn main() {
    let larder = Parallel::new().backend(Threading).n_jobs(2).open().expect("threads");
    let rayon = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("threads");
    let data: Vec<u64> = (0..1_000_000).collect();

    for (tasks, rounds, repeats) in [(2, 400, 20), (100, 200, 10), (20_000, 100, 1)] {
        let data = &data[..tasks];
        row(
            &format!("{tasks} no-ops, 2 workers"),
            rounds,
            repeats,
            &mut [
                ("larder", &mut || drop(black_box(larder.run(no_ops(data)).expect("results")))),
                ("rayon", &mut || {
                    let results: Vec<_> =
                        rayon.install(|| data.par_iter().map(|x| black_box(*x)).collect());
                    drop(black_box(results));
                }),
                ("std::thread::scope", &mut || in_scope(data)),
                ("a loop", &mut || {
                    drop(black_box(no_ops(data).map(Delayed::call).collect::<Vec<_>>()))
                }),
            ],
        );
    }
    row(
        "20000 no-ops streamed, 2 workers",
        100,
        1,
        &mut [
            ("iter", &mut || {
                let tasks = (0..20_000u64).map(|x| delayed(move || black_box(x)));
                assert_eq!(larder.iter(tasks).expect("threads").count(), 20_000);
            }),
            ("iter_unordered", &mut || {
                let tasks = (0..20_000u64).map(|x| delayed(move || black_box(x)));
                assert_eq!(larder.iter_unordered(tasks).expect("threads").count(), 20_000);
            }),
        ],
    );

    let sequential = Parallel::new();
    row(
        "1000000 no-ops, 1 worker",
        30,
        1,
        &mut [
            ("a loop over the same tasks", &mut || {
                // Without looking through the boxes, which the compiler does where it sees both ends.
                let opaque = no_ops(&data).map(black_box);
                drop(black_box(opaque.map(Delayed::call).collect::<Vec<_>>()));
            }),
            ("larder", &mut || drop(black_box(sequential.run(no_ops(&data)).expect("results")))),
        ],
    );
    row(
        "1000 tasks of 20 µs, then 20 of 5 ms, 2 workers: ideal is 60 ms",
        15,
        1,
        &mut [
            ("larder", &mut || drop(larder.run(mixed()).expect("results"))),
            ("larder, number of tasks unknown", &mut || {
                drop(larder.run(mixed().filter(|_| true)).expect("results"));
            }),
            ("rayon", &mut || {
                rayon.install(|| (0..1020).into_par_iter().for_each(|i| spin(length(i))));
            }),
        ],
    );
}

fn no_ops(data: &[u64]) -> impl Iterator<Item = Delayed<'_, u64>> {
    data.iter().map(|x| delayed(move || black_box(*x)))
}

fn in_scope(data: &[u64]) {
    let (left, right) = data.split_at(data.len() / 2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| right.iter().map(|x| black_box(*x)).collect::<Vec<_>>());
        drop(black_box(left.iter().map(|x| black_box(*x)).collect::<Vec<_>>()));
        drop(black_box(other.join()));
    });
}

fn mixed() -> impl Iterator<Item = Delayed<'static, ()>> {
    (0..1020).map(|i| delayed(move || spin(length(i))))
}

fn length(task: u64) -> Duration {
    if task < 1000 { Duration::from_micros(20) } else { Duration::from_millis(5) }
}

fn spin(duration: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < duration {
        std::hint::spin_loop();
    }
}
