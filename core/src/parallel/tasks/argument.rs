//! Arguments on their way out and in, and how generated code picks the way of each.

use std::{iter, vec};

use bytes::Bytes;
use serde::Serialize;

use super::frame::{EncodedTask, TaskBuffer};
use crate::codec::{Codec, EncodeOptions, Postcard, Storable, append, decode_with, encode_as};
use crate::{Error, ErrorKind, Registry, Result, ShortName};

/// From how many bytes on raw arguments leave the payload, as the elements of arrays do.
pub(super) const BESIDE_FROM: usize = 4096;

// What an argument begins with.
const IN_POSTCARD: u8 = 0;
const IN_CODEC: u8 = 1;
const RAW: u8 = 2;
const RAW_BESIDE: u8 = 3;

/// What a number of nine bytes begins with.
const LONG: u8 = u8::MAX;

/// Collects the arguments of a call.
#[derive(Debug)]
pub struct ArgumentWriter<'t, 'c> {
    encoded: EncodedTask<'t>,
    codec: &'c dyn Codec,
}

impl<'t, 'c> ArgumentWriter<'t, 'c> {
    pub(super) fn new(codec: &'c dyn Codec) -> Self {
        // Most calls fit: their bytes are gathered without moving.
        let payload = Vec::with_capacity(64);
        Self { encoded: EncodedTask { payload, buffers: Vec::new() }, codec }
    }

    pub(super) fn finish(self) -> EncodedTask<'t> {
        self.encoded
    }

    /// A serde value, which is read as an `S`.
    pub(super) fn value<S: Storable>(&mut self, value: &impl Serialize) -> Result<()> {
        let payload = &mut self.encoded.payload;
        let start = payload.len();
        // Most are small: the last of these becomes the length.
        payload.extend([IN_POSTCARD, 0, 0]);
        if append::<S>(value, self.codec, payload)
            && let Some(len) =
                u8::try_from(payload.len() - start - 3).ok().filter(|len| *len < LONG)
        {
            payload[start + 2] = len;
            return Ok(());
        }
        payload.truncate(start);
        let encoded = encode_as::<S>(value, &EncodeOptions::new(self.codec))?;
        if encoded.codec == Postcard::SHORT_NAME {
            self.encoded.payload.push(IN_POSTCARD);
        } else {
            self.encoded.payload.push(IN_CODEC);
            self.encoded.payload.extend_from_slice(&encoded.codec.to_bytes());
        }
        self.number(encoded.buffers.len());
        self.inside(&encoded.payload);
        let lives = encoded.lives.into_iter().chain(iter::repeat(None));
        let buffers = encoded.buffers.into_iter().zip(lives).map(|(bytes, life)| match life {
            Some(life) => TaskBuffer::Array { bytes, life },
            None => TaskBuffer::Shared(bytes),
        });
        self.encoded.buffers.extend(buffers);
        Ok(())
    }

    /// Bytes that are a value by themselves.
    pub(super) fn raw(&mut self, bytes: TaskBuffer<'t>) {
        if bytes.as_bytes().len() < BESIDE_FROM {
            self.encoded.payload.push(RAW);
            self.inside(bytes.as_bytes());
        } else {
            self.encoded.payload.push(RAW_BESIDE);
            self.encoded.buffers.push(bytes);
        }
    }

    /// Whether an option holds something, which then follows.
    pub(super) fn is_some(&mut self, some: bool) {
        self.encoded.payload.push(some.into());
    }

    fn inside(&mut self, bytes: &[u8]) {
        self.number(bytes.len());
        self.encoded.payload.extend_from_slice(bytes);
    }

    /// A small number is one byte, any other nine.
    fn number(&mut self, number: usize) {
        if number < usize::from(LONG) {
            self.encoded.payload.push(number as u8);
        } else {
            self.encoded.payload.push(LONG);
            self.encoded.payload.extend_from_slice(&(number as u64).to_le_bytes());
        }
    }
}

/// Takes the arguments of a call out of what arrived.
#[derive(Debug)]
pub struct ArgumentReader<'p> {
    payload: &'p [u8],
    /// Taken one by one: what a function is given it has alone.
    buffers: vec::IntoIter<Bytes>,
}

/// Bytes of an argument that arrived.
#[derive(Debug)]
pub(super) enum Raw<'p> {
    Inside(&'p [u8]),
    Beside(Bytes),
}

