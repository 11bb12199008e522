//! The core of larder: the store trait, the registry, and everything a memoized call walks through.
//!
//! Programs use the facade crate `larder`, which brings this crate together with the backends. Depend on this one to
//! write a backend, or to embed larder without the facade.
//!
//! Where to look:
//!
//! * [`store`]: the trait of a store, [`StoreBackend`](store::StoreBackend), with leases, listings and the layers;
//!   [`Mounted`] is how stores are called, [`Key`] and [`Payload`] what they are given.
//! * [`parallel`]: the trait of a parallel backend, [`ParallelBackend`](parallel::ParallelBackend), with what it pulls
//!   from, [`Call`](parallel::Call); [`parallel::tasks`] is how functions are found on the other side of a wire.
//! * [`Registry`]: everything that is asked for by name, with [`StoreFactory`] and [`ParallelFactory`] for those who add
//!   to it.
//! * [`Memory`], [`Handle`], [`MemoizedResult`]: what a memoized call is made of; [`digest`], [`codec`], [`compress`] and
//!   [`shape`] are its parts, each of which can be used alone.
//! * [`Array`], [`SharedArray`], [`persist`]: numbers in bulk, and values in files.
//! * [`Config`] and [`settings`]: the one document that says where and how.
//!
//! A store or backend of yours is checked by crate `larder-conformance`.
//!
//! ```
//! use std::sync::Arc;
//!
//! use larder_core::Memory;
//! use larder_core::store::MemoryStore;
//!
//! let memory = Memory::over(Arc::new(MemoryStore::new())).open()?; // any store, without a registry
//! assert_eq!(memory.get_or_compute(&"answer", || 42)?, 42);
//! # Ok::<(), larder_core::Error>(())
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod array;
mod backend_config;
mod beside;
pub mod codec;
pub mod compress;
mod config;
pub mod digest;
mod envelope;
mod error;
mod huge_pages;
mod key;
mod map;
mod marks;
mod memory;
mod mounted;
mod name;
mod options;
pub mod parallel;
mod payload;
pub mod persist;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod record_lock;
mod registry;
mod runtime;
mod secret;
pub mod shape;
mod shared;
mod side_by_side;
pub mod store;
mod store_config;
mod suggest;
mod sync;
mod table;
pub mod units;

pub use crate::array::{Array, Element, Logical, Order, bulk};
pub use crate::backend_config::BackendConfig;
pub use crate::config::{
    Config, IntoConfig, MemoryConfig, OnStoreError, ParallelConfig, SettingInfo, Verify, settings,
};
pub use crate::digest::{Digest, KeyAlgorithm, KeyDigest, hash, hash_serde, hash_with};
pub use crate::error::{Error, ErrorKind, Result};
pub use crate::key::{DIGEST_LEN, Key, MAX_KEY_LEN, MAX_SEGMENT_LEN, Prefix};
pub use crate::map::MmapMode;
pub use crate::memory::{
    ArgsWriter, Argument, Bound, CachedFn, Condition, Copied, EntryDetails, EntryMeta,
    FunctionInfo, FunctionOptions, Handle, KeptFunction, KeptVersion, Limits, Lookup, Memoize,
    MemoizedResult, Memory, MemoryBuilder, Metadata, MissReason, Packages, Stats, Tracked, Version,
    VersionRecord, print_events,
};
pub use crate::mounted::Mounted;
pub use crate::name::ShortName;
pub use crate::options::{OptionMap, OptionValue};
pub use crate::parallel::{Delayed, Parallel, TaskError, cpu_count, delayed};
pub use crate::payload::{FileSegment, Payload, Segment};
pub use crate::persist::{
    DumpOptions, LoadOptions, dump, dump_to, dump_with, load, load_from, load_with,
};
pub use crate::registry::{
    Builtin, InnerStores, Location, OptionInfo, ParallelFactory, ParallelInfo, Registry,
    StoreFactory, StoreInfo,
};
pub use crate::secret::Secret;
pub use crate::shared::{SharedArray, SharedPart};
pub use crate::store_config::StoreConfig;
#[cfg(feature = "macros")]
pub use larder_macros::{KeyDigest, memoize, task, tracked};
