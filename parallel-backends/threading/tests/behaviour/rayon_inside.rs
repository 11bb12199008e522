//! Tasks that use rayon: whoever waits for more tasks must not be what rayon steals.

use larder_core::{cpu_count, delayed};
use rayon::prelude::*;

use super::{two, watched};

const ITEMS: u64 = 1_000_000;

fn sum(i: u64) -> u64 {
    (0..8).into_par_iter().map(|j| i * j).sum()
}

#[test]
fn ordered_results() {
    watched(|| {
        let results = two().iter((0..ITEMS).map(|i| delayed(move || sum(i)))).unwrap();
        assert!(results.map(Result::unwrap).eq((0..ITEMS).map(|i| 28 * i)));
    });
}

#[test]
fn two_zipped() {
    watched(|| {
        let results = || two().iter((0..ITEMS / 2).map(|i| delayed(move || sum(i)))).unwrap();
        assert!(results().zip(results()).all(|(left, right)| left.unwrap() == right.unwrap()));
    });
}

#[test]
fn from_inside_of_rayon() {
    watched(|| {
        (0..100u64).into_par_iter().for_each(|i| {
            let tasks = (0..20).map(|j| delayed(move || sum(i + j)));
            let sums: u64 =
                two().scoped_iter(tasks, |sums| sums.map(Result::unwrap).sum()).unwrap();
            assert_eq!(sums, (0..20).map(|j| 28 * (i + j)).sum::<u64>());
        });
    });
}

#[test]
fn a_task_finds_a_pool_of_its_share() {
    let threads = |parallel: larder_core::Parallel| {
        let tasks = (0..10).map(|_| delayed(rayon::current_num_threads));
        parallel.iter(tasks).unwrap().map(Result::unwrap).max()
    };
    assert_eq!(threads(two()), Some((cpu_count() / 2).max(1)));
    assert_eq!(threads(two().inner_max_num_threads(3)), Some(3));
}
