//! Results one by one, while later ones are still computed: memory stays flat, and the first is there at once.
//!
//! ```sh
//! cargo run --example generator
//! ```
#![expect(clippy::print_stdout, reason = "a program for people to look at")]

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use larder::{Parallel, Result, delayed};

static ALIVE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

/// A result of a megabyte that counts how many there are of it.
struct Large(Vec<u8>);

impl Large {
    fn new(byte: u8) -> Self {
        MOST.fetch_max(ALIVE.fetch_add(1, SeqCst) + 1, SeqCst);
        Self(vec![byte; 1 << 20])
    }
}

impl Drop for Large {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, SeqCst);
    }
}

/// The sum over all results, and how many of them were there at once.
pub fn sums(parallel: &Parallel, streamed: bool) -> Result<(u64, usize)> {
    MOST.store(0, SeqCst);
    let tasks = (0..200).map(|i| delayed(move || Large::new(i)));
    let sum_of = |large: &Large| large.0.iter().map(|byte| u64::from(*byte)).sum::<u64>();
    let sum = match streamed {
        // Each is dropped before the next one is asked for, and tasks are not begun far ahead of it.
        true => parallel
            .iter(tasks)?
            .map(|large| large.map(|large| sum_of(&large)))
            .sum::<Result<u64, _>>()?,
        false => parallel.run(tasks)?.iter().map(sum_of).sum(),
    };
    Ok((sum, MOST.load(SeqCst)))
}

fn main() -> Result<()> {
    let parallel = Parallel::new().backend("threading").n_jobs(2);
    let (sum, most) = sums(&parallel, false)?;
    println!("collected: {sum}, {most} results of 1 MiB at once");
    // How far ahead tasks are begun; without this as far as the consumer has come.
    let (sum, most) = sums(&parallel.clone().pre_dispatch("2 * n_jobs"), true)?;
    println!("streamed:  {sum}, no more than 8 at once: {}", most <= 8);

    // The iterator of tasks is read as results are taken, not beforehand.
    println!("\na producer and its consumer take turns");
    let tasks = (1..=3).map(|i| {
        println!("task {i} is made");
        delayed(move || i * i)
    });
    for square in Parallel::new().iter(tasks)? {
        println!("  {} is taken", square?);
    }

    println!("\nwhoever is done first comes first");
    let (taken, slow_may_end) = std::sync::mpsc::channel();
    let slow = delayed(move || slow_may_end.recv().map_or("left alone", |()| "slow"));
    let fast = delayed(|| "fast");
    for (task, result) in parallel.batch_size(1).iter_unordered([slow, fast])? {
        println!("  task {task}: {}", result?);
        let _ = taken.send(());
    }
    Ok(())
}
