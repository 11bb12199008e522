//! What `memory.cache::<function>()` gives: the function, with everything one may ask about its calls.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::bound::{Bound, there};
use super::call::{self, Wish};
use super::function_state::FunctionState;
use super::named::Named;
use super::shelf::Shelf;
use super::{Async, Memoize, Memory, RunAsync, RunSync, Stats, Sync};
use crate::runtime::block_on;
use crate::{Prefix, Result};

/// A memoized function under one [`Memory`].
///
/// `#[memoize]` makes a type of the function's own name that derefs to this and adds `call` and `with`, which take the
/// function's own parameters.
///
/// ```
/// # use larder_core::{Memory, memoize};
/// #[memoize(crate = larder_core)] // of `larder`, no path is needed
/// fn square(x: u64) -> u64 {
///     x * x
/// }
///
/// let memory = Memory::open("memory:")?;
/// let f = memory.cache::<square>();
/// assert_eq!(f.call(12)?, 144);
/// assert!(f.with(12).lookup()?.is_hit());
/// assert_eq!((f.clear()?, f.with(12).get()?), (1, None));
/// # Ok::<(), larder_core::Error>(())
/// ```
pub struct Handle<F> {
    memory: Memory,
    /// `None` under a disabled memory.
    pub(crate) bound: Option<(Arc<Shelf>, Arc<FunctionState>)>,
    function: PhantomData<fn() -> F>,
}

impl<F: Memoize> Handle<F> {
    pub(crate) fn new(memory: &Memory) -> Result<Self> {
        let bound = match memory.shelf() {
            Some(shelf) => Some((shelf.clone(), F::cell().state::<F>(shelf)?)),
            None => None,
        };
        Ok(Self { memory: memory.clone(), bound, function: PhantomData })
    }

    /// The memory this handle belongs to.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// `package::crate::module::function`.
    pub fn name(&self) -> &str {
        F::cell().identity::<F>().name.as_str()
    }

    /// Where results of this version of the function are kept; its parent holds all versions.
    pub fn version(&self) -> &Prefix {
        &F::cell().identity::<F>().version
    }

    /// What calls of this function have done under this memory.
    pub fn stats(&self) -> Stats {
        self.bound.as_ref().map(|(_, function)| function.stats()).unwrap_or_default()
    }

    /// A call about to be made.
    pub fn bind<'a>(&'a self, args: F::Args<'a>) -> Bound<'a, F> {
        Bound::new(self, args)
    }

    /// Takes the result from the store, or computes and keeps it: what the generated `call` of a `fn` does.
    ///
    /// # Errors
    /// Those of the store, where the memory was told to
    /// [fail on store errors](crate::OnStoreError::Fail); otherwise none.
    pub fn call_sync(&self, args: F::Args<'_>) -> Result<F::Output>
    where
        F: RunSync<Mode = Sync>,
    {
        there(self.walk_blocking(Wish::Call, args))
    }

    /// Takes the result from the store, or computes and keeps it: what the generated `call` of an `async fn` does.
    ///
    /// # Errors
    /// As [`call_sync`](Self::call_sync).
    pub async fn call_async(&self, args: F::Args<'_>) -> Result<F::Output>
    where
        F: RunAsync<Mode = Async>,
    {
        there(self.walk_async(Wish::Call, args).await)
    }

    pub(crate) fn walk_blocking(&self, wish: Wish, args: F::Args<'_>) -> Result<Option<F::Output>>
    where
        F: RunSync,
    {
        let Some((shelf, function)) = &self.bound else {
            return Ok((wish != Wish::Get).then(|| F::run(args)));
        };
        let mut call = Named::<F>::new(args);
        call::walk_blocking(shelf, function, wish, &mut call)?;
        Ok(call.into_result())
    }

    pub(crate) async fn walk_async(
        &self,
        wish: Wish,
        args: F::Args<'_>,
    ) -> Result<Option<F::Output>>
    where
        F: RunAsync,
    {
        let Some((shelf, function)) = &self.bound else {
            return Ok(if wish == Wish::Get { None } else { Some(F::run(args).await) });
        };
        let mut call = Named::<F>::new(args);
        call::walk(shelf, function, wish, &mut call).await?;
        Ok(call.into_result())
    }

    /// Removes all results of all versions of this function; says how many there were.
    ///
    /// # Errors
    /// Those of the store.
    pub fn clear(&self) -> Result<u64> {
        block_on(self.clear_async())
    }

    /// [`clear`](Self::clear), for asynchronous code.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn clear_async(&self) -> Result<u64> {
        self.clear_prefix(&F::cell().identity::<F>().function).await
    }

    /// Removes all results of this version of this function; says how many there were.
    ///
    /// # Errors
    /// Those of the store.
    pub fn clear_version(&self) -> Result<u64> {
        block_on(self.clear_version_async())
    }

    /// [`clear_version`](Self::clear_version), for asynchronous code.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn clear_version_async(&self) -> Result<u64> {
        self.clear_prefix(self.version()).await
    }

    async fn clear_prefix(&self, prefix: &Prefix) -> Result<u64> {
        match &self.bound {
            // What lies there is another function's.
            Some((_, function)) if function.uncached => Ok(0),
            _ => self.memory.clear_prefix(prefix).await,
        }
    }
}

impl<F> Clone for Handle<F> {
    fn clone(&self) -> Self {
        Self { memory: self.memory.clone(), bound: self.bound.clone(), function: PhantomData }
    }
}

impl<F> fmt::Debug for Handle<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.bound.as_ref().map(|(_, function)| &function.version);
        f.debug_struct("Handle").field("version", &version).field("memory", &self.memory).finish()
    }
}
