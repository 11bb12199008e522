//! What is shown: a line for each step, and what it all came to.

use std::fmt::{self, Display, Formatter};
use std::io::{self, Write};
use std::time::{Duration, Instant};

use larder::{Memory, Stats};

/// The width of the first column; a line has 80 in all.
const FIRST: usize = 25;

/// Tells what a memory does, step by step.
#[derive(Debug)]
pub(crate) struct Report {
    memory: Memory,
    started: Instant,
}

impl Report {
    pub(crate) fn begin(memory: &Memory) -> Self {
        heading("step", "RMSE");
        Self { memory: memory.clone(), started: Instant::now() }
    }

    /// Runs a step, which results in a value and perhaps a root mean squared error, and tells what it took.
    pub(crate) fn step<T>(&self, name: impl Display, run: impl FnOnce() -> (T, Option<f64>)) -> T {
        print!("{:FIRST$}", name.to_string());
        // A slow step is seen while it runs. An output that is gone is found out by the next print.
        let _ = io::stdout().flush();
        let (before, started) = (self.memory.stats(), Instant::now());
        let (value, rmse) = run();
        let took = started.elapsed();
        let after = self.memory.stats();
        println!(
            "{:>8}{}",
            rmse.map_or_else(String::new, |rmse| format!("{rmse:.4}")),
            Cells {
                computed: after.computed - before.computed,
                hits: after.hits - before.hits,
                time: took,
                saved: after.time_saved - before.time_saved,
                bytes: moved(&after) - moved(&before),
            }
        );
        value
    }

    /// Sums up, function by function, and says what to try next.
    pub(crate) fn end(&self) {
        let took = self.started.elapsed();
        println!();
        heading("function", "");
        for (name, stats) in self.memory.stats_by_function() {
            let name = name.rsplit("::").next().unwrap_or(&name);
            println!("{name:FIRST$}{:8}{}", "", Cells::of(&stats));
        }
        let all = self.memory.stats();
        println!("{:FIRST$}{:8}{}\n", "all", "", Cells::of(&all));
        let store = self.memory.location().map(ToString::to_string).unwrap_or_default();
        let (took, instead) = (Time(took), Time(took + all.time_saved));
        let (outcome, next) = match (all.computed, all.hits) {
            (0, 0) => ("the memory is disabled, nothing is kept".to_owned(), "enable it"),
            (n, 0) => (format!("{n} results computed, and kept in {store}"), "run it again"),
            (0, n) => (format!("all {n} results came from {store}"), CHANGE_SOMETHING),
            (n, hits) => (format!("{n} results computed, {hits} came from {store}"), UNDO),
        };
        let instead = if all.hits > 0 { format!(" instead of {instead}") } else { String::new() };
        println!("Took {took}{instead}: {outcome}.\nNext: {next}.");
    }
}

const CHANGE_SOMETHING: &str = "change a parameter:
        cargo run --release -p quickstart -- --depths 2,4,8
      or edit a memoized function in examples/quickstart/src/main.rs:
      only what depends on it is computed";
const UNDO: &str = "undo what you changed: what was computed before is still there";

fn heading(first: &str, second: &str) {
    println!(
        "{first:FIRST$}{second:>8}{:>10}{:>12}{:>8}{:>8}{:>9}",
        "computed", "from store", "time", "saved", "bytes"
    );
}

/// The columns that all lines have.
struct Cells {
    computed: u64,
    hits: u64,
    time: Duration,
    saved: Duration,
    bytes: u64,
}

impl Cells {
    fn of(stats: &Stats) -> Self {
        let Stats { computed, hits, time_computing, time_saved, .. } = *stats;
        Self { computed, hits, time: time_computing, saved: time_saved, bytes: moved(stats) }
    }
}

impl Display for Cells {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (time, saved, bytes) =
            (Time(self.time).to_string(), Time(self.saved).to_string(), size(self.bytes));
        write!(f, "{:>10}{:>12}{time:>8}{saved:>8}{bytes:>9}", self.computed, self.hits)
    }
}

/// Bytes read from the store or written to it.
fn moved(stats: &Stats) -> u64 {
    stats.bytes_read + stats.bytes_written
}

/// A duration to three digits.
struct Time(Duration);

impl Display for Time {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0.as_secs_f64() {
            0.0 => f.write_str("-"),
            seconds if seconds < 1e-3 => write!(f, "{:.0} µs", seconds * 1e6),
            seconds if seconds < 1.0 => write!(f, "{:.0} ms", seconds * 1e3),
            seconds if seconds < 10.0 => write!(f, "{seconds:.2} s"),
            seconds => write!(f, "{seconds:.1} s"),
        }
    }
}

fn size(bytes: u64) -> String {
    match bytes as f64 {
        bytes if bytes < 1024.0 => format!("{bytes} B"),
        bytes if bytes < 1024.0 * 1024.0 => format!("{:.1} KiB", bytes / 1024.0),
        bytes => format!("{:.1} MiB", bytes / (1024.0 * 1024.0)),
    }
}
