//! Arguments that are serde values, or borrowed from one.

use std::marker::PhantomData;

use serde::Serialize;

use super::argument::{ArgumentReader, ArgumentWriter, IsPortable};
use super::lent::taken;
use crate::Result;
use crate::codec::Storable;
use crate::shape::shape_of;

/// How an argument is made of the value that arrived.
pub trait Form {
    /// What arrives.
    type Value: Storable;
    /// What the function takes.
    type Lent<'h>;
    #[doc(hidden)]
    fn lend<'h>(held: &'h mut Option<Self::Value>) -> Option<Self::Lent<'h>>;
}

/// The way of an argument of this form.
#[derive(Debug)]
pub struct Value<F>(PhantomData<fn() -> F>);

impl<F: Form> Value<F> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }

    /// The structure of what arrives.
    pub fn shape(&self) -> [u8; 16] {
        shape_of::<F::Value>().fingerprint()
    }

    /// How much it adds to what is sent, as far as its type tells.
    pub fn bytes(&self, _: &impl Serialize) -> usize {
        size_of::<F::Value>()
    }

    /// # Errors
    /// It has no bytes.
    pub fn send(&self, value: &impl Serialize, out: &mut ArgumentWriter<'_, '_>) -> Result<()> {
        out.value::<F::Value>(value)
    }

    /// # Errors
    /// The bytes are no such value.
    pub fn receive(&self, arguments: &mut ArgumentReader<'_>) -> Result<Option<F::Value>> {
        arguments.value().map(Some)
    }

    /// # Errors
    /// It was taken before.
    pub fn lend<'h>(&self, held: &'h mut Option<F::Value>) -> Result<F::Lent<'h>> {
        F::lend(held).ok_or_else(taken)
    }
}

impl<F: Form> IsPortable for Value<F> {}

macro_rules! forms {
    ($($(#[$doc:meta])* $form:ident: $value:ty => <$h:lifetime> $lent:ty, |$held:ident| $lend:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $form<T>(PhantomData<fn() -> T>);

        impl<T: Storable> Form for $form<T> {
            type Value = $value;
            type Lent<$h> = $lent;

            fn lend<$h>($held: &$h mut Option<$value>) -> Option<$lent> {
                $lend
            }
        }
    )*};
}
forms! {
    /// `T`
    ByValue: T => <'h> T, |held| held.take();
    /// `&T`
    ByReference: T => <'h> &'h T, |held| held.as_ref();
    /// `&[T]`
    Slice: Vec<T> => <'h> &'h [T], |held| held.as_deref();
    /// `Option<&T>`
    OptionReference: Option<T> => <'h> Option<&'h T>, |held| held.as_ref().map(Option::as_ref);
    /// `Option<&[T]>`
    OptionSlice: Option<Vec<T>> => <'h> Option<&'h [T]>, |held| held.as_ref().map(Option::as_deref);
}
