//! Arguments that are nothing but their bytes: slices of numbers, texts and paths, borrowed or owned.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use super::argument::{
    ArgumentReader, ArgumentWriter, BESIDE_FROM, IsPortable, Raw, damaged, digest,
};
use super::frame::TaskBuffer;
use crate::array::{from_stored, stored};
use crate::{Array, Element, Error, ErrorKind, Order, Result};

/// Something borrowed that is nothing but its bytes.
pub trait Lent: 'static {
    /// What it is borrowed from elsewhere.
    type Owned;
    /// It, between its arrival and the call.
    type Held<'p>;
    /// Tells it from other kinds.
    const NAME: &'static str;

    #[doc(hidden)]
    fn to_raw(&self) -> Result<Cow<'_, [u8]>>;
    #[doc(hidden)]
    fn receive<'p>(arguments: &mut ArgumentReader<'p>) -> Result<Self::Held<'p>>;
    #[doc(hidden)]
    fn lend<'h>(held: &'h Self::Held<'_>) -> Result<&'h Self>;
    #[doc(hidden)]
    fn into_owned(held: Self::Held<'_>) -> Result<Self::Owned>;
}

impl<E: Element> Lent for [E] {
    type Owned = Vec<E>;
    type Held<'p> = Array<E>;
    const NAME: &'static str = E::NAMES[0];

    fn to_raw(&self) -> Result<Cow<'_, [u8]>> {
        Ok(stored(self))
    }

    fn receive<'p>(arguments: &mut ArgumentReader<'p>) -> Result<Array<E>> {
        match arguments.raw()? {
            Raw::Inside(bytes) => from_stored::<E>(bytes)
                .map(Array::from)
                .map_err(|why| damaged(format_args!("{why}"))),
            Raw::Beside(bytes) => {
                let len = bytes.len() / E::STORED_LEN;
                Array::from_stored(Order::C, &[len], bytes)
                    .map_err(|error| damaged(format_args!("{}", error.message())))
            }
        }
    }

    fn lend(held: &Array<E>) -> Result<&Self> {
        Ok(held)
    }

    fn into_owned(held: Array<E>) -> Result<Vec<E>> {
        Ok(held.into_vec())
    }
}

impl Lent for str {
    type Owned = String;
    type Held<'p> = RawHeld<'p>;
    const NAME: &'static str = "str";

    fn to_raw(&self) -> Result<Cow<'_, [u8]>> {
        Ok(self.as_bytes().into())
    }

    fn receive<'p>(arguments: &mut ArgumentReader<'p>) -> Result<RawHeld<'p>> {
        arguments.raw().map(RawHeld)
    }

    fn lend<'h>(held: &'h RawHeld<'_>) -> Result<&'h Self> {
        str::from_utf8(held.0.as_bytes()).map_err(|_| damaged(format_args!("a text is not UTF-8")))
    }

    fn into_owned(held: RawHeld<'_>) -> Result<String> {
        Self::lend(&held).map(str::to_owned)
    }
}

impl Lent for Path {
    type Owned = PathBuf;
    type Held<'p> = RawHeld<'p>;
    const NAME: &'static str = "Path";

    fn to_raw(&self) -> Result<Cow<'_, [u8]>> {
        #[cfg(unix)]
        return Ok(std::os::unix::ffi::OsStrExt::as_bytes(self.as_os_str()).into());
        #[cfg(not(unix))]
        self.to_str().map(|text| text.as_bytes().into()).ok_or_else(|| {
            Error::new(ErrorKind::Encode, "cannot encode a path that is not Unicode")
                .with("path", self.display())
        })
    }

    fn receive<'p>(arguments: &mut ArgumentReader<'p>) -> Result<RawHeld<'p>> {
        arguments.raw().map(RawHeld)
    }

    fn lend<'h>(held: &'h RawHeld<'_>) -> Result<&'h Self> {
        #[cfg(unix)]
        return Ok(Self::new::<std::ffi::OsStr>(std::os::unix::ffi::OsStrExt::from_bytes(
            held.0.as_bytes(),
        )));
        #[cfg(not(unix))]
        <str as Lent>::lend(held).map(Self::new)
    }

    fn into_owned(held: RawHeld<'_>) -> Result<PathBuf> {
        Self::lend(&held).map(Self::to_owned)
    }
}

/// Bytes that arrived.
#[derive(Debug)]
pub struct RawHeld<'p>(Raw<'p>);

/// The bytes of what the caller lends.
fn send_lent<'t, L: Lent + ?Sized>(lent: &'t L, out: &mut ArgumentWriter<'t, '_>) -> Result<()> {
    out.raw(match lent.to_raw()? {
        Cow::Borrowed(bytes) => TaskBuffer::Lent(bytes),
        Cow::Owned(bytes) => TaskBuffer::Shared(bytes.into()),
    });
    Ok(())
}

