//! Checkpoints: a parallel loop over a slow step whose results are kept. What a second round, or another use of the same
//! step, asks for again is not computed again.
//!
//! ```sh
//! cargo run --release --example checkpoint_parallel
//! cargo run --release --example checkpoint_parallel -- threading
//! ```
#![expect(clippy::print_stdout, reason = "a program for people to look at")]

use std::thread;
use std::time::{Duration, Instant};

use larder::{Array, Memory, Parallel, Result, memoize, task};

const ROWS: usize = 1000;
const COLUMNS: usize = 6;

/// The slow step. It tells when it really runs, wherever that is.
#[memoize]
fn costly_column(data: &Array<f64>, column: usize) -> Vec<f64> {
    println!("  column {column} is computed");
    thread::sleep(Duration::from_millis(100));
    data.iter().skip(column).step_by(COLUMNS).copied().collect()
}

/// What is made of it. Neither of these is kept: they cost nothing.
#[task]
fn mean(data: &Array<f64>, column: usize) -> f64 {
    let column = costly_column(data, column);
    column.iter().sum::<f64>() / column.len() as f64
}

#[task]
fn max(data: &Array<f64>, column: usize) -> f64 {
    costly_column(data, column).into_iter().fold(f64::NEG_INFINITY, f64::max)
}

fn round(what: &str, numbers: impl FnOnce() -> Result<Vec<f64>>) -> Result<()> {
    println!("{what}");
    let begun = Instant::now();
    println!("  {:?}", numbers()?);
    println!("  took {:.2?}", begun.elapsed());
    Ok(())
}

fn main() -> Result<()> {
    larder::init(); // workers are this program, started again
    let backend = std::env::args().nth(1).unwrap_or_else(|| "process".to_owned());
    let data = Array::from_shape_vec(
        [ROWS, COLUMNS],
        (0..ROWS * COLUMNS).map(|i| (i % 997) as f64).collect(),
    )?;

    round("one after the other, nothing kept", || {
        Ok((0..COLUMNS).map(|c| mean(&data, c)).collect())
    })?;

    let dir = tempfile::tempdir()?; // a program of yours names a directory that stays: "./cache"
    let memory = Memory::open(dir.path())?;
    let parallel = Parallel::new().backend(backend).n_jobs(2);
    memory.scope(|| {
        let means = || parallel.run((0..COLUMNS).map(|c| mean::delayed(&data, c)));
        round("first round: two workers", means)?;
        round("second round: the same again", means)?;
        round("another use of the same columns", || {
            parallel.run((0..COLUMNS).map(|c| max::delayed(&data, c)))
        })
    })
}