impl<'p> ArgumentReader<'p> {
    pub(super) fn new(payload: &'p [u8], buffers: Vec<Bytes>) -> Self {
        Self { payload, buffers: buffers.into_iter() }
    }

    pub(super) fn value<S: Storable>(&mut self) -> Result<S> {
        let codec = match self.byte()? {
            IN_POSTCARD => Postcard::SHORT_NAME,
            IN_CODEC => ShortName::from_bytes(*self.array()?)?,
            other => return Err(damaged(format_args!("no value begins with {other}"))),
        };
        let count = self.number()?;
        let payload = self.inside()?;
        let buffers = self.take_buffers(count)?;
        decode_with(codec, payload, &buffers, || Registry::global().codecs().get(codec.as_str()))
    }

    pub(super) fn raw(&mut self) -> Result<Raw<'p>> {
        match self.byte()? {
            RAW => self.inside().map(Raw::Inside),
            RAW_BESIDE => Ok(Raw::Beside(self.take_buffers(1)?.remove(0))),
            other => Err(damaged(format_args!("no bytes begin with {other}"))),
        }
    }

    /// Called by generated code when all arguments were taken.
    ///
    /// # Errors
    /// Something is left.
    pub fn end(&self) -> Result<()> {
        match (self.payload.len(), self.buffers.len()) {
            (0, 0) => Ok(()),
            (bytes, buffers) => {
                Err(damaged(format_args!("{bytes} bytes and {buffers} buffers are left over")))
            }
        }
    }

    /// Whether an option holds something, which then follows.
    pub(super) fn is_some(&mut self) -> Result<bool> {
        match self.byte()? {
            flag @ 0..=1 => Ok(flag == 1),
            other => Err(damaged(format_args!("no option begins with {other}"))),
        }
    }

    #[inline]
    fn byte(&mut self) -> Result<u8> {
        self.array::<1>().map(|[byte]| *byte)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<&'p [u8; N]> {
        let (array, rest) = self.payload.split_first_chunk().ok_or_else(too_short)?;
        self.payload = rest;
        Ok(array)
    }

    #[inline]
    fn number(&mut self) -> Result<usize> {
        match self.byte()? {
            LONG => usize::try_from(u64::from_le_bytes(*self.array()?)).map_err(|_| too_short()),
            short => Ok(short.into()),
        }
    }

    #[inline]
    fn inside(&mut self) -> Result<&'p [u8]> {
        let len = self.number()?;
        let (bytes, rest) = self.payload.split_at_checked(len).ok_or_else(too_short)?;
        self.payload = rest;
        Ok(bytes)
    }

    fn take_buffers(&mut self, count: usize) -> Result<Vec<Bytes>> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let left = self.buffers.len();
        if left < count {
            return Err(damaged(format_args!("{count} buffers are missing, there are {left}")));
        }
        Ok(self.buffers.by_ref().take(count).collect())
    }
}

impl Raw<'_> {
    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Inside(bytes) => bytes,
            Self::Beside(bytes) => bytes,
        }
    }
}

/// Tells which argument an error is about.
///
/// # Errors
/// That of `result`.
pub fn of_argument<T>(name: &'static str, result: Result<T>) -> Result<T> {
    result.map_err(|error| error.with("argument", name))
}

/// What stands for a structure in a version.
pub(super) fn digest(bytes: &[u8]) -> [u8; 16] {
    *blake3::hash(bytes).as_bytes().first_chunk().expect("a hash has 32 bytes")
}

fn too_short() -> Error {
    damaged(format_args!("they end too early"))
}

pub(super) fn damaged(why: std::fmt::Arguments<'_>) -> Error {
    Error::new(ErrorKind::Decode, format!("cannot decode the arguments of a task: {why}"))
}

