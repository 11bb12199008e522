//! Options of a backend: what a URL, a document or a program says, and the typed struct an author asks for.

mod access;
mod error;
mod fields;
mod typed;

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, DeserializeOwned, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

pub(crate) use self::error::DeError;
pub(crate) use self::fields::fields_of;
pub(crate) use self::typed::from_value;
use crate::Result;

/// The options of one backend, by name.
pub type OptionMap = BTreeMap<String, OptionValue>;

/// The value of one option, before anybody knows which type it should have.
///
/// What comes from a URL or the environment is [`Text`](Self::Text), and is read leniently as whatever type the
/// backend asks for. TOML and JSON bring types of their own.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum OptionValue {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(String),
    /// Several values.
    List(Vec<OptionValue>),
    /// Values with names.
    Table(OptionMap),
}

macro_rules! from {
    ($($type:ty => $variant:ident),*) => {$(
        impl From<$type> for OptionValue {
            fn from(value: $type) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}
from!(bool => Bool, i32 => Integer, u32 => Integer, i64 => Integer, f64 => Float, &str => Text, String => Text, Vec<OptionValue> => List, OptionMap => Table);

/// As it stands in a URL or the environment: lists and tables in JSON.
impl fmt::Display for OptionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            other => f.write_str(&serde_json::to_string(other).map_err(|_| fmt::Error)?),
        }
    }
}

impl<'de> Deserialize<'de> for OptionValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

/// Reads `options` into the struct `T`. An option that `T` has no field for is an error that lists those it has.
pub(crate) fn from_options<T: DeserializeOwned>(options: &OptionMap) -> Result<T> {
    from_value(&OptionValue::Table(options.clone())).map_err(|error| error.into_error("option"))
}

/// Takes any value a document can hold.
struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = OptionValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a boolean, a number, text, a list or a table")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<OptionValue, E> {
        Ok(OptionValue::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<OptionValue, E> {
        Ok(OptionValue::Integer(value))
    }

    /// What is too large for `i64` stays exact as text, which reads as a number again.
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<OptionValue, E> {
        Ok(i64::try_from(value).map_or_else(|_| value.to_string().into(), OptionValue::Integer))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<OptionValue, E> {
        Ok(OptionValue::Float(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<OptionValue, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<OptionValue, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(OptionValue::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OptionValue, A::Error> {
        let mut values = BTreeMap::new();
        while let Some((name, value)) = map.next_entry()? {
            values.insert(name, value);
        }
        Ok(OptionValue::Table(values))
    }
}

#[cfg(test)]
mod tests;
