//! The self-describing codec: CBOR (RFC 8949) in a form that loses nothing serde can say.
//!
//! What other encoders merge is kept apart: `Some(None)` and `Some(())` from `None` (by a tag, only where needed), 128-bit
//! numbers (as bignums), single from double precision with their bits. Structs and maps are maps, variants their name or
//! a map of one entry, as everyone writes them; lengths are always definite. docs/decisions/0002 says why it is ours.

mod lossy;
mod read;
mod same;
mod write;

use std::fmt;

use serde::{Serialize, de, ser};

pub(super) use self::lossy::{Lossy, lossy};
pub(super) use self::same::same;
use super::{Codec, Slot, Value, failed};
use crate::{Error, ErrorKind, Result};

/// The codec `cbor`: self-describing, for values that `postcard` cannot carry. Any CBOR tool shows its payloads.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cbor;

impl Cbor {
    pub(super) const NAME: &'static str = "cbor";
}

impl Codec for Cbor {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn encode(&self, value: &Value<'_>, out: &mut Vec<u8>) -> Result<()> {
        value
            .serialize(&mut write::Writer::new(out))
            .map_err(|why| failed(ErrorKind::Encode, why, value.shape().type_name()))
    }

    fn decode(&self, bytes: &[u8], slot: &mut Slot<'_>) -> Result<()> {
        let mut reader = read::Reader::new(bytes);
        slot.fill(&mut reader)
            .and_then(|()| reader.finish())
            .map_err(|why| Error::new(ErrorKind::Decode, format!("cannot decode: {why}")))
    }
}

/// The bytes two values are compared by.
pub(super) fn to_vec(value: &(impl Serialize + ?Sized)) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::new();
    value.serialize(&mut write::Writer::new(&mut out))?;
    Ok(out)
}

/// Why a value or bytes were refused.
#[derive(Debug)]
pub(super) struct Failure(String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl ser::Error for Failure {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self(why.to_string())
    }
}

impl de::Error for Failure {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self(why.to_string())
    }
}

impl From<&str> for Failure {
    fn from(why: &str) -> Self {
        Self(why.to_owned())
    }
}

const TOO_DEEP: &str = "it nests deeper than 256 levels";

/// The upper three bits of an item's first byte.
mod major {
    pub(super) const UNSIGNED: u8 = 0;
    pub(super) const NEGATIVE: u8 = 1;
    pub(super) const BYTES: u8 = 2;
    pub(super) const TEXT: u8 = 3;
    pub(super) const ARRAY: u8 = 4;
    pub(super) const MAP: u8 = 5;
    pub(super) const TAG: u8 = 6;
    pub(super) const SIMPLE: u8 = 7;
}

/// Whole items, or the first bytes of one.
mod byte {
    pub(super) const FALSE: u8 = 0xf4;
    pub(super) const TRUE: u8 = 0xf5;
    pub(super) const NULL: u8 = 0xf6;
    pub(super) const F32: u8 = 0xfa;
    pub(super) const F64: u8 = 0xfb;
}

/// Tag numbers: two of the RFC's, and ours for a `Some` that would otherwise read as `None`.
mod tag {
    pub(super) const POSITIVE_BIGNUM: u64 = 2;
    pub(super) const NEGATIVE_BIGNUM: u64 = 3;
    pub(super) const SOME: u64 = 0x6c61_7264;
    /// The bytes of the head of [`SOME`].
    pub(super) const SOME_HEAD: &[u8] = b"\xdalard";
}