/// What is lent and large may have been sent before.
fn inside(bytes: usize) -> usize {
    if bytes < BESIDE_FROM { bytes } else { 0 }
}

macro_rules! ways {
    ($($(#[$doc:meta])* $way:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $way<L: ?Sized>(PhantomData<fn() -> L>);

        impl<L: Lent + ?Sized> $way<L> {
            pub(super) const fn new() -> Self {
                Self(PhantomData)
            }

            /// Tells it from other ways.
            pub fn shape(&self) -> [u8; 16] {
                digest([stringify!($way), L::NAME].join(" ").as_bytes())
            }
        }

        impl<L: Lent + ?Sized> IsPortable for $way<L> {}
    )*};
}
ways! {
    /// `&L`
    Borrowed
    /// `Option<&L>`
    Perhaps
    /// `L::Owned`
    Owned
    /// `&L::Owned`
    BorrowedOwned
}

impl<L: Lent + ?Sized> Borrowed<L> {
    /// How much it adds to what is sent.
    pub fn bytes(&self, lent: &&L) -> usize {
        inside(size_of_val(*lent))
    }

    /// # Errors
    /// It has no bytes.
    pub fn send<'t>(&self, lent: &&'t L, out: &mut ArgumentWriter<'t, '_>) -> Result<()> {
        send_lent(*lent, out)
    }

    /// # Errors
    /// The bytes are none of its.
    pub fn receive<'p>(&self, arguments: &mut ArgumentReader<'p>) -> Result<L::Held<'p>> {
        L::receive(arguments)
    }

    /// # Errors
    /// As [`receive`](Self::receive).
    pub fn lend<'h>(&self, held: &'h mut L::Held<'_>) -> Result<&'h L> {
        L::lend(held)
    }
}

impl<L: Lent + ?Sized> Perhaps<L> {
    /// How much it adds to what is sent.
    pub fn bytes(&self, lent: &Option<&L>) -> usize {
        lent.map_or(0, |lent| inside(size_of_val(lent)))
    }

    /// # Errors
    /// It has no bytes.
    pub fn send<'t>(&self, lent: &Option<&'t L>, out: &mut ArgumentWriter<'t, '_>) -> Result<()> {
        out.is_some(lent.is_some());
        lent.map_or(Ok(()), |lent| send_lent(lent, out))
    }

    /// # Errors
    /// The bytes are none of its.
    pub fn receive<'p>(&self, arguments: &mut ArgumentReader<'p>) -> Result<Option<L::Held<'p>>> {
        arguments.is_some()?.then(|| L::receive(arguments)).transpose()
    }

    /// # Errors
    /// As [`receive`](Self::receive).
    pub fn lend<'h>(&self, held: &'h mut Option<L::Held<'_>>) -> Result<Option<&'h L>> {
        held.as_ref().map(L::lend).transpose()
    }
}

impl<L: Lent<Owned: AsRef<L>> + ?Sized> Owned<L> {
    /// How much it adds to what is sent.
    pub fn bytes(&self, own: &L::Owned) -> usize {
        size_of_val(own.as_ref())
    }

    /// # Errors
    /// It has no bytes.
    pub fn send<'t>(&self, own: &'t L::Owned, out: &mut ArgumentWriter<'t, '_>) -> Result<()> {
        out.raw(match own.as_ref().to_raw()? {
            Cow::Borrowed(bytes) => TaskBuffer::Own(bytes),
            Cow::Owned(bytes) => TaskBuffer::Shared(bytes.into()),
        });
        Ok(())
    }

    /// # Errors
    /// The bytes are none of its.
    pub fn receive(&self, arguments: &mut ArgumentReader<'_>) -> Result<Option<L::Owned>> {
        L::into_owned(L::receive(arguments)?).map(Some)
    }

    /// # Errors
    /// It was taken before.
    pub fn lend(&self, held: &mut Option<L::Owned>) -> Result<L::Owned> {
        held.take().ok_or_else(taken)
    }
}

impl<L: Lent<Owned: AsRef<L>> + ?Sized> BorrowedOwned<L> {
    /// How much it adds to what is sent.
    pub fn bytes(&self, lent: &&L::Owned) -> usize {
        inside(size_of_val(lent.as_ref()))
    }

    /// # Errors
    /// It has no bytes.
    pub fn send<'t>(&self, lent: &&'t L::Owned, out: &mut ArgumentWriter<'t, '_>) -> Result<()> {
        send_lent(L::Owned::as_ref(*lent), out)
    }

    /// # Errors
    /// The bytes are none of its.
    pub fn receive(&self, arguments: &mut ArgumentReader<'_>) -> Result<L::Owned> {
        L::into_owned(L::receive(arguments)?)
    }

    /// # Errors
    /// None.
    pub fn lend<'h>(&self, held: &'h mut L::Owned) -> Result<&'h L::Owned> {
        Ok(held)
    }
}

pub(super) fn taken() -> Error {
    Error::new(ErrorKind::Bug, "an argument of a task was taken twice")
}
