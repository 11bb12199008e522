//! The type of an array's elements, as an enum with one variant: its name.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeSeed, EnumAccess, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::super::element::Element;

const ENUM: &str = "Element";

pub(super) struct ElementType<T>(PhantomData<fn() -> T>);

impl<T> ElementType<T> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: Element> Serialize for ElementType<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit_variant(ENUM, 0, T::NAMES[0])
    }
}

impl<'de, T: Element> Deserialize<'de> for ElementType<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_enum(ENUM, T::NAMES, Self::new())
    }
}

impl<T: Element> ElementType<T> {
    fn expect(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an array of {}", T::NAMES[0])
    }
}

impl<'de, T: Element> Visitor<'de> for ElementType<T> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Self::expect(f)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Self, A::Error> {
        let (name, body) = data.variant_seed(Name(self))?;
        body.unit_variant()?;
        Ok(name)
    }
}

/// The variant, by its number or its name.
struct Name<T>(ElementType<T>);

impl<'de, T: Element> DeserializeSeed<'de> for Name<T> {
    type Value = ElementType<T>;

    fn deserialize<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<ElementType<T>, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<'de, T: Element> Visitor<'de> for Name<T> {
    type Value = ElementType<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ElementType::<T>::expect(f)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<ElementType<T>, E> {
        match number {
            0 => Ok(self.0),
            _ => Err(E::invalid_value(de::Unexpected::Unsigned(number), &self)),
        }
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<ElementType<T>, E> {
        if name == T::NAMES[0] { Ok(self.0) } else { Err(E::unknown_variant(name, T::NAMES)) }
    }
}
