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
#![cfg_attr(docsrs, feature(doc_cfg))]
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
        .option_help(
            "endpoint",
            "where the scheduler is, `tcp://host:port` or `tls://host:port`, or `local`: a cluster of this machine, \
             started here; must be given",
        )
        .option_help("python", "a Python that has the package `distributed`; `python3` by default")
        .option_help(
            "exe",
            "the program that workers run, uploaded: a build of this one for their machines; this one by default",
        )
        .option_help(
            "exe_on_workers",
            "in place of `exe`: that program where it lies on the workers' machines; nothing is uploaded",
        )
        .option_help("batch_target", "how long a batch of tasks should take at least; `200ms` by default")
        .option_help(
            "batch_bytes",
            "how many bytes of arguments a batch should have at most, and are submitted at once; `10M` by default",
        )
        .option_help(
            "attempts",
            "how often a task may take its process with it before it has failed, at least 1; 3 by default",
        )
        .option_help("idle", "after how long a process of the workers ends that nobody uses; `1m` by default")
        .option_help("tls_ca_file", "TLS: the certificate of the authority, a file; all three or none")
        .option_help("tls_client_cert", "TLS: this client's certificate, a file")
        .option_help("tls_client_key", "TLS: this client's key, a file")
        .option_help("environment", "a table: what tasks find in their environment beside the Dask worker's")
        .option_help(
            "direct",
            "whether results are fetched from the workers themselves rather than through the scheduler; `false` by \
             default",
        )
        .option_help(
            "scratch",
            "a directory of the workers' for the uploaded program; the one Dask gives each worker by default",
        )
        .option_help("connect_timeout", "how long the scheduler may take to answer at first; `10s` by default")
        .option_help(
            "wait_for_workers",
            "how long a cluster without workers is waited for; `60s` by default",
        )
}
