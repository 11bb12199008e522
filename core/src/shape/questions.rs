//! The deserializer a type is traced with: it notes each question and answers with a sample.
//!
//! It asks for sequences where there is a choice, is not human-readable, and tells an enum's variant by its number: as
//! the codecs without names do.

use std::fmt;

use serde::de::{self, DeserializeSeed, IntoDeserializer, Visitor};

use super::samples::{ANYTHING, BYTE_LENGTHS, LENGTHS, NUMBERS, STRINGS};
use super::trace::{Asker, Place, ROOT, Tracer};
use super::{Kind, Leaf, NodeId};

/// A type would not have the sample; its words.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) String);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

impl de::Error for Refusal {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

impl From<String> for Refusal {
    fn from(message: String) -> Self {
        Self(message)
    }
}

type Answer<T> = Result<T, Refusal>;

pub(super) struct Questions<'t> {
    tracer: &'t mut Tracer,
    place: Place,
}

impl<'t> Questions<'t> {
    pub(super) fn root(tracer: &'t mut Tracer) -> Self {
        Self { tracer, place: ROOT }
    }

    fn leaf(&mut self, leaf: Leaf, samples: usize) -> Answer<usize> {
        Ok(self.tracer.leaf(self.place, leaf, samples)?)
    }

    /// Enters a node, answers, and leaves it.
    fn within<T>(
        self,
        asker: Asker,
        kind: Kind,
        answer: impl FnOnce(&mut Tracer, NodeId) -> Answer<T>,
    ) -> Answer<T> {
        let (id, mark) = self.tracer.enter(self.place, asker, kind)?;
        let answered = answer(self.tracer, id);
        self.tracer.leave(mark);
        answered
    }

    /// Any number of elements of one kind, or fixed places one after the other.
    fn elements<'de, V: Visitor<'de>>(
        self,
        asker: Asker,
        kind: Kind,
        visitor: V,
    ) -> Answer<V::Value> {
        let place = self.place;
        self.within(asker, kind, |tracer, parent| {
            let left = match kind {
                Kind::Seq | Kind::Map if tracer.is_recursion() => 0,
                Kind::Seq | Kind::Map => LENGTHS[tracer.sample(place, LENGTHS.len())],
                _ => kind.arity(),
            };
            let elements = Elements { tracer, parent, slot: 0, left, kind };
            if kind == Kind::Map {
                visitor.visit_map(elements)
            } else {
                visitor.visit_seq(elements)
            }
        })
    }
}

fn visitor<V>() -> Asker {
    Asker::Visitor(typeid::of::<V>())
}

