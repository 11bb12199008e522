//! From a file or stream to the bytes of one dump.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::format::corrupt;
use super::gather::{Dump, Gather};
use super::options::LoadOptions;
use crate::compress::pour;
use crate::envelope::{PRELUDE, Subject};
use crate::shape::Shape;
use crate::{Error, ErrorKind, Result};

pub(super) fn from_file(path: &Path, wanted: &Shape, options: &LoadOptions) -> Result<Dump> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    from_stream(&mut file, metadata.is_file().then_some(metadata.len()), wanted, options)
}

/// `len` is how many bytes there are, if that is known for sure.
pub(super) fn from_stream(
    input: &mut dyn Read,
    len: Option<u64>,
    wanted: &Shape,
    options: &LoadOptions,
) -> Result<Dump> {
    let mut front = Vec::with_capacity(PRELUDE);
    input.take(PRELUDE as u64).read_to_end(&mut front)?;
    let mut whole = (&front[..]).chain(input);
    let mut gather = Gather::new(wanted, options.max_bytes);
    let begins = front.len().min(Subject::DUMP.len());
    if front[..begins] == Subject::DUMP[..begins] {
        if front.is_empty() {
            return Err(corrupt("it is empty"));
        }
        gather.read(&mut whole, len)?;
    } else if let Some(compressor) = options.lookup().compressors().recognise_or_name(&front)? {
        pour(&**compressor, &mut whole, &mut gather)
            .map_err(|error| error.with("compressor", compressor.name()))?;
    } else {
        let what = match front.starts_with(&Subject::ENTRY) {
            true => "it is an entry of a store: a `Memory` reads it",
            false => "it begins neither as a dump nor as what a compressor writes",
        };
        return Err(Error::new(ErrorKind::Corrupt, format!("it is not a dump: {what}")));
    }
    gather.finish()
}
