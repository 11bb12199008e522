//! What stands in front of a dumped value, and how its refusal reads.

use serde::{Deserialize, Serialize};

use crate::envelope::{Header, Reject};
use crate::shape::Shape;
use crate::{Error, ErrorKind};

/// Longer names of types are cut off.
const MAX_NAME: usize = 4096;
/// With the name, and what JSON makes of it.
pub(super) const MAX_METADATA: usize = 8 * MAX_NAME;

/// The line of JSON.
#[derive(Serialize, Deserialize)]
struct About {
    #[serde(rename = "type")]
    type_name: String,
}

pub(super) fn metadata(shape: &Shape) -> Vec<u8> {
    let name = shape.type_name();
    let about = About { type_name: name[..name.floor_char_boundary(MAX_NAME)].to_owned() };
    let mut json = serde_json::to_vec(&about).unwrap_or_default();
    json.push(b'\n');
    json
}

/// # Errors
/// When the dump is another type's.
pub(super) fn check_type(header: &Header, metadata: &[u8], wanted: &Shape) -> Result<(), Error> {
    if header.digest == wanted.fingerprint() {
        return Ok(());
    }
    let is = serde_json::from_slice(metadata).map_or_else(
        |_| "of a type without a name".to_owned(),
        |About { type_name }| match type_name == wanted.type_name() {
            true => format!("`{type_name}` as it was before its fields or variants changed"),
            false => format!("`{type_name}`"),
        },
    );
    let asked = wanted.type_name();
    Err(Error::new(
        ErrorKind::Decode,
        format!("the dump holds {is}, which is not the type asked for, `{asked}`"),
    ))
}

pub(super) fn refused(reject: Reject) -> Error {
    match reject {
        Reject::Foreign(why) => {
            Error::new(ErrorKind::Corrupt, format!("it is not a dump this version reads: {why}"))
        }
        damage => corrupt(damage.why()),
    }
}

pub(super) fn corrupt(why: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("the dump is damaged: {why}"))
}
