//! Closures, for functions that cannot carry the attribute.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;

use super::bound::there;
use super::call::{self, Wish};
use super::function_state::FunctionState;
use super::identity::{Identity, VersionHash};
use super::lookup::Lookup;
use super::shelf::Shelf;
use super::unnamed::{Unnamed, once};
use super::{ArgsWriter, FunctionOptions, Memory, MissReason, Stats};
use crate::codec::{Storable, Storage};
use crate::digest::{Digest, digest_serde};
use crate::runtime::block_on;
use crate::{Key, Prefix, Result};

impl Memory {
    /// Memoizes a closure: for functions that cannot carry the attribute, such as those of other crates.
    ///
    /// The closure itself captures nothing (that would not compile): what it needs besides its arguments is given as
    /// `captures` and is part of the key, so that two closures with different captures never answer for each other.
    /// `name` and `version` stand for its code; the type of its result is part of the version too.
    ///
    /// ```
    /// # use larder_core::Memory;
    /// # let memory = Memory::open("memory:")?;
    /// let scale = 3;
    /// let scaled = memory.cache_fn("scaled", 1, scale, |scale, xs: &[u64]| {
    ///     xs.iter().map(|x| x * scale).collect::<Vec<u64>>()
    /// })?;
    /// assert_eq!(scaled.call(&[1, 2])?, [3, 6]);
    /// # Ok::<(), larder_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the memory's codec cannot be used.
    pub fn cache_fn<C, A, R, F>(
        &self,
        name: &str,
        version: u64,
        captures: C,
        function: F,
    ) -> Result<CachedFn<C, A, R, F>>
    where
        C: Serialize,
        A: Serialize + ?Sized,
        R: Storable,
        F: Fn(&C, &A) -> R,
    {
        CachedFn::new(self, name, version, captures, function, Storage::of_value())
    }

    /// [`cache_fn`](Self::cache_fn) for a closure that may fail: only an `Ok` is kept.
    ///
    /// # Errors
    /// As [`cache_fn`](Self::cache_fn).
    pub fn try_cache_fn<C, A, R, E, F>(
        &self,
        name: &str,
        version: u64,
        captures: C,
        function: F,
    ) -> Result<CachedFn<C, A, Result<R, E>, F>>
    where
        C: Serialize,
        A: Serialize + ?Sized,
        R: Storable,
        F: Fn(&C, &A) -> Result<R, E>,
    {
        CachedFn::new(self, name, version, captures, function, Storage::of_result())
    }
}

/// A closure, remembered: see [`Memory::cache_fn`].
pub struct CachedFn<C, A: ?Sized, R, F> {
    memory: Memory,
    identity: Identity,
    bound: Option<(Arc<Shelf>, Arc<FunctionState>)>,
    captures: C,
    function: F,
    storage: Storage<R>,
    arguments: PhantomData<fn(&A)>,
}

impl<C, A, R, F> CachedFn<C, A, R, F>
where
    C: Serialize,
    A: Serialize + ?Sized,
    F: Fn(&C, &A) -> R,
{
    fn new(
        memory: &Memory,
        name: &str,
        version: u64,
        captures: C,
        function: F,
        storage: Storage<R>,
    ) -> Result<Self> {
        const {
            assert!(
                size_of::<F>() == 0,
                "the closure of `cache_fn` captures something, which would not be part of the key: \
                 pass it as `captures` and take it from the closure's first parameter"
            );
        }
        let mut code =
            VersionHash::new(u128::from(version).to_le_bytes(), (storage.shape)().fingerprint());
        // Closures of one name in two programs are not one function.
        code.add(std::any::type_name::<F>());
        let identity = Identity::new(name.to_owned(), &["-fn", name], &code);
        let bound = match memory.shelf() {
            Some(shelf) => {
                Some((shelf.clone(), shelf.function(&identity, None, &FunctionOptions::NONE)?))
            }
            None => None,
        };
        Ok(Self {
            memory: memory.clone(),
            identity,
            bound,
            captures,
            function,
            storage,
            arguments: PhantomData,
        })
    }

    fn walk(&self, wish: Wish, args: &A) -> Result<Option<R>> {
        let Some((shelf, function)) = &self.bound else {
            return Ok((wish != Wish::Get).then(|| self.call_uncached(args)));
        };
        let describe =
            |out: &mut ArgsWriter<'_>| out.opaque("arguments", std::any::type_name::<A>());
        let run = once(|| self.call_uncached(args));
        let mut call = Unnamed::new((&self.captures, args), describe, self.storage, run);
        call::walk_blocking(shelf, function, wish, &mut call)?;
        Ok(call.into_result())
    }

    /// Takes the result from the store, or computes and keeps it.
    ///
    /// # Errors
    /// Those of the store, where the memory was told to fail on them.
    pub fn call(&self, args: &A) -> Result<R> {
        there(self.walk(Wish::Call, args))
    }

    /// Takes the result from the store, if it is there; never computes.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn get(&self, args: &A) -> Result<Option<R>> {
        self.walk(Wish::Get, args)
    }

    /// Computes and keeps, whatever is there.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn refresh(&self, args: &A) -> Result<R> {
        there(self.walk(Wish::Refresh, args))
    }

    /// Runs the closure itself: nothing is looked up, nothing kept.
    pub fn call_uncached(&self, args: &A) -> R {
        (self.function)(&self.captures, args)
    }

    /// The key of a call's result; `None` under a disabled memory.
    ///
    /// # Errors
    /// When captures or arguments cannot be digested.
    pub fn key(&self, args: &A) -> Result<Option<Key>> {
        let Some((shelf, function)) = &self.bound else { return Ok(None) };
        let mut digest = Digest::with_algorithm(shelf.settings.key_algorithm);
        digest_serde(&(&self.captures, args), &mut digest);
        Ok(Some(Key::in_version(&function.version, &digest.finish()?)))
    }

    /// What a call would find; changes nothing.
    ///
    /// # Errors
    /// Those of the store.
    pub fn lookup(&self, args: &A) -> Result<Lookup> {
        match (&self.bound, self.key(args)?) {
            (Some((shelf, function)), Some(key)) => block_on(shelf.lookup(function, &key)),
            _ => Ok(Lookup::Miss(MissReason::Never)),
        }
    }

    /// Removes the result of a call; says whether there was one.
    ///
    /// # Errors
    /// Those of the store.
    pub fn invalidate(&self, args: &A) -> Result<bool> {
        match (&self.bound, self.key(args)?) {
            (Some((shelf, _)), Some(key)) => block_on(shelf.delete(&key)),
            _ => Ok(false),
        }
    }

    /// Removes all results of all versions of closures of this name; says how many there were.
    ///
    /// # Errors
    /// Those of the store.
    pub fn clear(&self) -> Result<u64> {
        block_on(self.memory.clear_prefix(&self.identity.function))
    }

    /// Where results of this version are kept.
    pub fn version(&self) -> &Prefix {
        &self.identity.version
    }

    /// What calls of this closure have done under this memory.
    pub fn stats(&self) -> Stats {
        self.bound.as_ref().map(|(_, function)| function.stats()).unwrap_or_default()
    }
}

impl<C, A: ?Sized, R, F> fmt::Debug for CachedFn<C, A, R, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedFn")
            .field("version", &self.identity.version)
            .field("memory", &self.memory)
            .finish()
    }
}
