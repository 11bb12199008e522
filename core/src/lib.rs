//! The core of larder: the store trait, the registry, and everything a memoized call walks through.
//!
//! Programs use the facade crate `larder`, which brings this crate together with the backends. Depend on this one to
//! write a backend, or to embed larder without the facade.

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
pub mod shape;
mod shared;
mod side_by_side;
pub mod store;
mod store_config;
mod suggest;
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
pub use crate::shared::{SharedArray, SharedPart};
pub use crate::store_config::StoreConfig;
#[cfg(feature = "macros")]
pub use larder_macros::{KeyDigest, memoize, task, tracked};
