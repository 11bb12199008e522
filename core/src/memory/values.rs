//! Values under keys of the caller's.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use serde::Serialize;

use super::bound::there;
use super::call::{self, Wish};
use super::function_state::FunctionState;
use super::identity::{Identity, VALUES, VersionHash};
use super::shelf::Shelf;
use super::unnamed::{Unnamed, once};
use super::{ArgsWriter, FunctionOptions, Memory};
use crate::Result;
use crate::codec::{Storable, Storage};

impl Memory {
    /// The value kept under `key`, or that of `compute`, which is kept. The type of the value is part of the key.
    ///
    /// ```
    /// # use larder_core::Memory;
    /// # let memory = Memory::open("memory:")?;
    /// let primes = memory.get_or_compute(&("primes below", 12), || vec![2, 3, 5, 7, 11])?;
    /// let again: Vec<i32> = memory.get_or_compute(&("primes below", 12), Vec::new)?;
    /// assert_eq!(again, primes);
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
        self.value(key, Storage::of_value(), compute)
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
        self.value(key, Storage::of_result(), compute)
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
        self.value_async(key, Storage::of_value(), compute).await
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
        self.value_async(key, Storage::of_result(), compute).await
    }

    fn value<K, R>(&self, key: &K, storage: Storage<R>, compute: impl FnOnce() -> R) -> Result<R>
    where
        K: Serialize + fmt::Debug + ?Sized,
    {
        let Some(shelf) = self.shelf() else { return Ok(compute()) };
        let function = values(shelf, storage)?;
        let describe = |out: &mut ArgsWriter<'_>| out.arg("key", &key);
        let mut call = Unnamed::new(key, describe, storage, once(compute));
        call::walk_blocking(shelf, &function, Wish::Call, &mut call)?;
        there(Ok(call.into_result()))
    }

    async fn value_async<K, R>(
        &self,
        key: &K,
        storage: Storage<R>,
        compute: impl Future<Output = R>,
    ) -> Result<R>
    where
        K: Serialize + fmt::Debug + ?Sized,
    {
        let Some(shelf) = self.shelf() else { return Ok(compute.await) };
        let function = values(shelf, storage)?;
        let describe = |out: &mut ArgsWriter<'_>| out.arg("key", &key);
        let mut compute = Box::pin(compute);
        let mut call = Unnamed::new(key, describe, storage, |cx| compute.as_mut().poll(cx));
        call::walk(shelf, &function, Wish::Call, &mut call).await?;
        there(Ok(call.into_result()))
    }
}

/// What stands for a function: all values of one shape.
fn values<R>(shelf: &Shelf, storage: Storage<R>) -> Result<Arc<FunctionState>> {
    let version = VersionHash::new([0; 16], (storage.shape)().fingerprint());
    let identity = Identity::new("value".to_owned(), &[VALUES], &version);
    shelf.function(&identity, None, &FunctionOptions::NONE)
}
