//! Compute once, keep it on the shelf, take it from there next time.
//!
//! Annotate a slow function, open a [`Memory`], and a call with arguments it has seen before, in this run or any later
//! one, takes its result from a store instead of computing it.
//!
//! ```
//! use larder::{Memory, memoize};
//!
//! #[memoize]
//! fn primes_below(limit: u32) -> Vec<u32> {
//!     (2..limit).filter(|n| (2..*n).all(|d| n % d != 0)).collect()
//! }
//!
//! let memory = Memory::open("memory:")?; // for results that outlive the program: a path, such as "./cache"
//! memory.install();
//! assert_eq!(primes_below(20), [2, 3, 5, 7, 11, 13, 17, 19]); // computed
//! assert_eq!(primes_below(20).len(), 8); // from the store
//! assert_eq!(memory.stats().hits, 1);
//! # Memory::uninstall();
//! # Ok::<(), larder::Error>(())
//! ```
//!
//! * [`memoize`](macro@memoize) is the attribute and all its options; its handle ([`Handle`], [`Bound`]) looks up,
//!   refreshes, shelves and forgets; [`Memory::cache_fn`] and [`Memory::get_or_compute`] need no attribute.
//! * [`Config`] says where and how results are kept: in a file, the environment, or code.
//! * [`registry`] is what can be asked for by name: stores, codecs, compressors; add your own.
//! * [`Parallel`] runs many tasks at once, in order, streamed or awaited; [`task`](macro@task) functions can run in other
//!   processes and on other machines; [`parallel`] is what its backends are made of.
//! * [`Array`] and [`SharedArray`] are numbers in bulk, mapped rather than read; [`dump`] and [`load`] keep any value in a
//!   file.
//! * [`store::StoreBackend`] is the trait of a store; `larder-conformance` checks one.
//!
//! The [repository](https://docs.rs/crate/larder/latest/source/docs/) has the book: a tutorial, a guide to each of these,
//! which store and which backend when, what the key cannot see, the formats byte by byte.
//!
//! Features: `local` (files in a directory), `threading` and `process` (parallel calls on threads and in processes) and
//! `toml` (configuration files) are on by default; `sqlite`, `s3`, `gcs`, `azure` and `http` add stores, `dask`
//! parallel calls on a cluster, `zstd` and others compressors, `sha256` a key algorithm, `hot` results that stay decoded in
//! memory, `progress` bars on a terminal, `cli` the command `larder`.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub use larder_core::*;
#[cfg(feature = "dask")]
pub use larder_dask as dask;
#[cfg(feature = "local")]
pub use larder_local as local;
#[cfg(feature = "object-store")]
pub use larder_object_store as object_store;
#[cfg(feature = "process")]
pub use larder_process as process;
#[cfg(feature = "sqlite")]
pub use larder_sqlite as sqlite;
#[cfg(feature = "threading")]
pub use larder_threading as threading;
#[cfg(any(feature = "dask", feature = "process"))]
pub use larder_worker::{init, is_worker, test_worker};

/// The process-wide registry, with every backend this crate was compiled with.
pub fn registry() -> &'static Registry {
    Registry::global()
}

#[cfg(doctest)]
mod pages;

// The one list of what this crate brings: named here, so that the linker keeps it.
#[cfg(feature = "local")]
inventory::submit!(Builtin(|registry| registry.register(larder_local::factory())));
#[cfg(feature = "sqlite")]
inventory::submit!(Builtin(|registry| registry.register(larder_sqlite::factory())));
#[cfg(feature = "object-store")]
inventory::submit!(Builtin(|registry| {
    larder_object_store::factories().into_iter().try_for_each(|factory| registry.register(factory))
}));
#[cfg(feature = "threading")]
inventory::submit!(Builtin(|registry| {
    registry.register_parallel_factory(larder_threading::factory())
}));
#[cfg(feature = "process")]
inventory::submit!(Builtin(|registry| {
    registry.register_parallel_factory(larder_process::factory())
}));
#[cfg(feature = "dask")]
inventory::submit!(Builtin(|registry| {
    registry.register_parallel_factory(larder_dask::factory())
}));
