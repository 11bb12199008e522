//! larder's parallel backend of worker processes: what takes its process with it harms nobody else.
//!
//! Workers are this program again. It says so first in its `main`:
//!
//! ```no_run
//! use larder_core::{Parallel, task};
//! # mod larder { pub use larder_worker::init; pub use larder_core::*; }
//!
//! #[task(crate = larder_core)]
//! fn area(width: u32, height: u32) -> u32 {
//!     width * height
//! }
//!
//! fn main() -> larder_core::Result<()> {
//!     larder::init(); // in a worker, this never returns
//!
//!     let processes = larder_process::Process::new()?;
//!     let parallel = Parallel::new().backend(processes).n_jobs(-1);
//!     let areas = parallel.run((1..=3).map(|n| area::delayed(n, n)))?;
//!     assert_eq!(areas, [1, 4, 9]);
//!     Ok(())
//! }
//! ```
//!
//! Workers are started when they are first needed and kept warm between calls, for all calls of this process with the
//! same [options](ProcessOptions). They end when they have been idle for a while, and when this process does, however it
//! ends.
//!
//! A worker that dies takes at most one task with it. Which one it was on is known from a word of shared memory; that
//! one is tried again, alone, a few times, and has then failed with what ended the worker. The others are sent to the
//! next worker as they were.
//!
//! Arguments of a mebibyte and more ([`max_nbytes`](larder_core::Parallel::max_nbytes)) are put once where all workers
//! map them, as long as they are what they are: what a call is lent for that call, an [`Array`](larder_core::Array) for as
//! long as it lives. Arrays that are mapped from files already, and those of [`Array::shared`](larder_core::Array::shared),
//! are not even put there.
//!
//! On Unix; elsewhere, opening this backend says that it is not supported.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

#[cfg(unix)]
mod arrays;
#[cfg(unix)]
mod backend;
#[cfg(unix)]
mod blame;
#[cfg(unix)]
mod context;
#[cfg(unix)]
mod copies;
#[cfg(unix)]
mod crew;
#[cfg(unix)]
mod driver;
#[cfg(unix)]
mod environment;
#[cfg(unix)]
mod failure;
#[cfg(unix)]
mod left;
mod options;
#[cfg(unix)]
mod pool;
#[cfg(unix)]
mod start;
mod sync;
#[cfg(not(unix))]
mod unsupported;
#[cfg(unix)]
mod watch;
#[cfg(unix)]
mod worker;

use larder_core::ParallelFactory;

#[cfg(unix)]
pub use crate::backend::Process;
pub use crate::options::ProcessOptions;
#[cfg(not(unix))]
pub use crate::unsupported::Process;

/// How the registry opens it: as `process`, with [`ProcessOptions`].
pub fn factory() -> ParallelFactory {
    ParallelFactory::new("process", Process::with)
        .aliases(["loky", "multiprocessing", "processes"])
        .about("other processes of this machine")
        .option_help(
            "exe",
            "the program that workers are: it has the same task functions and calls `larder::init()`; this one by \
             default",
        )
        .option_help("idle", "after how long a worker ends that nobody uses; `5m` by default")
        .option_help("start_timeout", "how long a worker may take to start; `1m` by default")
        .option_help(
            "attempts",
            "how often a task may take its worker with it before it has failed, at least 1; 3 by default",
        )
        .option_help(
            "max_worker_memory",
            "a worker with more memory of its own is replaced, between batches (Linux); never by default",
        )
}
