//! Writing items.

use serde::ser::{self, Serialize, Serializer};

use super::{Failure, TOO_DEEP, byte, major, tag};
use crate::codec::MAX_DEPTH;

type Written = Result<(), Failure>;

pub(super) struct Writer<'o> {
    out: &'o mut Vec<u8>,
    depth: usize,
}

impl<'o> Writer<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, depth: 0 }
    }

    fn head(&mut self, major: u8, number: u64) {
        let (bytes, len) = head(major, number);
        self.out.extend_from_slice(&bytes[..len]);
    }

    fn text(&mut self, text: &str) {
        self.head(major::TEXT, text.len() as u64);
        self.out.extend_from_slice(text.as_bytes());
    }

    fn bignum(&mut self, tag: u64, number: u128) {
        self.head(major::TAG, tag);
        let bytes = number.to_be_bytes();
        let zeros = number.leading_zeros() as usize / 8;
        self.head(major::BYTES, (bytes.len() - zeros) as u64);
        self.out.extend_from_slice(&bytes[zeros..]);
    }

    fn enter(&mut self) -> Written {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(TOO_DEEP.into()) } else { Ok(()) }
    }

    /// Opens an array or map of `len` items, which is put right at the end if it was not true.
    fn open(&mut self, major: u8, len: Option<usize>) -> Result<Parts<'_, 'o>, Failure> {
        self.enter()?;
        let at = self.out.len();
        let promised = len.unwrap_or(0) as u64;
        self.head(major, promised);
        Ok(Parts { writer: self, major, at, promised, count: 0 })
    }

    /// What variants with contents begin with.
    fn variant(&mut self, name: &str) {
        self.head(major::MAP, 1);
        self.text(name);
    }
}

/// The shortest head for a number.
fn head(major: u8, number: u64) -> ([u8; 9], usize) {
    let mut bytes = [0; 9];
    let be = number.to_be_bytes();
    let (info, len) = match number {
        0..24 => (be[7], 0),
        24..0x100 => (24, 1),
        0x100..0x1_0000 => (25, 2),
        0x1_0000..0x1_0000_0000 => (26, 4),
        _ => (27, 8),
    };
    bytes[0] = major << 5 | info;
    bytes[1..=len].copy_from_slice(&be[8 - len..]);
    (bytes, len + 1)
}

impl<'w, 'o> Serializer for &'w mut Writer<'o> {
    type Ok = ();
    type Error = Failure;
    type SerializeSeq = Parts<'w, 'o>;
    type SerializeTuple = Parts<'w, 'o>;
    type SerializeTupleStruct = Parts<'w, 'o>;
    type SerializeTupleVariant = Parts<'w, 'o>;
    type SerializeMap = Parts<'w, 'o>;
    type SerializeStruct = Parts<'w, 'o>;
    type SerializeStructVariant = Parts<'w, 'o>;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_bool(self, value: bool) -> Written {
        self.out.push(if value { byte::TRUE } else { byte::FALSE });
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Written {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Written {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Written {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Written {
        match u64::try_from(value) {
            Ok(value) => self.head(major::UNSIGNED, value),
            Err(_) => self.head(major::NEGATIVE, !value.cast_unsigned()),
        }
        Ok(())
    }

    fn serialize_i128(self, value: i128) -> Written {
        match (u128::try_from(value), u64::try_from(!value)) {
            (Ok(value), _) => return self.serialize_u128(value),
            (_, Ok(minus_one_minus)) => self.head(major::NEGATIVE, minus_one_minus),
            _ => self.bignum(tag::NEGATIVE_BIGNUM, !value.cast_unsigned()),
        }
        Ok(())
    }

    fn serialize_u8(self, value: u8) -> Written {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Written {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Written {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Written {
        self.head(major::UNSIGNED, value);
        Ok(())
    }

    fn serialize_u128(self, value: u128) -> Written {
        match u64::try_from(value) {
            Ok(value) => self.head(major::UNSIGNED, value),
            Err(_) => self.bignum(tag::POSITIVE_BIGNUM, value),
        }
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Written {
        self.out.push(byte::F32);
        self.out.extend_from_slice(&value.to_bits().to_be_bytes());
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> Written {
        self.out.push(byte::F64);
        self.out.extend_from_slice(&value.to_bits().to_be_bytes());
        Ok(())
    }

    fn serialize_char(self, value: char) -> Written {
        self.text(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Written {
        self.text(value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Written {
        self.head(major::BYTES, value.len() as u64);
        self.out.extend_from_slice(value);
        Ok(())
    }

    fn serialize_none(self) -> Written {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        self.enter()?;
        let at = self.out.len();
        value.serialize(&mut *self)?;
        self.depth -= 1;
        // Both begin short items: nothing, under some of these tags.
        let inner = &self.out[at..];
        if inner.starts_with(&[byte::NULL]) || inner.starts_with(tag::SOME_HEAD) {
            self.out.splice(at..at, tag::SOME_HEAD.iter().copied());
        }
        Ok(())
    }

    fn serialize_unit(self) -> Written {
        self.out.push(byte::NULL);
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Written {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        self.text(variant);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        self.enter()?;
        self.variant(variant);
        value.serialize(&mut *self)?;
        self.depth -= 1;
        Ok(())
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Parts<'w, 'o>, Failure> {
        self.open(major::ARRAY, len)
    }

    fn serialize_tuple(self, len: usize) -> Result<Parts<'w, 'o>, Failure> {
        self.open(major::ARRAY, Some(len))
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Parts<'w, 'o>, Failure> {
        self.open(major::ARRAY, Some(len))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Parts<'w, 'o>, Failure> {
        self.variant(variant);
        self.open(major::ARRAY, Some(len))
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Parts<'w, 'o>, Failure> {
        self.open(major::MAP, len)
    }

    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Parts<'w, 'o>, Failure> {
        self.open(major::MAP, Some(len))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Parts<'w, 'o>, Failure> {
        self.variant(variant);
        self.open(major::MAP, Some(len))
    }
}

/// The inside of an array or map.
pub(super) struct Parts<'w, 'o> {
    writer: &'w mut Writer<'o>,
    major: u8,
    at: usize,
    promised: u64,
    count: u64,
}

impl Parts<'_, '_> {
    fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.count += 1;
        value.serialize(&mut *self.writer)
    }

    fn named<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Written {
        self.writer.text(name);
        self.part(value)
    }

    fn finish(self) -> Written {
        if self.count != self.promised {
            let (old, (new, len)) =
                (head(self.major, self.promised).1, head(self.major, self.count));
            self.writer.out.splice(self.at..self.at + old, new.into_iter().take(len));
        }
        self.writer.depth -= 1;
        Ok(())
    }
}

macro_rules! unnamed {
    ($($trait:ident $part:ident),*) => {$(
        impl ser::$trait for Parts<'_, '_> {
            type Ok = ();
            type Error = Failure;

            fn $part<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
                self.part(value)
            }

            fn end(self) -> Written {
                self.finish()
            }
        }
    )*};
}
unnamed!(
    SerializeSeq serialize_element, SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field, SerializeTupleVariant serialize_field
);

macro_rules! named {
    ($($trait:ident),*) => {$(
        impl ser::$trait for Parts<'_, '_> {
            type Ok = ();
            type Error = Failure;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Written {
                self.named(name, value)
            }

            fn end(self) -> Written {
                self.finish()
            }
        }
    )*};
}
named!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Parts<'_, '_> {
    type Ok = ();
    type Error = Failure;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        key.serialize(&mut *self.writer)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.part(value)
    }

    fn end(self) -> Written {
        self.finish()
    }
}