macro_rules! numbers {
    ($($deserialize:ident $visit:ident $leaf:ident $type:ty;)*) => {$(
        fn $deserialize<V: Visitor<'de>>(mut self, visitor: V) -> Answer<V::Value> {
            let sample = self.leaf(Leaf::$leaf, NUMBERS.len())?;
            visitor.$visit(<$type>::from(NUMBERS[sample]))
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Questions<'_> {
    type Error = Refusal;

    numbers! {
        deserialize_u8 visit_u8 U8 u8;
        deserialize_u16 visit_u16 U16 u16;
        deserialize_u32 visit_u32 U32 u32;
        deserialize_u64 visit_u64 U64 u64;
        deserialize_u128 visit_u128 U128 u128;
        deserialize_i16 visit_i16 I16 i16;
        deserialize_i32 visit_i32 I32 i32;
        deserialize_i64 visit_i64 I64 i64;
        deserialize_i128 visit_i128 I128 i128;
        deserialize_f32 visit_f32 F32 f32;
        deserialize_f64 visit_f64 F64 f64;
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_i8<V: Visitor<'de>>(mut self, visitor: V) -> Answer<V::Value> {
        let sample = self.leaf(Leaf::I8, NUMBERS.len())?;
        visitor.visit_i8(NUMBERS[sample].cast_signed())
    }

    fn deserialize_bool<V: Visitor<'de>>(mut self, visitor: V) -> Answer<V::Value> {
        let sample = self.leaf(Leaf::Bool, 2)?;
        visitor.visit_bool(sample == 1)
    }

    fn deserialize_char<V: Visitor<'de>>(mut self, visitor: V) -> Answer<V::Value> {
        let sample = self.leaf(Leaf::Char, 2)?;
        visitor.visit_char(['a', '0'][sample])
    }

    fn deserialize_str<V: Visitor<'de>>(mut self, visitor: V) -> Answer<V::Value> {
        let sample = self.leaf(Leaf::Str, STRINGS.len())?;
        visitor.visit_str(STRINGS[sample])
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Answer<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Answer<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(mut self, visitor: V) -> Answer<V::Value> {
        let sample = self.leaf(Leaf::Bytes, BYTE_LENGTHS.len())?;
        visitor.visit_bytes(&[0; 64][..BYTE_LENGTHS[sample]])
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Answer<V::Value> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Answer<V::Value> {
        let sample = self.leaf(Leaf::Any, ANYTHING)?;
        let Self { tracer, place } = self;
        let nothing = Elements { tracer, parent: place.parent, slot: 0, left: 0, kind: Kind::Seq };
        match sample {
            0 => visitor.visit_unit(),
            1 => visitor.visit_bool(true),
            2 => visitor.visit_u64(1),
            3 => visitor.visit_f64(0.5),
            4 => visitor.visit_str("a"),
            5 => visitor.visit_seq(nothing),
            _ => visitor.visit_map(nothing),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Answer<V::Value> {
        self.deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, wants: V) -> Answer<V::Value> {
        self.within(visitor::<V>(), Kind::Option, |tracer, parent| {
            if tracer.is_recursion() {
                return wants.visit_none();
            }
            wants.visit_some(Questions { tracer, place: Place { parent, slot: 0 } })
        })
    }

    fn deserialize_unit<V: Visitor<'de>>(mut self, visitor: V) -> Answer<V::Value> {
        self.leaf(Leaf::Unit, 1)?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        wants: V,
    ) -> Answer<V::Value> {
        self.within(visitor::<V>(), Kind::UnitStruct(name), |_, _| wants.visit_unit())
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        wants: V,
    ) -> Answer<V::Value> {
        self.within(visitor::<V>(), Kind::Newtype(name), |tracer, parent| {
            wants.visit_newtype_struct(Questions { tracer, place: Place { parent, slot: 0 } })
        })
    }

    fn deserialize_seq<V: Visitor<'de>>(self, wants: V) -> Answer<V::Value> {
        self.elements(visitor::<V>(), Kind::Seq, wants)
    }

    fn deserialize_map<V: Visitor<'de>>(self, wants: V) -> Answer<V::Value> {
        self.elements(visitor::<V>(), Kind::Map, wants)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, wants: V) -> Answer<V::Value> {
        self.elements(visitor::<V>(), Kind::Tuple(len), wants)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        wants: V,
    ) -> Answer<V::Value> {
        self.elements(visitor::<V>(), Kind::TupleStruct(name, len), wants)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        wants: V,
    ) -> Answer<V::Value> {
        self.elements(visitor::<V>(), Kind::Struct(name, fields), wants)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        wants: V,
    ) -> Answer<V::Value> {
        self.within(visitor::<V>(), Kind::Enum(name, variants), |tracer, parent| {
            let slot = tracer.pick(parent, variants.len())?;
            let body = Questions { tracer: &mut *tracer, place: Place { parent, slot } };
            let value = wants.visit_enum(body)?;
            tracer.built(parent, slot);
            Ok(value)
        })
    }
}

/// The elements of a sequence or map (all in one slot, or key and value), or the fields of a struct or tuple.
struct Elements<'t> {
    tracer: &'t mut Tracer,
    parent: NodeId,
    slot: u32,
    left: usize,
    kind: Kind,
}

impl Elements<'_> {
    fn answer<'de, S: DeserializeSeed<'de>>(&mut self, slot: u32, seed: S) -> Answer<S::Value> {
        let place = Place { parent: self.parent, slot };
        seed.deserialize(Questions { tracer: self.tracer, place })
    }
}

impl<'de> de::SeqAccess<'de> for Elements<'_> {
    type Error = Refusal;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Answer<Option<S::Value>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let slot = self.slot;
        self.slot += u32::from(self.kind != Kind::Seq);
        self.answer(slot, seed).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> de::MapAccess<'de> for Elements<'_> {
    type Error = Refusal;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Answer<Option<S::Value>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.answer(0, seed).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Answer<S::Value> {
        self.answer(1, seed)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> de::EnumAccess<'de> for Questions<'_> {
    type Error = Refusal;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Answer<(S::Value, Self)> {
        let number = IntoDeserializer::<Refusal>::into_deserializer(self.place.slot);
        Ok((seed.deserialize(number)?, self))
    }
}

impl<'de> de::VariantAccess<'de> for Questions<'_> {
    type Error = Refusal;

    fn unit_variant(self) -> Answer<()> {
        let asker = Asker::Variant(self.place);
        self.within(asker, Kind::UnitStruct(""), |_, _| Ok(()))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Answer<S::Value> {
        let asker = Asker::Variant(self.place);
        self.within(asker, Kind::Newtype(""), |tracer, parent| {
            seed.deserialize(Questions { tracer, place: Place { parent, slot: 0 } })
        })
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Answer<V::Value> {
        let asker = Asker::Variant(self.place);
        self.elements(asker, Kind::Tuple(len), visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Answer<V::Value> {
        let asker = Asker::Variant(self.place);
        self.elements(asker, Kind::Struct("", fields), visitor)
    }
}
