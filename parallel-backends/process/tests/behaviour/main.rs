//! Parallel calls in processes: what programs can rely on. This program is its own worker, under the standard harness.
#![cfg(unix)]

mod arrays;
mod deaths;
mod limits;
mod options;
mod pool;
mod surroundings;
mod values;
#[path = "../../../support/watched.rs"]
mod watched;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
#[cfg(target_os = "linux")]
use std::time::Duration;

use larder_core::{Parallel, task};
use larder_process::Process;

use watched::watched;

larder_worker::test_worker!();

/// Two workers, whatever the machine has.
fn two() -> Parallel {
    Parallel::new().backend(Process::new().unwrap()).n_jobs(2)
}

#[task(crate = larder_core)]
fn pid(_task: usize) -> u32 {
    std::process::id()
}

#[task(crate = larder_core)]
fn square(n: u64) -> u64 {
    n * n
}

/// One byte more in a file: tasks tell the test so that they ran.
fn mark(file: &Path) {
    OpenOptions::new().create(true).append(true).open(file).unwrap().write_all(b"x").unwrap();
}

fn marks(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |file| file.len())
}

/// Whether there is such a process, and it has not ended.
#[cfg(target_os = "linux")]
fn is_running(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// Waits until there is no such process any more, not even its remains.
#[cfg(target_os = "linux")]
fn wait_until_gone(pid: u32) {
    while fs::exists(format!("/proc/{pid}")).unwrap() {
        std::thread::sleep(Duration::from_millis(1));
    }
}
