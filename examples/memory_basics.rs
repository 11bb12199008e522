//! How the results of functions, of methods and of another crate's functions are kept.
//!
//! ```sh
//! cargo run --example memory_basics
//! ```
#![expect(clippy::print_stdout, reason = "a program for people to look at")]

use larder::{Memory, Result, memoize};
use serde::Serialize;

/// A function: the attribute is all it takes. It tells when it really runs.
#[memoize]
fn column_mean(table: &[[f64; 2]], column: usize) -> f64 {
    println!("  column_mean runs, for column {column}");
    table.iter().map(|row| row[column]).sum::<f64>() / table.len() as f64
}

/// A method depends on what it is called on, so that is a parameter of the function which is memoized.
#[derive(Serialize)]
struct Scaler {
    factor: f64,
}

impl Scaler {
    fn apply(&self, numbers: &[f64]) -> Vec<f64> {
        apply(self, numbers)
    }
}

#[memoize]
fn apply(scaler: &Scaler, numbers: &[f64]) -> Vec<f64> {
    println!("  apply runs, with factor {}", scaler.factor);
    numbers.iter().map(|number| number * scaler.factor).collect()
}

fn main() -> Result<()> {
    // A program of yours opens a directory of its own: Memory::open("./cache").
    let dir = tempfile::tempdir()?;
    let memory = Memory::open(dir.path())?;
    memory.install();

    println!("a function");
    let table = [[1.0, 2.0], [3.0, 5.0]];
    for column in [0, 1, 0] {
        println!("mean of column {column}: {}", column_mean(&table, column));
    }

    println!("\na method");
    for factor in [2.0, 3.0, 2.0] {
        println!("scaled by {factor}: {:?}", Scaler { factor }.apply(&[1.0, 10.0]));
    }

    // A function that cannot have the attribute. Its name and version stand for its code: count up when that changes.
    println!("\nanother crate's function");
    let hamming = memory.try_cache_fn("strsim::hamming", 11, (), |(), (a, b): &(&str, &str)| {
        println!("  hamming runs, for {a} and {b}");
        strsim::hamming(a, b)
    })?;
    for pair in [("karolin", "kathrin"), ("karolin", "kathrin"), ("short", "longer")] {
        match hamming.call(&pair)? {
            Ok(distance) => println!("{pair:?}: {distance}"),
            // An error is never kept.
            Err(error) => println!("{pair:?}: {error}"),
        }
    }

    let stats = memory.stats();
    println!("\n{} computed, {} from the store", stats.computed, stats.hits);
    Ok(())
}
