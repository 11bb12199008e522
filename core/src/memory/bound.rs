//! One call about to be made, and what may be asked of it.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::call::{self, Call};
use super::function_state::FunctionState;
use super::lookup::Lookup;
use super::reference::MemoizedResult;
use super::shelf::Shelf;
use super::{ArgsWriter, Async, Handle, Memoize, MissReason, Mode, RunAsync, RunSync, Sync};
use crate::codec::Storage;
use crate::digest::Digest;
use crate::runtime::block_on;
use crate::{Error, Key, Result};

/// The arguments of a call, as the walk wants them.
pub(crate) struct Arguments<'a, F: Memoize>(pub(crate) F::Args<'a>);

impl<'a, F: Memoize> Call for Arguments<'a, F> {
    type Output = F::Output;
    type Run = <F::Mode as Mode<F>>::Run<'a>;

    fn digest(&self, digest: &mut Digest) {
        F::digest(&self.0, digest);
    }

    fn describe(&self, out: &mut ArgsWriter<'_>) {
        F::describe(&self.0, out);
    }

    fn storage(&self) -> Storage<F::Output> {
        F::storage()
    }

    fn run(self) -> Self::Run {
        F::Mode::run(self.0)
    }
}

/// One call about to be made: a memoized function and its arguments.
///
/// The methods of a plain function's call block; those of an `async fn`'s have the same names and return futures.
#[must_use = "nothing happens until one of its methods is called"]
pub struct Bound<'a, F: Memoize, M = <F as Memoize>::Mode> {
    handle: &'a Handle<F>,
    args: F::Args<'a>,
    /// Tells the blocking methods from the asynchronous ones.
    mode: PhantomData<fn() -> M>,
}

impl<F: Memoize, M> fmt::Debug for Bound<'_, F, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bound").field("handle", &self.handle).finish_non_exhaustive()
    }
}

impl<'a, F: Memoize, M> Bound<'a, F, M> {
    pub(crate) fn new(handle: &'a Handle<F>, args: F::Args<'a>) -> Self {
        Self { handle, args, mode: PhantomData }
    }

    /// The key of this call's result.
    ///
    /// # Errors
    /// When an argument cannot be digested, or the memory is disabled.
    pub fn key(&self) -> Result<Key> {
        let (shelf, function) = self.parts()?;
        let mut digest = Digest::with_algorithm(shelf.settings.key_algorithm);
        F::digest(&self.args, &mut digest);
        Ok(Key::in_version(&function.version, &digest.finish()?))
    }

    fn parts(&self) -> Result<&'a (Arc<Shelf>, Arc<FunctionState>)> {
        self.handle
            .bound
            .as_ref()
            .ok_or_else(|| Error::invalid("the memory is disabled: it has no keys"))
    }

    async fn call_here(self) -> Result<F::Output> {
        self.handle.walk(self.args).await
    }

    async fn get_here(self) -> Result<Option<F::Output>> {
        match &self.handle.bound {
            Some((shelf, function)) => call::get(shelf, function, &Arguments::<F>(self.args)).await,
            None => Ok(None),
        }
    }

    async fn refresh_here(self) -> Result<F::Output> {
        match &self.handle.bound {
            Some((shelf, function)) => {
                call::refresh(shelf, function, Arguments::<F>(self.args)).await
            }
            None => Ok(F::Mode::run(self.args).await),
        }
    }

    async fn lookup_here(self) -> Result<Lookup> {
        match &self.handle.bound {
            Some((shelf, function)) if !function.uncached => {
                shelf.lookup(function, &self.key()?).await
            }
            _ => Ok(Lookup::Miss(MissReason::Never)),
        }
    }

    async fn invalidate_here(self) -> Result<bool> {
        match &self.handle.bound {
            Some((shelf, function)) if !function.uncached => shelf.store.delete(&self.key()?).await,
            _ => Ok(false),
        }
    }

    async fn shelve_here(self) -> Result<MemoizedResult<F::Output>> {
        let Some((shelf, function)) =
            self.handle.bound.as_ref().filter(|(_, function)| !function.uncached)
        else {
            return Ok(MemoizedResult::of_value(F::Mode::run(self.args).await));
        };
        let key = self.key()?;
        if !shelf.lookup(function, &key).await?.is_hit() {
            let value = self.handle.walk(self.args).await?;
            if !shelf.lookup(function, &key).await?.is_hit() {
                // An `Err`, or a store that does not keep: the reference holds the value itself.
                return Ok(MemoizedResult::of_value(value));
            }
        }
        Ok(MemoizedResult::of_entry(self.handle.memory().clone(), key, F::storage()))
    }
}

/// The methods of a bound call: blocking for a `fn`, returning futures for an `async fn`.
macro_rules! verbs {
    ($($(#[$doc:meta])* $verb:ident $here:ident -> $out:ty;)*) => {
        impl<F: RunSync<Mode = Sync>> Bound<'_, F, Sync> {
            $(
                $(#[$doc])*
                pub fn $verb(self) -> Result<$out> {
                    block_on(self.$here())
                }
            )*

            /// Runs the function itself: nothing is looked up, nothing kept.
            pub fn call_uncached(self) -> F::Output {
                F::run(self.args)
            }
        }

        impl<F: RunAsync<Mode = Async>> Bound<'_, F, Async> {
            $(
                $(#[$doc])*
                pub async fn $verb(self) -> Result<$out> {
                    self.$here().await
                }
            )*

            /// Runs the function itself: nothing is looked up, nothing kept.
            pub async fn call_uncached(self) -> F::Output {
                F::run(self.args).await
            }
        }
    };
}

verbs! {
    /// Takes the result from the store, or computes and keeps it.
    ///
    /// # Errors
    /// As [`Handle::call_sync`].
    call call_here -> F::Output;
    /// Takes the result from the store, if it is there; never computes.
    ///
    /// # Errors
    /// As [`Handle::call_sync`].
    get get_here -> Option<F::Output>;
    /// Computes and keeps, whatever is there.
    ///
    /// # Errors
    /// As [`Handle::call_sync`].
    refresh refresh_here -> F::Output;
    /// What a call would find. Reads no more than what stands before the value, and changes nothing.
    ///
    /// # Errors
    /// Those of the store.
    lookup lookup_here -> Lookup;
    /// Removes the result of this call; says whether there was one.
    ///
    /// # Errors
    /// Those of the store.
    invalidate invalidate_here -> bool;
    /// Makes sure that the result is kept, and returns a small reference to it. On a hit the value is not read.
    ///
    /// # Errors
    /// Those of the store.
    shelve shelve_here -> MemoizedResult<F::Output>;
}
