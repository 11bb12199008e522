//! Reading items: only what the writer writes, and never trusting a length.

use serde::Deserializer;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{self, DeserializeSeed, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::{Failure, TOO_DEEP, byte, major, tag};
use crate::codec::MAX_DEPTH;

type Read<T> = Result<T, Failure>;

pub(super) struct Reader<'de> {
    rest: &'de [u8],
    depth: usize,
}

impl<'de> Reader<'de> {
    pub(super) fn new(bytes: &'de [u8]) -> Self {
        Self { rest: bytes, depth: 0 }
    }

    /// Nothing may follow the value.
    pub(super) fn finish(self) -> Read<()> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(Failure(format!("{left} bytes are left over"))),
        }
    }

    pub(super) fn rest(&self) -> &'de [u8] {
        self.rest
    }

    pub(super) fn take(&mut self, len: u64) -> Read<&'de [u8]> {
        let cut = usize::try_from(len).ok().and_then(|len| self.rest.split_at_checked(len));
        let (taken, rest) = cut.ok_or("it ends too early")?;
        self.rest = rest;
        Ok(taken)
    }

    fn fixed<const N: usize>(&mut self) -> Read<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or("it ends too early")?;
        self.rest = rest;
        Ok(*taken)
    }

    /// The major type of an item and its number; of floats, their bits.
    pub(super) fn head(&mut self) -> Read<(u8, u64)> {
        let [first] = self.fixed()?;
        let number = match first & 0x1f {
            info @ 0..24 => info.into(),
            24 => self.fixed::<1>()?[0].into(),
            25 => u16::from_be_bytes(self.fixed()?).into(),
            26 => u32::from_be_bytes(self.fixed()?).into(),
            27 => u64::from_be_bytes(self.fixed()?),
            _ => return Err("it has an item of unknown length".into()),
        };
        Ok((first >> 5, number))
    }

    fn text(&mut self, len: u64) -> Read<&'de str> {
        str::from_utf8(self.take(len)?).map_err(|_| "it has text that is not UTF-8".into())
    }

    fn take_if(&mut self, head: &[u8]) -> bool {
        let rest = self.rest.strip_prefix(head);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn within<T>(&mut self, inside: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(TOO_DEEP.into());
        }
        let value = inside(self)?;
        self.depth -= 1;
        Ok(value)
    }

    /// An array or map, to its end.
    fn items<T>(&mut self, count: u64, visit: impl FnOnce(Items<'_, 'de>) -> Read<T>) -> Read<T> {
        self.within(|reader| {
            let mut left = count;
            let value = visit(Items { reader, left: &mut left })?;
            if left > 0 {
                return Err(Failure(format!("{left} elements are left over")));
            }
            Ok(value)
        })
    }

    /// The 128 bits of a bignum.
    fn bignum(&mut self) -> Read<u128> {
        let (major::BYTES, len @ ..=16) = self.head()? else {
            return Err("it has a number of more than 128 bits".into());
        };
        let bytes = self.take(len)?;
        let mut wide = [0; 16];
        wide[16 - bytes.len()..].copy_from_slice(bytes);
        Ok(u128::from_be_bytes(wide))
    }

    /// An integer of any size, or nothing where something else stands.
    fn integer(&mut self) -> Read<Option<Integer>> {
        let start = self.rest;
        let integer = match self.head()? {
            (major::UNSIGNED, number) => Integer::Unsigned(number.into()),
            (major::NEGATIVE, number) => Integer::Negative(!i128::from(number)),
            (major::TAG, tag::POSITIVE_BIGNUM) => Integer::Unsigned(self.bignum()?),
            (major::TAG, tag::NEGATIVE_BIGNUM) => {
                let number = i128::try_from(self.bignum()?);
                Integer::Negative(!number.map_err(|_| "it has a number of more than 128 bits")?)
            }
            _ => {
                self.rest = start;
                return Ok(None);
            }
        };
        Ok(Some(integer))
    }

    /// Passes over one item without recursing.
    fn skip(&mut self) -> Read<()> {
        let mut items = 1u64;
        while let Some(left) = items.checked_sub(1) {
            items = left;
            let inside = match self.head()? {
                (major::BYTES | major::TEXT, len) => self.take(len).map(|_| 0)?,
                (major::ARRAY, count) => count,
                (major::MAP, count) => count.saturating_mul(2),
                (major::TAG, _) => 1,
                _ => 0,
            };
            items = items.saturating_add(inside);
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Integer {
    Unsigned(u128),
    Negative(i128),
}

impl Integer {
    fn to<T: TryFrom<u128> + TryFrom<i128>>(self) -> Option<T> {
        match self {
            Self::Unsigned(number) => number.try_into().ok(),
            Self::Negative(number) => number.try_into().ok(),
        }
    }

    /// For a type that looks at the data: in the narrowest of four.
    fn show<'de, V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        if let Some(number) = self.to() {
            return visitor.visit_u64(number);
        }
        if let Some(number) = self.to() {
            return visitor.visit_i64(number);
        }
        match self {
            Self::Unsigned(number) => visitor.visit_u128(number),
            Self::Negative(number) => visitor.visit_i128(number),
        }
    }
}

