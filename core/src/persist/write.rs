//! From an encoded value to the bytes of its dump.

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use super::format;
use super::options::Plan;
use super::replace::Replacement;
use crate::codec::Encoded;
use crate::envelope::{Seal, Subject, Value};
use crate::shape::Shape;
use crate::{Error, Result};

/// Writes to files are made in pieces of this.
const CHUNK: usize = 256 << 10;

pub(super) fn to_file(path: &Path, encoded: Encoded, shape: &Shape, how: &Plan) -> Result<()> {
    let mut replacement = Replacement::of(path)?;
    let mut out = BufWriter::with_capacity(CHUNK, replacement.file());
    to_stream(&mut out, encoded, shape, how)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?;
    replacement.publish(how.sync)
}

/// The compressor reads the pieces where they are: there is no second copy of the value, nor of what becomes of it.
pub(super) fn to_stream(
    out: &mut dyn Write,
    encoded: Encoded,
    shape: &Shape,
    how: &Plan,
) -> Result<()> {
    let seal = Seal {
        subject: Subject::Dump(shape.fingerprint()),
        codec: Some(encoded.codec),
        // The same value makes the same bytes: no times.
        created: UNIX_EPOCH,
        duration: Duration::ZERO,
        metadata: &format::metadata(shape),
        signers: None,
        value: Value {
            payload: encoded.payload,
            buffers: encoded.buffers,
            element_sizes: encoded.element_sizes,
            shuffle: how.shuffle,
            ..Value::default()
        },
    };
    let dump = seal.seal()?;
    match &how.compressor {
        None => dump.into_payload()?.write_to(out)?,
        Some((compressor, level)) => compressor
            .compress(*level, &mut dump.reader(), out)
            .map_err(|error| Error::from(error).with("compressor", compressor.name()))?,
    }
    Ok(out.flush()?)
}
