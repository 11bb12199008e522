//! What is known of a task that failed in another process: which one it was, its arguments, what it said, and where.
//!
//! ```sh
//! cargo run --example remote_error
//! ```
#![expect(clippy::print_stdout, reason = "a program for people to look at")]

use larder::{Parallel, Result, task};
use serde::{Deserialize, Serialize};

/// An error of one's own comes back as it was.
#[derive(Debug, Serialize, Deserialize)]
enum Refusal {
    Odd { number: u32 },
}

#[task]
fn half(number: u32) -> Result<u32, Refusal> {
    if number.is_multiple_of(2) { Ok(number / 2) } else { Err(Refusal::Odd { number }) }
}

#[task]
fn divide(dividend: u32, divisor: u32) -> u32 {
    dividend / divisor
}

/// A worker that is gone takes one task with it.
#[task]
fn abort_at(number: u32) -> u32 {
    if number == 1 { std::process::abort() } else { number }
}

fn main() -> Result<()> {
    larder::init();
    let parallel = Parallel::new().backend("process").n_jobs(2);

    // The first failure ends the call. Its error knows the task.
    let error = parallel.run((0..4).map(|i| divide::delayed(100, 3 - i))).unwrap_err();
    let task = error.task().expect("it is about a task");
    println!("task {} {}: {}", task.index(), task.kind().as_str(), task.message());
    for argument in &task.task().arguments {
        println!("  {} = {}", argument.name, argument.value);
    }
    println!("  at {}", task.location().expect("it panicked"));
    let backtrace = task.backtrace().expect("it panicked").to_string();
    println!(
        "  through {}",
        backtrace.lines().find(|line| line.contains("divide")).unwrap_or("?").trim()
    );
    println!("  on worker {:?}, not in this process", task.task().worker);

    // Or each task has an outcome of its own.
    println!("each by itself");
    for outcome in parallel.run_each((0..3).map(abort_at::delayed))? {
        match outcome {
            Ok(number) => println!("  {number}"),
            Err(error) => {
                println!("  task {} {}: {}", error.index(), error.kind().as_str(), error.message())
            }
        }
    }

    println!("errors of one's own");
    for outcome in parallel.run([2, 3].map(half::delayed))? {
        match outcome {
            Ok(half) => println!("  {half}"),
            Err(Refusal::Odd { number }) => println!("  {number} is odd"),
        }
    }
    Ok(())
}
