//! Memoization without the attribute: closures, and values under keys of the caller's.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;

use super::call::{self, Call};
use super::function_state::FunctionState;
use super::identity::{Identity, VersionHash};
use super::lookup::Lookup;
use super::shelf::Shelf;
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

    /// The value kept under `key`, or that of `compute`, which is kept. The type of the value is part of the key.
    ///
    /// ```
    /// # use larder_core::Memory;
    /// # let memory = Memory::open("memory:")?;
    /// let primes = memory.get_or_compute(&("primes below", 12), || vec![2, 3, 5, 7, 11])?;
    /// assert_eq!(primes, memory.get_or_compute(&("primes below", 12), || unreachable!())?);
    /// # Ok::<(), larder_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of the store, where the memory was told to fail on them.
    pub fn get_or_compute<K, R>(&self, key: &K, compute: impl FnOnce() -> R) -> Result<R>
    where
        K: Serialize + fmt::Debug + ?Sized,
        R: Storable,
    {
        block_on(self.value(key, Storage::of_value(), std::future::poll_fn(once(compute))))
    }

    /// [`get_or_compute`](Self::get_or_compute) for a computation that may fail: only an `Ok` is kept.
    ///
    /// # Errors
    /// As [`get_or_compute`](Self::get_or_compute); the computation's own errors are the inner result.
    pub fn get_or_try_compute<K, R, E>(
        &self,
        key: &K,
        compute: impl FnOnce() -> Result<R, E>,
    ) -> Result<Result<R, E>>
    where
        K: Serialize + fmt::Debug + ?Sized,
        R: Storable,
    {
        block_on(self.value(key, Storage::of_result(), std::future::poll_fn(once(compute))))
    }

    /// [`get_or_compute`](Self::get_or_compute), for asynchronous code. On a hit, `compute` is never polled.
    ///
    /// # Errors
    /// As [`get_or_compute`](Self::get_or_compute).
    pub async fn get_or_compute_async<K, R>(
        &self,
        key: &K,
        compute: impl Future<Output = R>,
    ) -> Result<R>
    where
        K: Serialize + fmt::Debug + ?Sized,
        R: Storable,
    {
        self.value(key, Storage::of_value(), compute).await
    }

    /// [`get_or_try_compute`](Self::get_or_try_compute), for asynchronous code. On a hit, `compute` is never polled.
    ///
    /// # Errors
    /// As [`get_or_try_compute`](Self::get_or_try_compute).
    pub async fn get_or_try_compute_async<K, R, E>(
        &self,
        key: &K,
        compute: impl Future<Output = Result<R, E>>,
    ) -> Result<Result<R, E>>
    where
        K: Serialize + fmt::Debug + ?Sized,
        R: Storable,
    {
        self.value(key, Storage::of_result(), compute).await
    }

    async fn value<K, R>(
        &self,
        key: &K,
        storage: Storage<R>,
        compute: impl Future<Output = R>,
    ) -> Result<R>
    where
        K: Serialize + fmt::Debug + ?Sized,
    {
        let Some(shelf) = self.shelf() else { return Ok(compute.await) };
        let version = VersionHash::new([0; 16], (storage.shape)().fingerprint());
        let identity = Identity::new("value".to_owned(), &["-value"], &version);
        let function = shelf.function(&identity, None, &FunctionOptions::NONE)?;
        let describe = |out: &mut ArgsWriter<'_>| out.arg("key", &key);
        call::call(shelf, &function, Unnamed { digested: key, describe, storage, run: || compute })
            .await
    }
}

/// A closure as a future's poll: it runs once, in the first.
fn once<R>(
    compute: impl FnOnce() -> R,
) -> impl FnMut(&mut std::task::Context<'_>) -> std::task::Poll<R> {
    let mut compute = Some(compute);
    move |_| std::task::Poll::Ready(compute.take().expect("a finished future is not polled again")())
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

    fn bind<'a>(&'a self, args: &'a A) -> impl Call<Output = R> + use<'a, C, A, R, F> {
        Unnamed {
            digested: (&self.captures, args),
            describe: |out: &mut ArgsWriter<'_>| {
                out.opaque("arguments", std::any::type_name::<A>())
            },
            storage: self.storage,
            run: || std::future::poll_fn(once(|| (self.function)(&self.captures, args))),
        }
    }

    /// Takes the result from the store, or computes and keeps it.
    ///
    /// # Errors
    /// Those of the store, where the memory was told to fail on them.
    pub fn call(&self, args: &A) -> Result<R> {
        match &self.bound {
            Some((shelf, function)) => block_on(call::call(shelf, function, self.bind(args))),
            None => Ok(self.call_uncached(args)),
        }
    }

    /// Takes the result from the store, if it is there; never computes.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn get(&self, args: &A) -> Result<Option<R>> {
        match &self.bound {
            Some((shelf, function)) => block_on(call::get(shelf, function, &self.bind(args))),
            None => Ok(None),
        }
    }

    /// Computes and keeps, whatever is there.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn refresh(&self, args: &A) -> Result<R> {
        match &self.bound {
            Some((shelf, function)) => block_on(call::refresh(shelf, function, self.bind(args))),
            None => Ok(self.call_uncached(args)),
        }
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
        self.bind(args).digest(&mut digest);
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
            (Some((shelf, _)), Some(key)) => block_on(shelf.store.delete(&key)),
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

/// A call of something that has no attribute.
struct Unnamed<K, D, R, F> {
    digested: K,
    describe: D,
    storage: Storage<R>,
    run: F,
}

impl<K, D, R, F, Run> Call for Unnamed<K, D, R, F>
where
    K: Serialize,
    D: Fn(&mut ArgsWriter<'_>),
    F: FnOnce() -> Run,
    Run: Future<Output = R>,
{
    type Output = R;
    type Run = Run;

    fn digest(&self, digest: &mut Digest) {
        digest_serde(&self.digested, digest);
    }

    fn describe(&self, out: &mut ArgsWriter<'_>) {
        (self.describe)(out);
    }

    fn storage(&self) -> Storage<R> {
        self.storage
    }

    fn run(self) -> Run {
        (self.run)()
    }
}