macro_rules! integers {
    ($($deserialize:ident $visit:ident),*) => {$(
        /// In the width asked for, as its writer had it.
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
            match self.integer()? {
                None => self.deserialize_any(visitor),
                Some(integer) => match integer.to() {
                    Some(number) => visitor.$visit(number),
                    None => integer.show(visitor),
                },
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Failure;

    integers! {
        deserialize_i8 visit_i8, deserialize_i16 visit_i16, deserialize_i32 visit_i32,
        deserialize_i64 visit_i64, deserialize_i128 visit_i128, deserialize_u8 visit_u8,
        deserialize_u16 visit_u16, deserialize_u32 visit_u32, deserialize_u64 visit_u64,
        deserialize_u128 visit_u128
    }

    forward_to_deserialize_any! {
        bool f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        if let Some(integer) = self.integer()? {
            return integer.show(visitor);
        }
        let first = self.rest.first().copied();
        match (self.head()?, first) {
            ((major::BYTES, len), _) => visitor.visit_borrowed_bytes(self.take(len)?),
            ((major::TEXT, len), _) => visitor.visit_borrowed_str(self.text(len)?),
            ((major::ARRAY, count), _) => self.items(count, |items| visitor.visit_seq(items)),
            ((major::MAP, count), _) => self.items(count, |items| visitor.visit_map(items)),
            ((major::TAG, tag::SOME), _) => self.within(|reader| visitor.visit_some(reader)),
            (_, Some(byte::FALSE)) => visitor.visit_bool(false),
            (_, Some(byte::TRUE)) => visitor.visit_bool(true),
            (_, Some(byte::NULL)) => visitor.visit_unit(),
            ((major::SIMPLE, bits), Some(byte::F32)) => {
                visitor.visit_f32(f32::from_bits(bits as u32))
            }
            ((major::SIMPLE, bits), Some(byte::F64)) => visitor.visit_f64(f64::from_bits(bits)),
            _ => Err("it has an item that larder never writes".into()),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        if self.take_if(&[byte::NULL]) {
            return visitor.visit_none();
        }
        self.take_if(tag::SOME_HEAD);
        self.within(|reader| visitor.visit_some(reader))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Read<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Read<V::Value> {
        match self.head()? {
            (major::TEXT, len) => {
                let name = self.text(len)?;
                visitor.visit_enum(BorrowedStrDeserializer::new(name))
            }
            (major::MAP, 1) => self.within(|reader| visitor.visit_enum(Variant(reader))),
            _ => Err(de::Error::invalid_type(Unexpected::Other("no variant"), &"a variant")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.skip()?;
        visitor.visit_unit()
    }
}

/// The inside of an array or map.
struct Items<'r, 'de> {
    reader: &'r mut Reader<'de>,
    left: &'r mut u64,
}

impl Items<'_, '_> {
    fn next(&mut self) -> bool {
        let more = self.left.checked_sub(1);
        *self.left = more.unwrap_or(0);
        more.is_some()
    }

    /// Every item takes a byte.
    fn hint(&self) -> Option<usize> {
        Some(usize::try_from(*self.left).unwrap_or(usize::MAX).min(self.reader.rest.len()))
    }
}

impl<'de> de::SeqAccess<'de> for Items<'_, 'de> {
    type Error = Failure;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Read<Option<S::Value>> {
        if !self.next() {
            return Ok(None);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        self.hint()
    }
}

impl<'de> de::MapAccess<'de> for Items<'_, 'de> {
    type Error = Failure;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Read<Option<S::Value>> {
        if !self.next() {
            return Ok(None);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Read<S::Value> {
        seed.deserialize(&mut *self.reader)
    }

    fn size_hint(&self) -> Option<usize> {
        self.hint()
    }
}

/// A variant with contents: after the head of its map.
struct Variant<'r, 'de>(&'r mut Reader<'de>);

impl<'de> de::EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Failure;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Read<(S::Value, Self)> {
        Ok((seed.deserialize(&mut *self.0)?, self))
    }
}

impl<'de> de::VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Failure;

    fn unit_variant(self) -> Read<()> {
        de::Deserialize::deserialize(self.0)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Read<S::Value> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Read<V::Value> {
        self.0.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Read<V::Value> {
        self.0.deserialize_any(visitor)
    }
}
