//! The tasks of these tests. They talk through files in a directory.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{process, thread};

use larder_core::{Array, task};
use rustix::process::{Signal, getppid, kill_process};

use crate::cluster::until;

#[task(crate = larder_core)]
pub(crate) fn square(n: u64) -> u64 {
    n * n
}

/// Takes a little while.
#[task(crate = larder_core)]
pub(crate) fn slow_square(n: u64) -> u64 {
    thread::sleep(Duration::from_millis(3));
    n * n
}

#[task(crate = larder_core)]
pub(crate) fn variable_there(name: String) -> Option<String> {
    std::env::var(name).ok()
}

#[task(crate = larder_core)]
pub(crate) fn total_of(numbers: &[f64]) -> f64 {
    numbers.iter().sum()
}

#[task(crate = larder_core)]
pub(crate) fn total_of_array(numbers: Array<f64>) -> f64 {
    numbers.iter().sum()
}

/// Notes its process in the file `began-n`.
#[task(crate = larder_core)]
pub(crate) fn at(numbers: &[f64], n: u64, folder: PathBuf) -> f64 {
    note(&folder, n);
    numbers[n as usize]
}

/// Is done when `holds` is.
#[task(crate = larder_core)]
pub(crate) fn holds_and_sums(folder: PathBuf, n: u64, numbers: &[f64]) -> f64 {
    hold(&folder, n);
    numbers.iter().sum()
}

/// Notes its process in the file `began-n`, and ends once there is a file `go`.
#[task(crate = larder_core)]
pub(crate) fn holds(folder: PathBuf, n: u64) -> u64 {
    hold(&folder, n);
    n
}

fn note(folder: &Path, n: u64) {
    let file = OpenOptions::new().create(true).append(true).open(folder.join(format!("began-{n}")));
    writeln!(file.unwrap(), "{}", process::id()).unwrap();
}

fn hold(folder: &Path, n: u64) {
    note(folder, n);
    let begun = Instant::now();
    while !folder.join("go").exists() {
        assert!(folder.exists() && begun.elapsed() < Duration::from_secs(100), "the test is over");
        thread::sleep(Duration::from_millis(1));
    }
}

#[task(crate = larder_core)]
pub(crate) fn ends_its_process(n: u64, end: bool) -> u64 {
    if end {
        let _ = writeln!(std::io::stderr(), "last words of {n}");
        process::abort();
    }
    n
}

/// Has Dask's worker, which started it, lost.
#[task(crate = larder_core)]
pub(crate) fn kills_its_worker(n: u64, kill: bool) -> u64 {
    if kill {
        kill_process(getppid().unwrap(), Signal::KILL).unwrap();
    }
    n
}

/// The processes that began `holds(folder, n)` so far.
pub(crate) fn began(folder: &Path, n: u64) -> Vec<u32> {
    let noted = fs::read_to_string(folder.join(format!("began-{n}"))).unwrap_or_default();
    noted.lines().map(|pid| pid.parse().unwrap()).collect()
}

/// The process that begins it as the `count`-th.
pub(crate) fn wait_until_began(folder: &Path, n: u64, count: usize) -> u32 {
    until("a task has begun", || began(folder, n).len() >= count);
    began(folder, n)[count - 1]
}

pub(crate) fn go(folder: &Path) {
    fs::write(folder.join("go"), "").unwrap();
}
