//! The elements as larder's codecs have them.

use std::fmt;

use bytes::Bytes;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::super::buffer::from_stored;
use super::super::element::Element;
use crate::beside;

#[derive(Serialize)]
#[serde(rename = "Elements")]
pub(super) enum Written {
    /// The bytes themselves.
    #[serde(serialize_with = "as_bytes")]
    Inside(Bytes),
    /// The number of the buffer.
    Beside(u32),
}

fn as_bytes<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

#[derive(Deserialize)]
#[serde(rename = "Elements", bound = "T: Element")]
pub(super) enum Read<T> {
    #[serde(deserialize_with = "elements")]
    Inside(Vec<T>),
    Beside(u32),
}

fn elements<'de, T: Element, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    struct Elements<T>(std::marker::PhantomData<T>);

    impl<T: Element> Visitor<'_> for Elements<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the bytes of an array's elements")
        }

        fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<T>, E> {
            from_stored(bytes).map_err(beside::refuse)
        }
    }

    deserializer.deserialize_bytes(Elements(std::marker::PhantomData))
}
