//! What is shown: a line for each step, and what it all came to.

use std::fmt::Display;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use larder::{Memory, Stats};

const STEP: usize = 32;

/// Tells what a memory does, step by step.
#[derive(Debug)]
pub(crate) struct Report {
    memory: Memory,
    started: Instant,
}

impl Report {
    pub(crate) fn new(memory: &Memory) -> Self {
        println!(
            "{:STEP$}{:>8}{:>11}{:>13}{:>10}{:>10}{:>11}",
            "step", "RMSE", "computed", "from store", "time", "saved", "bytes"
        );
        Self { memory: memory.clone(), started: Instant::now() }
    }

    /// Runs a step, which results in a value and perhaps in an error of predictions, and tells what it took.
    pub(crate) fn step<T>(&self, name: impl Display, run: impl FnOnce() -> (T, Option<f64>)) -> T {
        print!("{:STEP$}", name.to_string());
        // A slow step is seen while it runs. A closed output is found out by the next print.
        let _ = io::stdout().flush();
        let (before, started) = (self.memory.stats(), Instant::now());
        let (value, rmse) = run();
        let (took, after) = (started.elapsed(), self.memory.stats());
        println!(
            "{:>8}{:>11}{:>13}{:>10}{:>10}{:>11}",
            rmse.map_or_else(String::new, |rmse| format!("{rmse:.4}")),
            after.computed - before.computed,
            after.hits - before.hits,
            time(took),
            time(after.time_saved - before.time_saved),
            bytes(moved(&after) - moved(&before)),
        );
        value
    }

    /// Sums up, and tells what to try next.
    pub(crate) fn end(&self, this_file: &str) {
        let stats = self.memory.stats();
        println!("\n{:STEP$}{:>8}{:>11}{:>13}{:>10}{:>10}{:>11}", "function", "", "computed", "from store", "time", "saved", "bytes");
        for (name, stats) in self.memory.stats_by_function() {
            row(name.rsplit([':', '/']).next().unwrap_or(&name), &stats, stats.time_computing);
        }
        row("all", &stats, self.started.elapsed());
    }
}

fn row(name: &str, stats: &Stats, took: Duration) {}

fn moved(stats: &Stats) -> u64 {
    stats.bytes_read + stats.bytes_written
}
