//! One call about to be made, and what may be asked of it.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::call::Wish;
use super::function_state::FunctionState;
use super::lookup::Lookup;
use super::reference::MemoizedResult;
use super::shelf::Shelf;
use super::{Async, Handle, Memoize, MissReason, RunAsync, RunSync, Sync};
use crate::digest::Digest;
use crate::runtime::block_on;
use crate::{Error, Key, Result};

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

    /// Where the result is kept once it is; `None` where nothing is.
    fn place(&self) -> Result<Option<(&'a Shelf, &'a FunctionState, Key)>> {
        match &self.handle.bound {
            Some((shelf, function)) if !function.uncached => {
                Ok(Some((shelf, function, self.key()?)))
            }
            _ => Ok(None),
        }
    }
}

impl<F: Memoize> Handle<F> {
    fn reference(&self, key: Key) -> MemoizedResult<F::Output> {
        MemoizedResult::of_entry(self.memory().clone(), key, F::storage())
    }
}

/// The methods of a bound call: blocking for a `fn`, returning futures for an `async fn`.
macro_rules! verbs {
    ($mode:ident, $run:ident, $walk:ident, [$($async:tt)?], $own:ident, $future:ident) => {
        impl<F: $run<Mode = $mode>> Bound<'_, F, $mode> {
            /// Takes the result from the store, or computes and keeps it.
            ///
            /// # Errors
            /// Those of the store, where the memory was told to [fail on store errors](crate::OnStoreError::Fail);
            /// otherwise none.
            pub $($async)? fn call(self) -> Result<F::Output> {
                there($own!(self.handle.$walk(Wish::Call, self.args)))
            }

            /// Computes and keeps, whatever is there.
            ///
            /// # Errors
            /// As [`call`](Self::call).
            pub $($async)? fn refresh(self) -> Result<F::Output> {
                there($own!(self.handle.$walk(Wish::Refresh, self.args)))
            }

            /// Takes the result from the store, if it is there; never computes.
            ///
            /// # Errors
            /// As [`call`](Self::call).
            pub $($async)? fn get(self) -> Result<Option<F::Output>> {
                $own!(self.handle.$walk(Wish::Get, self.args))
            }

            /// Runs the function itself: nothing is looked up, nothing kept.
            pub $($async)? fn call_uncached(self) -> F::Output {
                $own!(F::run(self.args))
            }

            /// What a call would find. Reads no more than what stands before the value, and changes nothing.
            ///
            /// # Errors
            /// Those of the store.
            pub $($async)? fn lookup(self) -> Result<Lookup> {
                match self.place()? {
                    Some((shelf, function, key)) => $future!(shelf.lookup(function, &key)),
                    None => Ok(Lookup::Miss(MissReason::Never)),
                }
            }

            /// Removes the result of this call; says whether there was one.
            ///
            /// # Errors
            /// Those of the store.
            pub $($async)? fn invalidate(self) -> Result<bool> {
                match self.place()? {
                    Some((shelf, _, key)) => $future!(shelf.delete(&key)),
                    None => Ok(false),
                }
            }

            /// Makes sure that the result is kept, and returns a small reference to it. On a hit the value is not read.
            /// An `Err`, and whatever else is not kept, the reference holds itself.
            ///
            /// # Errors
            /// Those of the store.
            pub $($async)? fn shelve(self) -> Result<MemoizedResult<F::Output>> {
                let place = self.place()?;
                if let Some((shelf, function, key)) = &place
                    && $future!(shelf.lookup(function, key))?.is_hit()
                {
                    return Ok(self.handle.reference(key.clone()));
                }
                let value = there($own!(self.handle.$walk(Wish::Call, self.args)))?;
                match place {
                    Some((shelf, function, key))
                        if $future!(shelf.lookup(function, &key))?.is_hit() =>
                    {
                        Ok(self.handle.reference(key))
                    }
                    _ => Ok(MemoizedResult::of_value(value)),
                }
            }
        }
    };
}

macro_rules! as_it_is {
    ($value:expr) => {
        $value
    };
}
macro_rules! blocked_on {
    ($future:expr) => {
        block_on($future)
    };
}
macro_rules! awaited {
    ($future:expr) => {
        $future.await
    };
}
verbs!(Sync, RunSync, walk_blocking, [], as_it_is, blocked_on);
verbs!(Async, RunAsync, walk_async, [async], awaited, awaited);

/// Only a [`Wish::Get`] ends without a result.
pub(crate) fn there<T>(result: Result<Option<T>>) -> Result<T> {
    result.map(|result| result.expect("a call that may compute has a result"))
}
