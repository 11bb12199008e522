//! The codec `json`, for values that people and other programs read.

use serde::Serialize;

use super::cbor::{self, Lossy};
use super::{Codec, Slot, Value, failed};
use crate::{Error, ErrorKind, Result};

/// The codec `json`: what JSON can hold, and an error for what it cannot.
///
/// Maps may have keys that are strings, numbers, booleans, characters or variants without fields (JSON has strings, which
/// read back); other keys, NaN, infinities and a `Some` of `None` or `()` are refused.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json;

impl Json {
    pub(super) const NAME: &'static str = "json";
}

impl Codec for Json {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn encode(&self, value: &Value<'_>, out: &mut Vec<u8>) -> Result<()> {
        let refused = |why: String| failed(ErrorKind::Encode, why, value.shape().type_name());
        let start = out.len();
        serde_json::to_writer(&mut *out, value)
            .map_err(|why| refused(format!("JSON cannot hold it: {why}")).with_source(why))?;
        // What it has no word for, it calls null: only where there is one is a closer look needed.
        if !out[start..].windows(4).any(|word| word == b"null") {
            return Ok(());
        }
        let whole = cbor::to_vec(value).map_err(|why| refused(why.to_string()))?;
        match cbor::lossy(&whole) {
            None => Ok(()),
            Some(Lossy::Float(value)) => {
                Err(refused(format!("JSON cannot hold the number {value}")))
            }
            Some(Lossy::Some) => Err(refused(
                "JSON cannot hold a `Some` of nothing: it has one `null` for it and for `None`"
                    .to_owned(),
            )),
        }
    }

    fn decode(&self, bytes: &[u8], slot: &mut Slot<'_>) -> Result<()> {
        let mut json = serde_json::Deserializer::from_slice(bytes);
        slot.fill(&mut json).and_then(|()| json.end()).map_err(|why| {
            Error::new(ErrorKind::Decode, format!("cannot decode: {why}")).with_source(why)
        })
    }
}

/// The CBOR of a JSON text, or of a value written as JSON: to be compared.
pub(super) fn as_cbor(json: &[u8]) -> Option<Vec<u8>> {
    cbor::to_vec(&serde_json::from_slice::<serde_json::Value>(json).ok()?).ok()
}

/// As [`as_cbor`], of a value.
pub(super) fn written_as_cbor(value: &(impl Serialize + ?Sized)) -> Option<Vec<u8>> {
    as_cbor(&serde_json::to_vec(value).ok()?)
}
