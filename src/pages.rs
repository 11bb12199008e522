//! The code of the README, of the book, and of what the documentation of larder-macros says through this crate, as
//! documentation tests: each page with what it needs.

#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(feature = "process")]
#[doc = include_str!("../docs/tutorial.md")]
struct Tutorial;

#[doc = include_str!("../docs/memory.md")]
struct Memory;

#[cfg(feature = "threading")]
#[doc = include_str!("../docs/parallel.md")]
struct Parallel;

#[cfg(feature = "process")]
#[doc = include_str!("../docs/processes.md")]
struct Processes;

#[doc = include_str!("../docs/arrays-and-files.md")]
struct Arrays;

#[cfg(feature = "threading")]
#[doc = include_str!("../docs/tasks.md")]
struct Tasks;

#[cfg(feature = "dask")]
#[doc = include_str!("../docs/dask.md")]
struct Dask;

#[doc = include_str!("../docs/configuration.md")]
struct Configuration;

#[cfg(feature = "hot")]
#[doc = include_str!("../docs/layers-and-limits.md")]
struct Layers;

#[doc = include_str!("../docs/object-stores.md")]
struct ObjectStores;

#[doc = include_str!("../docs/gotchas.md")]
struct Gotchas;

#[doc = include_str!("../docs/when-not-to-cache.md")]
struct WhenNot;

#[cfg(feature = "process")]
#[doc = include_str!("../docs/coming-from-joblib.md")]
struct Joblib;

#[doc = include_str!("../docs/services.md")]
struct Services;

#[doc = include_str!("../core/macros/docs/memoize.md")]
struct Memoize;

#[cfg(feature = "threading")]
#[doc = include_str!("../core/macros/docs/task.md")]
struct Task;

#[doc = include_str!("../core/macros/docs/tracked.md")]
struct Tracked;
