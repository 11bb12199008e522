//! Sequences of numbers that stand in postcard as they do in memory (bytes, floats, `bool`s), wherever in a value they
//! are. Serde shows them one by one, so nothing is asked in between that need not be.

use postcard::Error;
use serde::ser::Impossible;
use serde::{Serialize, Serializer};

use crate::shape::Leaf;

/// How many bytes a number of this kind has; `None` for what is not of one size.
pub(super) fn size(leaf: Leaf) -> Option<usize> {
    match leaf {
        Leaf::Bool | Leaf::U8 | Leaf::I8 => Some(1),
        Leaf::F32 => Some(4),
        Leaf::F64 => Some(8),
        _ => None,
    }
}

/// Appends `items`, each a number of this kind; says how many they were, or that one was something else.
#[inline]
pub(super) fn append<I>(items: I, leaf: Leaf, out: &mut Vec<u8>) -> Option<usize>
where
    I: Iterator<Item: Serialize>,
{
    let mut count = 0;
    for item in items {
        item.serialize(Number { leaf, out }).ok()?;
        count += 1;
    }
    Some(count)
}

/// Takes one number of this kind.
struct Number<'o> {
    leaf: Leaf,
    out: &'o mut Vec<u8>,
}

macro_rules! numbers {
    ($($serialize:ident $leaf:ident $type:ty as $bytes:expr;)*) => {$(
        #[inline(always)]
        fn $serialize(self, value: $type) -> postcard::Result<()> {
            if self.leaf != Leaf::$leaf {
                return Err(Error::SerdeSerCustom);
            }
            self.out.extend_from_slice(&$bytes(value));
            Ok(())
        }
    )*};
}

macro_rules! nothing_else {
    ($($serialize:ident($($argument:ty),*) -> $returned:ty;)*) => {$(
        fn $serialize(self, $(_: $argument),*) -> postcard::Result<$returned> {
            Err(Error::SerdeSerCustom)
        }
    )*};
}

type No = Impossible<(), Error>;

impl Serializer for Number<'_> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = No;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStruct = No;
    type SerializeStructVariant = No;

    numbers! {
        serialize_bool Bool bool as |value| [u8::from(value)];
        serialize_u8 U8 u8 as u8::to_le_bytes;
        serialize_i8 I8 i8 as i8::to_le_bytes;
        serialize_f32 F32 f32 as f32::to_le_bytes;
        serialize_f64 F64 f64 as f64::to_le_bytes;
    }

    nothing_else! {
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_i128(i128) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_u128(u128) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_seq(Option<usize>) -> No;
        serialize_tuple(usize) -> No;
        serialize_tuple_struct(&'static str, usize) -> No;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> No;
        serialize_map(Option<usize>) -> No;
        serialize_struct(&'static str, usize) -> No;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> No;
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> postcard::Result<()> {
        Err(Error::SerdeSerCustom)
    }

    /// A newtype has the bytes of what it holds.
    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> postcard::Result<()> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> postcard::Result<()> {
        Err(Error::SerdeSerCustom)
    }
}
