//! The tasks of the cases. All of them are functions whose calls can be sent elsewhere, so that every backend runs the
//! same ones; a closure is what only [shared memory](super::ParallelAbility::SharedMemory) is asked for.

use std::path::PathBuf;
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use larder_core::{Parallel, memoize, task};
use serde::{Deserialize, Serialize};

use super::marks;

/// A task's own error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Refused(pub(super) u64);

/// A directory of marks that cannot be had twice: a task that owns one runs once in this process.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ticket(pub(super) PathBuf);

#[task(crate = larder_core)]
pub(super) fn square(n: u64) -> u64 {
    n.wrapping_mul(n)
}

#[task(crate = larder_core)]
pub(super) fn unlucky(n: u64, how: &str) -> u64 {
    assert!(how.is_empty(), "task {n} is {how}");
    n
}

#[task(crate = larder_core)]
pub(super) fn refuses(n: u64, refuse: bool) -> Result<u64, Refused> {
    if refuse { Err(Refused(n)) } else { Ok(n) }
}

/// `len` bytes that only `seed` gives.
#[task(crate = larder_core)]
pub(super) fn bytes(seed: u64, len: usize) -> Vec<u8> {
    (0..len as u64).map(|i| (seed.wrapping_mul(31).wrapping_add(i * i) >> 3) as u8).collect()
}

#[task(crate = larder_core)]
pub(super) fn length(text: &str) -> usize {
    text.len()
}

#[task(crate = larder_core)]
pub(super) fn total(numbers: &[f64]) -> f64 {
    numbers.iter().sum()
}

#[task(crate = larder_core)]
pub(super) fn leaves_mark(dir: PathBuf, n: u64) -> u64 {
    marks::set(&dir, &format!("ran-{n}"));
    n
}

/// Two of these, each naming the other, end only if they run at once.
#[task(crate = larder_core)]
pub(super) fn meets(dir: PathBuf, own: String, other: String) {
    marks::set(&dir, &own);
    marks::wait_for(&dir, &other);
}

/// Marks that it began, waits for the marks `until`, and marks that it ended.
#[task(crate = larder_core)]
pub(super) fn waits(dir: PathBuf, n: u64, until: Option<String>) -> u64 {
    marks::set(&dir, &format!("began-{n}"));
    if let Some(until) = until {
        marks::wait_for(&dir, &until);
    }
    marks::set(&dir, &format!("ended-{n}"));
    n
}

/// Fails once the mark `after` is set.
#[task(crate = larder_core)]
pub(super) fn fails_after(dir: PathBuf, after: String) -> u64 {
    marks::wait_for(&dir, &after);
    panic!("{after} was set");
}

/// Takes longer than that.
#[task(crate = larder_core)]
pub(super) fn overruns(limit: Duration) {
    let begun = Instant::now();
    while begun.elapsed() <= limit {
        thread::yield_now();
    }
}

/// Works once it has failed that often.
#[task(crate = larder_core)]
pub(super) fn works_after(dir: PathBuf, n: u64, failures: u64) -> u64 {
    let name = format!("tried-{n}");
    marks::set(&dir, &name);
    assert!(marks::count(&dir, &name) > failures, "not yet");
    n
}

#[task(crate = larder_core)]
pub(super) fn refuses_at_first(dir: PathBuf, n: u64) -> Result<u64, Refused> {
    let name = format!("tried-{n}");
    marks::set(&dir, &name);
    if marks::count(&dir, &name) > 1 { Ok(n) } else { Err(Refused(n)) }
}

#[task(crate = larder_core)]
pub(super) fn fails_with_ticket(ticket: Ticket) {
    marks::set(&ticket.0, "tried");
    panic!("once is enough");
}

/// The sum of squares, by a call inside of this one.
#[task(crate = larder_core)]
pub(super) fn sum_of_squares(below: u64) -> Result<u64, String> {
    let squares = Parallel::new().n_jobs(2).run((0..below).map(square::delayed));
    squares.map(|squares| squares.iter().sum()).map_err(|error| error.to_string())
}

#[task(crate = larder_core)]
#[memoize(crate = larder_core)]
pub(super) fn remembered(dir: PathBuf, n: u64) -> u64 {
    marks::set(&dir, &format!("computed-{n}"));
    n + 1
}

#[task(crate = larder_core)]
pub(super) fn prepares(dir: PathBuf) {
    marks::set(&dir, "prepared");
}

#[task(crate = larder_core)]
pub(super) fn is_prepared(dir: PathBuf) -> bool {
    marks::count(&dir, "prepared") > 0
}

#[task(crate = larder_core)]
pub(super) fn unprepared() {
    panic!("out of flour");
}

/// Takes its worker with it.
#[task(crate = larder_core)]
pub(super) fn aborts(n: u64, abort: bool) -> u64 {
    if abort {
        process::abort();
    }
    n
}
