//! Memoization: functions that run once, and are remembered.

mod ambient;
mod bound;
mod breaker;
mod builder;
mod cached_fn;
mod call;
mod carried;
mod context;
mod copy;
mod events;
mod flight;
mod front;
mod function;
mod function_state;
mod handle;
mod hot;
mod identity;
mod inspect;
mod inventory;
mod keep;
mod look_ahead;
mod lookup;
mod maintenance;
mod mapping;
mod memoize;
mod metadata;
mod named;
mod outcome;
mod reference;
mod shelf;
mod stale;
mod stats;
mod travel;
mod turn;
mod unnamed;
mod unpack;
mod upkeep;
mod values;
mod verbose;
mod verify;
mod version_record;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

pub use self::ambient::{Packages, ambient, ambient_async};
pub use self::bound::Bound;
pub use self::builder::MemoryBuilder;
pub use self::cached_fn::CachedFn;
pub(crate) use self::carried::Carried;
pub use self::copy::Copied;
pub use self::function::{FunctionInfo, FunctionOptions, Tracked, Version};
pub use self::handle::Handle;
pub use self::hot::{Hot, KeepHot, via as hot_via};
pub use self::identity::FunctionCell;
pub use self::inspect::EntryDetails;
pub use self::inventory::{KeptFunction, KeptVersion};
pub use self::lookup::{EntryMeta, Lookup, MissReason};
pub use self::maintenance::Limits;
pub use self::memoize::{Async, Memoize, Mode, RunAsync, RunSync, Sync};
pub(crate) use self::metadata::host;
pub use self::metadata::{ArgsWriter, Argument, Metadata, describe_via};
pub use self::reference::MemoizedResult;
pub use self::stats::Stats;
pub use self::verbose::print_events;
pub use self::verify::Condition;
pub use self::version_record::VersionRecord;

use self::shelf::Shelf;
use crate::store::StoreBackend;
use crate::{IntoConfig, Key, Result, StoreConfig};

/// A store for the results of functions, and the rules by which they are kept.
///
/// Cheap to clone; clones are the same memory. Open one store once: two memories over one location in one process work,
/// but count and wait separately.
///
/// ```
/// use larder_core::Memory;
///
/// let memory = Memory::open("memory:")?;   // with the facade also "./cache", and whatever else is registered
/// let slow_square = memory.cache_fn("slow_square", 1, (), |_, x: &u64| x * x)?;
/// assert_eq!(slow_square.call(&12)?, 144);
/// assert_eq!(slow_square.call(&12)?, 144);
/// assert_eq!(memory.stats().hits, 1);
/// # Ok::<(), larder_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Memory(Option<Arc<Shelf>>);

impl Memory {
    /// Opens a memory over the store that `config` describes: a path, a URL, the name of a registered backend with a
    /// location (`"sqlite:cache.db"`), a [`StoreConfig`], or a whole [`Config`](crate::Config). A
    /// [`Path`](std::path::Path) is never taken for a URL.
    ///
    /// # Errors
    /// When there is no such backend, naming those there are; when an option or the location is wrong; when the store
    /// cannot be opened.
    pub fn open(config: impl IntoConfig) -> Result<Self> {
        Self::builder(config)?.open()
    }

    /// A memory about to be opened, for settings that are made in code.
    ///
    /// # Errors
    /// When the description of the store cannot be meant.
    pub fn builder(config: impl IntoConfig) -> Result<MemoryBuilder> {
        Ok(MemoryBuilder::described(config.into_config()?.memory))
    }

    /// A memory about to be opened over a store built in code. It cannot be described to other processes.
    pub fn over(store: Arc<dyn StoreBackend>) -> MemoryBuilder {
        MemoryBuilder::over(store)
    }

    /// A memory that remembers nothing: every call computes.
    pub fn disabled() -> Self {
        Self(None)
    }

    /// Whether it remembers.
    pub fn is_enabled(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn of_shelf(shelf: Shelf) -> Self {
        Self(Some(Arc::new(shelf)))
    }

    pub(crate) fn shelf(&self) -> Option<&Arc<Shelf>> {
        self.0.as_ref()
    }

    /// The description from which the store was opened; `None` for a store built in code, and for a disabled memory.
    pub fn location(&self) -> Option<&StoreConfig> {
        let shelf = self.0.as_ref()?;
        shelf.described.then_some(&shelf.settings.store)
    }

    /// The file in which an entry lies, where the store has one for each.
    pub fn local_path(&self, key: &Key) -> Option<PathBuf> {
        self.0.as_ref()?.store.local_path(key)
    }

    /// The handle of a memoized function: `memory.cache::<costly>()`.
    ///
    /// # Panics
    /// When the attribute names a codec or compressor that is not registered; [`try_cache`](Self::try_cache) returns
    /// that as an error.
    pub fn cache<F: Memoize>(&self) -> F {
        self.try_cache().unwrap_or_else(|error| panic!("{}: {error:?}", F::FUNCTION.name))
    }

    /// The handle of a memoized function.
    ///
    /// # Errors
    /// When the attribute names a codec or compressor that is not registered; when `mmap_mode` and a compressor come
    /// together, one from the attribute, one from the memory.
    pub fn try_cache<F: Memoize>(&self) -> Result<F> {
        self.handle().map(F::from_handle)
    }

    /// One call of a memoized `fn`, for who wants no handle: `memory.eval::<costly>((&data, 3))`.
    ///
    /// # Errors
    /// Those of [`try_cache`](Self::try_cache) and of the call.
    pub fn eval<F: RunSync<Mode = Sync>>(&self, args: F::Args<'_>) -> Result<F::Output> {
        self.handle::<F>()?.call_sync(args)
    }

    /// One call of a memoized `async fn`, for who wants no handle.
    ///
    /// # Errors
    /// As [`eval`](Self::eval).
    pub async fn eval_async<F: RunAsync<Mode = Async>>(
        &self,
        args: F::Args<'_>,
    ) -> Result<F::Output> {
        self.handle::<F>()?.call_async(args).await
    }

    pub(crate) fn handle<F: Memoize>(&self) -> Result<Handle<F>> {
        Handle::new(self)
    }

    /// What all calls under this memory have done.
    pub fn stats(&self) -> Stats {
        self.stats_by_function().into_iter().map(|(_, stats)| stats).sum()
    }

    /// What the calls of each function have done, by the function's name.
    pub fn stats_by_function(&self) -> Vec<(String, Stats)> {
        let functions = self.0.as_ref().map(|shelf| shelf.functions()).unwrap_or_default();
        let mut all: Vec<_> =
            functions.iter().map(|function| (function.name.clone(), function.stats())).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(shelf) => f.debug_tuple("Memory").field(shelf.store.store()).finish(),
            None => f.write_str("Memory(disabled)"),
        }
    }
}
