//! How results travel back, found out on the concrete type by auto-referencing.

use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;

use super::argument::{IsPortable, digest};
use crate::codec::{Codecs, EncodeOptions, Encoded, Storable, decode, encode, lend};
use crate::shape::shape_of;
use crate::{Error, ErrorKind, Result};

/// What a task function's result `O` needs to travel, as function pointers.
pub struct Returned<O> {
    /// The result as bytes.
    pub encode: fn(O, &EncodeOptions<'_>) -> Result<Encoded>,
    /// The result of these bytes.
    pub decode: fn(Encoded, &Codecs) -> Result<O>,
    /// Its structure.
    pub shape: fn() -> [u8; 16],
    /// Whether it travels at all, or what to say.
    pub portable: Result<(), fn() -> Error>,
}

/// The last byte of a `Result`.
const OK: u8 = 0;
const ERR: u8 = 1;

impl<T: Storable> Returned<T> {
    fn of_value() -> Self {
        Self {
            encode: written,
            decode: |returned, codecs| {
                decode(returned.codec, &returned.payload, &returned.buffers, codecs)
            },
            shape: || shape_of::<T>().fingerprint(),
            portable: Ok(()),
        }
    }
}

impl<T: Storable, E: Storable> Returned<Result<T, E>> {
    fn of_result() -> Self {
        Self {
            encode: |result, options| match result {
                Ok(value) => written(value, options).map(|encoded| marked(encoded, OK)),
                Err(error) => written(error, options).map(|encoded| marked(encoded, ERR)),
            },
            decode: |mut returned, codecs| {
                let mark = returned.payload.pop();
                let Encoded { codec, payload, buffers, .. } = &returned;
                match mark {
                    Some(OK) => decode(*codec, payload, buffers, codecs).map(Ok),
                    Some(ERR) => decode(*codec, payload, buffers, codecs).map(Err),
                    _ => Err(Error::new(ErrorKind::Decode, "neither an `Ok` nor an `Err`")),
                }
            },
            shape: || {
                digest(&[shape_of::<T>().fingerprint(), shape_of::<E>().fingerprint()].concat())
            },
            portable: Ok(()),
        }
    }
}

impl<T: Storable, E: fmt::Debug> Returned<Result<T, E>> {
    fn of_ok() -> Self {
        Self {
            encode: |result, options| match result {
                Ok(value) => written(value, options),
                Err(error) => Err(Error::new(
                    ErrorKind::Encode,
                    format!(
                        "the task returned an error that cannot come back as it is, because `{}` does not implement \
                         serde's `Serialize` and `Deserialize`: {error:?}",
                        type_name::<E>()
                    ),
                )),
            },
            decode: |returned, codecs| {
                decode(returned.codec, &returned.payload, &returned.buffers, codecs).map(Ok)
            },
            shape: || shape_of::<T>().fingerprint(),
            portable: Ok(()),
        }
    }
}

/// A result there is no way back for.
pub struct NotReturned<O>(PhantomData<fn() -> O>);

impl<O> NotReturned<O> {
    /// Of a result of this type.
    #[expect(clippy::new_without_default, reason = "only generated code makes one")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<O> From<NotReturned<O>> for Returned<O> {
    fn from(_: NotReturned<O>) -> Self {
        Self {
            encode: |_, _| Err(no_way::<O>()),
            decode: |_, _| Err(no_way::<O>()),
            shape: || digest(type_name::<O>().as_bytes()),
            portable: Err(no_way::<O>),
        }
    }
}

/// The bytes of a value that nobody needs any more: of a long vector of numbers, its memory.
fn written<T: Storable>(value: T, options: &EncodeOptions<'_>) -> Result<Encoded> {
    match lend(value, options) {
        Ok((encoded, _loan)) => Ok(encoded),
        Err(value) => encode(&value, options),
    }
}

fn marked(mut encoded: Encoded, mark: u8) -> Encoded {
    encoded.payload.push(mark);
    encoded
}

fn no_way<O>() -> Error {
    Error::new(
        ErrorKind::Encode,
        format!(
            "the result `{}` cannot come back from another process: it must implement serde's `Serialize` and \
             `Deserialize`; on threads such a task runs",
            type_name::<O>()
        ),
    )
}

impl<O> IsPortable for Returned<O> {}

impl<O> fmt::Debug for NotReturned<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NotReturned")
    }
}

impl<O> fmt::Debug for Returned<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Returned")
    }
}

/// `(&&&&Probe::<Output>::new()).larder_returned()` with these traits in scope. Method lookup takes the first that fits,
/// by the number of references it strips.
#[doc(hidden)]
pub mod returned_via {
    use std::fmt::Debug;

    use super::{NotReturned, Returned};
    use crate::codec::{Probe, Storable};

    /// A `Result` of which both sides come back.
    pub trait Both {
        type Output;
        fn larder_returned(&self) -> Returned<Self::Output>;
    }

    impl<T: Storable, E: Storable> Both for &&&Probe<Result<T, E>> {
        type Output = Result<T, E>;

        fn larder_returned(&self) -> Returned<Result<T, E>> {
            Returned::of_result()
        }
    }

    /// A `Result` of which an `Err` comes back as the text of a failed task.
    pub trait OkAlone {
        type Output;
        fn larder_returned(&self) -> Returned<Self::Output>;
    }

    impl<T: Storable, E: Debug> OkAlone for &&Probe<Result<T, E>> {
        type Output = Result<T, E>;

        fn larder_returned(&self) -> Returned<Result<T, E>> {
            Returned::of_ok()
        }
    }

    /// Any other value.
    pub trait Whole {
        type Output;
        fn larder_returned(&self) -> Returned<Self::Output>;
    }

    impl<T: Storable> Whole for &Probe<T> {
        type Output = T;

        fn larder_returned(&self) -> Returned<T> {
            Returned::of_value()
        }
    }

    /// What cannot come back.
    pub trait Neither<T> {
        fn larder_returned(&self) -> NotReturned<T>;
    }

    impl<T> Neither<T> for Probe<T> {
        fn larder_returned(&self) -> NotReturned<T> {
            NotReturned::new()
        }
    }
}
