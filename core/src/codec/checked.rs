//! Encoding and decoding through a [`Codec`], with proof: what was encoded is decoded again and compared.

use bytes::Bytes;

use super::cbor::{self, Cbor};
use super::json::{self, Json};
use super::value::Place;
use super::{Codec, Encoded, Slot, Value, failed};
use crate::beside::{self, Aside, Identity, Leftover};
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
    let (written, Aside { buffers, element_sizes, lives }) = match codec.name() {
        Cbor::NAME => beside::encoding(|| codec.encode(value, &mut payload)),
        _ => (beside::whole(|| codec.encode(value, &mut payload)), Aside::default()),
    };
    written?;
    fill(codec, &payload, &buffers, scratch).map_err(|error| {
        refused(format!("the value cannot be read back: {error}")).with_source(error)
    })?;
    let Some(back) = scratch.value() else { return Err(left_empty(name)) };
    let same = if codec.name() == Cbor::NAME {
        writes(back, &payload, &buffers)
    } else {
        let (written, contents) =
            beside::encoding_again(Identity::Content, &[], || cbor::to_vec(value));
        let written = written.map_err(|why| refused(why.to_string()))?;
        let read =
            beside::encoding_again(Identity::Content, &contents.buffers, || cbor::to_vec(back)).0;
        read.is_ok_and(|read| cbor::same(&written, &read))
    };
    if !same {
        return Err(refused("the value would come back different".to_owned()));
    }
    Ok(Encoded { codec: name, payload, buffers, element_sizes, lives })
}

/// Whether a value read from these bytes and buffers writes them again. Buffers are told by where they are, so that
/// mapped ones are not read; by what they hold only where reading copied them.
fn writes(value: &dyn erased_serde::Serialize, payload: &[u8], buffers: &[Bytes]) -> bool {
    [Identity::Place, Identity::Content].into_iter().any(|identity| {
        let (again, _) = beside::encoding_again(identity, buffers, || cbor::to_vec(value));
        again.is_ok_and(|again| cbor::same(payload, &again))
    })
}

/// Lets `codec` fill in the value. Only larder's own know of buffers.
fn fill(codec: &dyn Codec, payload: &[u8], buffers: &[Bytes], place: &mut dyn Place) -> Result<()> {
    let decode = || codec.decode(payload, &mut Slot::new(place));
    match codec.name() {
        Cbor::NAME => with_all(buffers, decode),
        _ if buffers.is_empty() => beside::whole(decode),
        _ => Err(left_over(buffers.len())),
    }
}

/// Runs `decode`, which must use every buffer.
pub(super) fn with_all<T>(buffers: &[Bytes], decode: impl FnOnce() -> Result<T>) -> Result<T> {
    match beside::decoding(buffers, decode) {
        (Ok(value), Leftover { unused: 0, .. }) => Ok(value),
        (Ok(_), Leftover { unused, .. }) => Err(left_over(unused)),
        (Err(error), Leftover { refusal: Some(why), .. }) => {
            Err(Error::new(error.kind(), format!("cannot decode: {why}")).with_source(error))
        }
        (Err(error), _) => Err(error),
    }
}

/// Decodes into `place`. Where the shape does not tell two versions of a type apart, the value must also write the bytes
/// it was read from: a field renamed since, and filled in by default, would go unnoticed.
pub(super) fn decode(
    codec: &dyn Codec,
    payload: &[u8],
    buffers: &[Bytes],
    place: &mut dyn Place,
    shape: &Shape,
) -> Result<()> {
    let decoded = fill(codec, payload, buffers, place);
    decoded.map_err(|error| error.with("type", shape.type_name()))?;
    if *shape.coverage() == Coverage::Whole {
        return Ok(());
    }
    let Some(value) = place.value() else { return Ok(()) };
    let same = match codec.name() {
        Cbor::NAME => writes(value, payload, buffers),
        Json::NAME => json::as_cbor(payload)
            .zip(beside::whole(|| json::written_as_cbor(value)))
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

fn left_over(buffers: usize) -> Error {
    Error::new(
        ErrorKind::Decode,
        format!("{buffers} buffers beside the value are of no array in it"),
    )
}

pub(super) fn left_empty(codec: ShortName) -> Error {
    Error::new(ErrorKind::Bug, "the codec reports success and filled in no value")
        .with("codec", codec)
}
