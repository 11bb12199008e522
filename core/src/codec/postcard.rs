//! The default codec.

use serde::de::DeserializeOwned;

use super::{Codec, Slot, Value, failed, scan, walk};
use crate::shape::Shape;
use crate::{Error, ErrorKind, Result, ShortName};

/// The codec `postcard`: small and fast, for values whose `Serialize` and `Deserialize` agree.
#[derive(Debug, Clone, Copy, Default)]
pub struct Postcard;

impl Postcard {
    pub(super) const NAME: &'static str = "postcard";
    pub(crate) const SHORT_NAME: ShortName = ShortName::fixed(Self::NAME);
}

impl Codec for Postcard {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn encode(&self, value: &Value<'_>, out: &mut Vec<u8>) -> Result<()> {
        let shape = value.shape();
        let refused = |why: &str| failed(ErrorKind::Encode, why, shape.type_name());
        if !shape.fits_postcard() {
            return Err(refused("postcard cannot carry the type"));
        }
        walk::encode(value, shape, out).map_err(|why| refused(&why))
    }

    /// Knows no shape: for values encoded and decoded in one breath. [`decode`](super::decode) checks first.
    fn decode(&self, bytes: &[u8], slot: &mut Slot<'_>) -> Result<()> {
        let mut postcard = postcard::Deserializer::from_bytes(bytes);
        let filled = slot.fill(&mut postcard).and_then(|()| postcard.finalize());
        consumed(filled.map(|rest| ((), rest)))
    }
}

/// What every hit runs.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8], shape: &Shape) -> Result<T> {
    scan::check(bytes, shape)?;
    let decoded = consumed(postcard::take_from_bytes(bytes));
    decoded.map_err(|error| error.with("type", shape.type_name()))
}

fn consumed<T>(decoded: postcard::Result<(T, &[u8])>) -> Result<T> {
    match decoded {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => {
            let why = format!("cannot decode: {} bytes are left over", rest.len());
            Err(Error::new(ErrorKind::Decode, why))
        }
        Err(error) => {
            Err(Error::new(ErrorKind::Decode, format!("cannot decode: {error}")).with_source(error))
        }
    }
}
