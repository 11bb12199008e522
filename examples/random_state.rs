//! Random numbers in parallel that are the same on every run, on every backend and for any number of workers.
//!
//! ```sh
//! cargo run --example random_state
//! cargo run --example random_state -- sequential process
//! ```
//!
//! A generator that tasks share is drawn from in the order in which they happen to run. So each task gets a seed of its
//! own, as an argument; the seeds come from one, before any task runs.
#![expect(clippy::print_stdout, reason = "a program for people to look at")]

use std::sync::Mutex;

use fastrand::Rng;
use larder::{Parallel, Result, delayed, task};

/// As many random digits as are asked for, decided by `seed` alone.
#[task]
fn random_vector(seed: u64, len: usize) -> Vec<u8> {
    let mut rng = Rng::with_seed(seed);
    std::iter::repeat_with(|| rng.u8(..10)).take(len).collect()
}

const TASKS: usize = 5;
const DIGITS: usize = 8;

/// Five vectors, each from a seed of its own.
pub fn seeded(backend: &str, n_jobs: isize, root: u64) -> Result<Vec<Vec<u8>>> {
    let mut seeds = Rng::with_seed(root);
    let tasks = (0..TASKS).map(|_| random_vector::delayed(seeds.u64(..), DIGITS));
    Parallel::new().backend(backend).n_jobs(n_jobs).run(tasks)
}

/// Five vectors from one generator that the tasks share: who comes first gets the first numbers.
fn shared(n_jobs: isize, root: u64) -> Result<Vec<Vec<u8>>> {
    let rng = Mutex::new(Rng::with_seed(root));
    let draw = || rng.lock().map(|mut rng| rng.u8(..10)).unwrap_or_default();
    let tasks = (0..TASKS)
        .map(|_| delayed(|| std::iter::repeat_with(draw).take(DIGITS).collect::<Vec<u8>>()));
    Parallel::new().backend("threading").n_jobs(n_jobs).batch_size(1).run(tasks)
}

fn main() -> Result<()> {
    larder::init();
    let mut backends: Vec<String> = std::env::args().skip(1).collect();
    if backends.is_empty() {
        backends = vec!["sequential".into(), "threading".into(), "process".into()];
    }
    println!("one generator, shared by the tasks: may differ from run to run");
    for n_jobs in [1, 4] {
        println!("  threading × {n_jobs}: {:?}", shared(n_jobs, 0)?);
    }
    println!("a seed for each task: always the same");
    for backend in &backends {
        for n_jobs in [1, 4] {
            println!("  {backend} × {n_jobs}: {:?}", seeded(backend, n_jobs, 0)?);
        }
    }
    Ok(())
}
