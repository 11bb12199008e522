//! larder's parallel backend for more than one machine: the workers of a [Dask](https://distributed.dask.org) cluster
//! run the tasks.
//!
//! ```no_run
//! use larder_core::{Parallel, task};
//! use larder_dask::{Dask, DaskOptions};
//! # mod larder { pub use larder_core::*; }
//!
//! #[task(crate = larder_core)]
//! fn area(width: u32, height: u32) -> u32 {
//!     width * height
//! }
//!
//! fn main() -> larder_core::Result<()> {
//!     larder_worker::init(); // workers run this program: see there
//!     let cluster = Dask::new(DaskOptions::new("tcp://scheduler:8786"))?;
//!     let areas = Parallel::new().backend(cluster).n_jobs(-1).run((1..100).map(|n| area::delayed(n, n)))?;
//!     assert_eq!(areas[1], 4);
//!     Ok(())
//! }
//! ```
//!
//! # How it works
//!
//! ```text
//! this program ── frames ── bridge (Python) ── Dask ── scheduler ── Dask ── worker (Python) ── frames ── this program
//! ```
//!
//! * A **bridge**, a Python process that has the package `distributed`, is an ordinary client of the cluster. It begins
//!   with the first call and is kept; it ends with this program.
//! * On each thread of a Dask worker a small module of ours keeps a **child**: this program, uploaded when the bridge
//!   connects, or what the option `exe` names. Dask carries bytes; only the children know tasks.
//! * Scheduling is Dask's: which worker takes a batch, and that it goes to another when a worker is lost.
//!
//! # What can be relied on
//!
//! * Workers may join, leave and be killed during a call. A task that was under way on a lost worker runs again: tasks have
//!   to tolerate that.
//! * A task that ends its child (an abort, a stack overflow, `SIGKILL`) is tried again, as often as the option
//!   `attempts` says, and then has died with its worker; no other task is harmed.
//! * A large array that tasks are lent or share goes to the cluster once a call; workers fetch it from each other, have it
//!   once each, and forget it with the call. One that is lost with its workers is sent again.
//! * Cancelling a call, and a time limit, end running tasks at once. When this program ends, however it does, its tasks
//!   and children end within a second, and its executable is removed from scheduler and workers.
//! * A scheduler that is lost is an error of the call, never a hang; one that merely does not answer is waited for, and
//!   told through `tracing`.
//! * The bridge's and the cluster's `distributed` must be the same version (2024.5 or later), or both 2025.12 or later.
//!   Other pairs are refused before anything is sent, with the version to install.
//!
//! A driver that is stopped (`SIGSTOP`) but not ended keeps what it has on the cluster.
#![forbid(unsafe_code)]

mod backend;
mod bridge;
mod launch;
mod options;
mod run;

use larder_core::ParallelFactory;

pub use crate::backend::Dask;
pub use crate::options::DaskOptions;

/// How the registry opens it: as `dask`, with [`DaskOptions`]: `dask?endpoint=tcp://scheduler:8786`.
pub fn factory() -> ParallelFactory {
    ParallelFactory::new("dask", Dask::new)
        .aliases(["distributed"])
        .about("workers of a Dask cluster")
}