/// An argument's type, of which there is no way into another process.
#[derive(Debug)]
pub struct NotPortable(&'static str);

/// Never made.
#[derive(Debug)]
pub enum Never {}

impl NotPortable {
    /// Of an argument of this type.
    pub fn new<T>() -> Self {
        Self(std::any::type_name::<T>())
    }

    /// Nothing: it is not sent.
    pub fn bytes<T: ?Sized>(&self, _: &T) -> usize {
        0
    }

    /// # Errors
    /// Always.
    pub fn send<T: ?Sized>(&self, _: &T, _: &mut ArgumentWriter<'_, '_>) -> Result<()> {
        Err(self.error(ErrorKind::Encode))
    }

    /// # Errors
    /// Always.
    pub fn receive(&self, _: &mut ArgumentReader<'_>) -> Result<Never> {
        Err(self.error(ErrorKind::Decode))
    }

    /// # Errors
    /// Never called.
    pub fn lend<T>(&self, held: &mut Never) -> Result<T> {
        match *held {}
    }

    /// Its name stands for its structure.
    pub fn shape(&self) -> [u8; 16] {
        digest(self.0.as_bytes())
    }

    fn error(&self, kind: ErrorKind) -> Error {
        Error::new(
            kind,
            format!(
                "`{}` cannot be sent to another process: it must be owned, or borrowed with `&`, and implement \
                 serde's `Serialize` and `Deserialize`; on threads such a task runs",
                self.0
            ),
        )
    }
}

/// What `#[task(portable)]` asks of every argument and of the result.
#[diagnostic::on_unimplemented(
    message = "this cannot be sent to another process",
    note = "arguments must be owned, or borrowed with `&`, and implement serde's `Serialize` and `Deserialize`, and so must the result",
    note = "without `portable`, the function still runs as a task on threads"
)]
pub trait IsPortable {}

/// `(&&&&Probe::<Argument>::new()).larder_argument()` with these traits in scope: the way of an argument whose lifetimes
/// are all `'static`. Method lookup takes the first that fits, by the number of references it strips.
#[doc(hidden)]
pub mod argument_via {
    use std::path::{Path, PathBuf};

    use super::super::lent::{Borrowed, BorrowedOwned, Owned, Perhaps};
    use super::super::value::{ByReference, ByValue, OptionReference, OptionSlice, Slice, Value};
    use super::NotPortable;
    use crate::Element;
    use crate::codec::{Probe, Storable};

    macro_rules! ways {
        ($trait:ident for $self:ident: $([$($generics:tt)*] $argument:ty => $way:ty;)*) => {
            $(impl<$($generics)*> $trait for $self!($argument) {
                type Way = $way;

                fn larder_argument(&self) -> $way {
                    <$way>::new()
                }
            })*
        };
    }
    macro_rules! thrice {
        ($argument:ty) => { &&&Probe<$argument> };
    }
    macro_rules! twice {
        ($argument:ty) => { &&Probe<$argument> };
    }
    macro_rules! once {
        ($argument:ty) => { &Probe<$argument> };
    }

    /// What is nothing but its bytes.
    pub trait AsBytes {
        type Way;
        fn larder_argument(&self) -> Self::Way;
    }
    ways! { AsBytes for thrice:
        [E: Element] &'static [E] => Borrowed<[E]>;
        [E: Element] Option<&'static [E]> => Perhaps<[E]>;
        [E: Element] Vec<E> => Owned<[E]>;
        [E: Element] &'static Vec<E> => BorrowedOwned<[E]>;
        [] &'static str => Borrowed<str>;
        [] Option<&'static str> => Perhaps<str>;
        [] String => Owned<str>;
        [] &'static String => BorrowedOwned<str>;
        [] &'static Path => Borrowed<Path>;
        [] Option<&'static Path> => Perhaps<Path>;
        [] PathBuf => Owned<Path>;
        [] &'static PathBuf => BorrowedOwned<Path>;
    }

    /// What is borrowed from a value.
    pub trait Reference {
        type Way;
        fn larder_argument(&self) -> Self::Way;
    }
    ways! { Reference for twice:
        [T: Storable] &'static T => Value<ByReference<T>>;
        [T: Storable] &'static [T] => Value<Slice<T>>;
        [T: Storable] Option<&'static T> => Value<OptionReference<T>>;
        [T: Storable] Option<&'static [T]> => Value<OptionSlice<T>>;
    }

    /// A value.
    pub trait Whole {
        type Way;
        fn larder_argument(&self) -> Self::Way;
    }
    ways! { Whole for once:
        [T: Storable] T => Value<ByValue<T>>;
    }

    /// Everything else.
    pub trait Neither {
        fn larder_argument(&self) -> NotPortable;
    }

    impl<T> Neither for Probe<T> {
        fn larder_argument(&self) -> NotPortable {
            NotPortable::new::<T>()
        }
    }
}
