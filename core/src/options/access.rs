//! Walking lists and tables of [`OptionValue`]s.

use std::collections::BTreeMap;

use serde::de::value::StringDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

use super::typed::ValueDeserializer;
use super::{DeError, OptionValue};

pub(super) struct Elements(pub(super) std::vec::IntoIter<OptionValue>);

impl<'de> SeqAccess<'de> for Elements {
    type Error = DeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DeError> {
        let Some(value) = self.0.next() else { return Ok(None) };
        seed.deserialize(ValueDeserializer(value.clone()))
            .map(Some)
            .map_err(|error| error.about(&value))
    }
}

/// The entries of a table; of a table with one entry also the variant it names.
pub(super) struct Entries {
    rest: std::collections::btree_map::IntoIter<String, OptionValue>,
    current: Option<(String, OptionValue)>,
}

impl Entries {
    pub(super) fn new(table: BTreeMap<String, OptionValue>) -> Self {
        Self { rest: table.into_iter(), current: None }
    }

    fn value(&mut self) -> Result<(String, OptionValue), DeError> {
        self.current.take().ok_or_else(|| DeError::expected("a value"))
    }
}

impl<'de> MapAccess<'de> for Entries {
    type Error = DeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, DeError> {
        self.current = self.rest.next();
        let Some((name, _)) = &self.current else { return Ok(None) };
        let name: StringDeserializer<DeError> = name.clone().into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DeError> {
        let (name, value) = self.value()?;
        seed.deserialize(ValueDeserializer(value.clone()))
            .map_err(|error| error.about(&value).under(&name))
    }
}

impl<'de> EnumAccess<'de> for Entries {
    type Error = DeError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(
        mut self,
        seed: V,
    ) -> Result<(V::Value, Self), DeError> {
        let variant = self.next_key_seed(seed)?.ok_or_else(|| DeError::expected("a variant"))?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Entries {
    type Error = DeError;

    fn unit_variant(mut self) -> Result<(), DeError> {
        self.next_value_seed(std::marker::PhantomData)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        mut self,
        seed: T,
    ) -> Result<T::Value, DeError> {
        self.next_value_seed(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(mut self, _: usize, visitor: V) -> Result<V::Value, DeError> {
        let (name, value) = self.value()?;
        Deserializer::deserialize_seq(ValueDeserializer(value), visitor)
            .map_err(|error| error.under(&name))
    }

    fn struct_variant<V: Visitor<'de>>(
        mut self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeError> {
        let (name, value) = self.value()?;
        Deserializer::deserialize_struct(ValueDeserializer(value), "", fields, visitor)
            .map_err(|error| error.under(&name))
    }
}
