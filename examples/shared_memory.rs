//! Tasks that fill a set which they share: what threads can do, and tasks in other processes cannot.
//!
//! ```sh
//! cargo run --example shared_memory
//! ```
#![expect(clippy::print_stdout, reason = "a program for people to look at")]

use std::collections::BTreeSet;
use std::sync::Mutex;

use larder::parallel::Require;
use larder::{Parallel, Result, delayed, task};

/// This set is a static: each process has one of its own.
static FOUND: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

#[task]
fn collect(number: u32) {
    FOUND.lock().expect("no task panics").insert(number);
}

fn found() -> BTreeSet<u32> {
    std::mem::take(&mut *FOUND.lock().expect("no task panics"))
}

fn main() -> Result<()> {
    larder::init();

    // A closure borrows the set. It cannot leave this process, so it runs on threads whatever the backend is.
    let shared = Mutex::new(BTreeSet::new());
    let insert = |number: u32| {
        shared.lock().expect("no task panics").insert(number);
    };
    Parallel::new().n_jobs(2).run((0..5).map(|number| delayed(move || insert(number))))?;
    println!("closures: {:?}", shared.into_inner().expect("no task panics"));

    // A `#[task]` function can leave. In other processes it fills *their* sets, and this one stays empty.
    let processes = Parallel::new().backend("process").n_jobs(2);
    processes.run((0..5).map(collect::delayed))?;
    println!("processes: {:?}", found());

    // Said as a condition, memory that is shared beats every choice of a backend.
    processes.require(Require::SharedMemory).run((0..5).map(collect::delayed))?;
    println!("processes, but shared memory is required: {:?}", found());
    Ok(())
}
