//! From [`OptionValue`]s to typed structs, leniently for text, strictly for names.

use std::collections::BTreeMap;

use serde::de::{self, DeserializeOwned, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::access::{Elements, Entries};
use super::{DeError, OptionValue};
use crate::suggest;

pub(crate) fn from_value<T: DeserializeOwned>(value: &OptionValue) -> Result<T, DeError> {
    T::deserialize(ValueDeserializer(value.clone())).map_err(|error| error.about(value))
}

/// What a person means by yes and no.
fn parse_bool(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

pub(super) struct ValueDeserializer(pub(super) OptionValue);

impl ValueDeserializer {
    fn integer(&self) -> Option<i128> {
        match &self.0 {
            OptionValue::Integer(number) => Some((*number).into()),
            OptionValue::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// Lists and tables can stand in a URL as JSON.
    fn unfolded(self, open: char) -> Result<OptionValue, DeError> {
        match self.0 {
            OptionValue::Text(text) if text.trim_start().starts_with(open) => {
                serde_json::from_str(&text)
                    .map_err(|error| DeError::expected(format_args!("JSON ({error})")))
            }
            other => Ok(other),
        }
    }

    fn table(self) -> Result<BTreeMap<String, OptionValue>, DeError> {
        match self.unfolded('{')? {
            OptionValue::Table(table) => Ok(table),
            _ => Err(DeError::expected("a table of options")),
        }
    }
}

macro_rules! integers {
    ($($method:ident $visit:ident $type:ident,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
            let number = self.integer().and_then(|number| $type::try_from(number).ok());
            let allowed = || DeError::expected(format_args!("a whole number from {} to {}", $type::MIN, $type::MAX));
            visitor.$visit(number.ok_or_else(allowed)?)
        }
    )*};
}

impl<'de> de::Deserializer<'de> for ValueDeserializer {
    type Error = DeError;

    integers! {
        deserialize_i8 visit_i8 i8,
        deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64,
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        match self.0 {
            OptionValue::Bool(value) => visitor.visit_bool(value),
            OptionValue::Integer(value) => visitor.visit_i64(value),
            OptionValue::Float(value) => visitor.visit_f64(value),
            OptionValue::Text(value) => visitor.visit_string(value),
            OptionValue::List(values) => visitor.visit_seq(Elements(values.into_iter())),
            OptionValue::Table(values) => visitor.visit_map(Entries::new(values)),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        let value = match &self.0 {
            OptionValue::Bool(value) => Some(*value),
            OptionValue::Text(text) => parse_bool(text),
            _ => None,
        };
        visitor.visit_bool(value.ok_or_else(|| DeError::expected("`true` or `false`"))?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        let value = match &self.0 {
            OptionValue::Integer(number) => Some(*number as f64),
            OptionValue::Float(number) => Some(*number),
            OptionValue::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        visitor.visit_f64(value.ok_or_else(|| DeError::expected("a number"))?)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        match self.0 {
            OptionValue::Text(text) => visitor.visit_string(text),
            _ => Err(DeError::expected("text")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DeError> {
        visitor.visit_newtype_struct(self)
    }

    /// `()` takes no options.
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        match self.table()?.keys().next() {
            None => visitor.visit_unit(),
            Some(name) => Err(de::Error::unknown_field(name, &[])),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DeError> {
        self.deserialize_unit(visitor)
    }

    /// A list, or text with commas.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        let values = match self.unfolded('[')? {
            OptionValue::List(values) => values,
            OptionValue::Text(text) if text.trim().is_empty() => Vec::new(),
            OptionValue::Text(text) => text.split(',').map(|part| part.trim().into()).collect(),
            _ => return Err(DeError::expected("a list")),
        };
        visitor.visit_seq(Elements(values.into_iter()))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, DeError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, DeError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        visitor.visit_map(Entries::new(self.table()?))
    }

    /// Unknown names are refused here, so that no author has to remember `deny_unknown_fields`.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeError> {
        let table = self.table()?;
        match table.keys().find(|name| !fields.contains(&name.as_str())) {
            Some(stranger) => Err(de::Error::unknown_field(stranger, fields)),
            None => visitor.visit_map(Entries::new(table)),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeError> {
        match self.unfolded('{')? {
            OptionValue::Text(name) => visitor.visit_enum(name.into_deserializer()),
            OptionValue::Table(table) if table.len() == 1 => {
                visitor.visit_enum(Entries::new(table))
            }
            _ => Err(DeError::expected(format_args!("one of {}", suggest::quoted(variants)))),
        }
    }

    forward_to_deserialize_any! { i128 u128 char bytes byte_buf identifier ignored_any }
}
