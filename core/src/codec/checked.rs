//! Encoding and decoding through a [`Codec`], with proof: what was encoded is decoded again and compared.

use bytes::Bytes;

use super::cbor::{self, Cbor};
use super::json::{self, Json};
use super::value::Place;
use super::{Codec, Encoded, Slot, Value, failed};
use crate::shape::{Coverage, Shape};
use crate::{Error, ErrorKind, Result, ShortName};

/// Encodes, reads back into `scratch`, and lets out only what came back the same.
pub(super) fn encode(
    value: &Value<'_>,
    codec: &dyn Codec,
    scratch: &mut dyn Place,
) -> Result<Encoded> {
    let shape = value.shape();
    let refused =
        |why: String| failed(ErrorKind::Encode, why, shape.type_name()).with("codec", codec.name());
    let name = ShortName::new(codec.name())?;
    let mut payload = Vec::new();
    codec.encode(value, &mut payload)?;
    codec.decode(&payload, &mut Slot::new(scratch)).map_err(|error| {
        refused(format!("the value cannot be read back: {error}")).with_source(error)
    })?;
    let Some(back) = scratch.value() else { return Err(left_empty(name)) };
    let written = if codec.name() == Cbor::NAME {
        None
    } else {
        Some(cbor::to_vec(value).map_err(|why| refused(why.to_string()))?)
    };
    let read = cbor::to_vec(back).map_err(|why| refused(why.to_string()))?;
    if !cbor::same(written.as_ref().unwrap_or(&payload), &read) {
        return Err(refused("the value would come back different".to_owned()));
    }
    Ok(Encoded { codec: name, payload, buffers: Vec::new() })
}

/// Decodes into `place`. Where the shape does not tell two versions of a type apart, the value must also write the bytes
/// it was read from: a field renamed since, and filled in by default, would go unnoticed.
pub(super) fn decode(
    codec: &dyn Codec,
    payload: &[u8],
    place: &mut dyn Place,
    shape: &Shape,
) -> Result<()> {
    let decoded = codec.decode(payload, &mut Slot::new(place));
    decoded.map_err(|error| error.with("type", shape.type_name()))?;
    if *shape.coverage() == Coverage::Whole {
        return Ok(());
    }
    let Some(value) = place.value() else { return Ok(()) };
    let same = match codec.name() {
        Cbor::NAME => cbor::to_vec(value).is_ok_and(|again| cbor::same(payload, &again)),
        Json::NAME => json::as_cbor(payload)
            .zip(json::written_as_cbor(value))
            .is_some_and(|(before, again)| cbor::same(&before, &again)),
        _ => return Ok(()),
    };
    match same {
        true => Ok(()),
        false => Err(failed(
            ErrorKind::Decode,
            "the value reads differently than it was written: the type has changed",
            shape.type_name(),
        )),
    }
}

pub(super) fn no_buffers(buffers: &[Bytes], shape: &Shape) -> Result<()> {
    if buffers.is_empty() {
        return Ok(());
    }
    let why = format!("{} buffers stand beside a value that has none", buffers.len());
    Err(failed(ErrorKind::Decode, why, shape.type_name()))
}

pub(super) fn left_empty(codec: ShortName) -> Error {
    Error::new(ErrorKind::Bug, "the codec reports success and filled in no value")
        .with("codec", codec)
}
