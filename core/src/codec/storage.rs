//! How generated code finds out what a function's result is, on its concrete type: a `Result`, a plain value, or
//! something that cannot be stored.

use std::fmt;
use std::marker::PhantomData;

use bytes::Bytes;

use super::{Codecs, EncodeOptions, Encoded, Lent, Storable, bulk, decode, encode, lend};
use crate::shape::{Shape, shape_of};
use crate::{Result, ShortName};

/// What a memoized function's result `O` needs, as function pointers.
#[doc(hidden)]
pub struct Storage<O> {
    /// `None` for what is not to be stored: an `Err`.
    pub encode: fn(&O, &EncodeOptions<'_>) -> Option<Result<Encoded>>,
    /// The same without a copy, for some values.
    pub(crate) lend: fn(O, &EncodeOptions<'_>) -> Lent<O>,
    /// Whether values are copied out of their buffers in any case.
    pub(crate) copies: fn() -> bool,
    /// The value that is nothing but one buffer of so many bytes, which the function writes; `None` for other types.
    #[expect(clippy::type_complexity, reason = "said once, here")]
    pub(crate) read: fn(usize, &mut dyn FnMut(&mut [u8]) -> Result<()>) -> Option<Result<O>>,
    /// [`decode`](super::decode).
    pub decode: fn(ShortName, &[u8], &[Bytes], &Codecs) -> Result<O>,
    /// The shape of what is stored.
    pub shape: fn() -> &'static Shape,
}

impl<T: Storable> Storage<T> {
    /// Of a plain value.
    pub fn of_value() -> Self {
        Self {
            encode: |value, options| Some(encode(value, options)),
            lend: lend::<T>,
            copies: bulk::copies::<T>,
            read: bulk::read::<T>,
            decode: decode::<T>,
            shape: shape_of::<T>,
        }
    }
}

impl<T: Storable, E> Storage<Result<T, E>> {
    /// Of a result whose `Ok` is stored. Nothing is asked of `E`.
    pub fn of_result() -> Self {
        Self {
            encode: |value, options| value.as_ref().ok().map(|value| encode(value, options)),
            lend: |value, options| match value.map(|value| lend(value, options)) {
                Ok(Ok((encoded, loan))) => Ok((encoded, loan.ok())),
                Ok(Err(value)) => Err(Ok(value)),
                Err(error) => Err(Err(error)),
            },
            copies: bulk::copies::<T>,
            read: |len, fill| bulk::read(len, fill).map(|value| value.map(Ok)),
            decode: |codec, payload, buffers, codecs| {
                decode(codec, payload, buffers, codecs).map(Ok)
            },
            shape: shape_of::<T>,
        }
    }
}

impl<O> Clone for Storage<O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O> Copy for Storage<O> {}

impl<O> fmt::Debug for Storage<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Storage")
    }
}

/// `(&&&Probe::<Out>::new()).larder_storage()` with the traits of [`via`] in scope.
#[doc(hidden)]
pub struct Probe<T>(PhantomData<fn() -> T>);

impl<T> Probe<T> {
    #[expect(clippy::new_without_default, reason = "only generated code makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T> fmt::Debug for Probe<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Probe")
    }
}

/// Method lookup takes the first of these that fits, by the number of references it strips.
#[doc(hidden)]
pub mod via {
    use super::super::Storable;
    use super::{Probe, Storage};

    /// `Result<T, E>`: only an `Ok` is stored; nothing is asked of `E`.
    pub trait OfResult {
        type Output;
        fn larder_storage(&self) -> Storage<Self::Output>;
    }

    impl<T: Storable, E> OfResult for &&Probe<Result<T, E>> {
        type Output = Result<T, E>;

        fn larder_storage(&self) -> Storage<Result<T, E>> {
            Storage::of_result()
        }
    }

    /// Any other value.
    pub trait OfValue {
        type Output;
        fn larder_storage(&self) -> Storage<Self::Output>;
    }

    impl<T: Storable> OfValue for &Probe<T> {
        type Output = T;

        fn larder_storage(&self) -> Storage<T> {
            Storage::of_value()
        }
    }

    /// What cannot be stored: the call does not compile, and says why.
    pub trait OfNeither<T> {
        fn larder_storage(&self) -> Storage<T>
        where
            T: Storable;
    }

    impl<T> OfNeither<T> for Probe<T> {
        fn larder_storage(&self) -> Storage<T>
        where
            T: Storable,
        {
            (&self).larder_storage()
        }
    }
}
