//! From a file or stream to the bytes of one dump.

use std::fmt::Display;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::format::corrupt;
use super::gather::{Dump, Gather, open_map};
use super::options::LoadOptions;
use crate::array::npy;
use crate::compress::pour;
use crate::envelope::{PRELUDE, Subject};
use crate::map::{Mapping, Unmapped, map_privately, map_read_only};
use crate::shape::Shape;
use crate::{Error, ErrorKind, Result};

pub(super) fn from_file(path: &Path, wanted: &Shape, options: &LoadOptions) -> Result<Dump> {
    let mapping = options.mapping()?;
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    let len = metadata.is_file().then_some(metadata.len());
    let Some(mapping) = mapping else {
        return from_stream(&mut file, len, wanted, options);
    };
    let mut front = Vec::with_capacity(PRELUDE);
    (&file).take(PRELUDE as u64).read_to_end(&mut front)?;
    // What is no dump is not mapped either: it is looked at, and refused, as if it were to be read.
    if len.is_some() && front.len() == PRELUDE && front.starts_with(&Subject::DUMP) {
        match map(&file, mapping, wanted, options)? {
            Ok(dump) => return Ok(dump),
            Err(why) => warn_unmapped(path, &why),
        }
    } else if len.is_none() {
        warn_unmapped(path, &"it is no regular file");
    } else if let Some(compressor) = options.lookup().compressors().recognise(&front) {
        let name = compressor.name();
        let why =
            format!("it is compressed, with {name}, and its arrays are nowhere in it as they are");
        warn_unmapped(path, &why);
    }
    from_stream(&mut (&front[..]).chain(file), len, wanted, options)
}

fn map(
    file: &File,
    mapping: Mapping,
    wanted: &Shape,
    options: &LoadOptions,
) -> Result<Result<Dump, Unmapped>> {
    let map = match map_read_only(file, options.maps_anywhere()) {
        Ok(map) => map,
        Err(why) => return Ok(Err(why)),
    };
    let mut dump = open_map(&map, wanted, options)?;
    if mapping == Mapping::CopyOnWrite {
        match map_privately(file, &map, &dump.buffers) {
            Ok(buffers) => dump.buffers = buffers,
            Err(why) => return Ok(Err(why)),
        }
    }
    Ok(Ok(dump))
}

/// Says that a file is read though it was to be mapped.
pub(crate) fn warn_unmapped(path: &Path, why: &dyn Display) {
    tracing::warn!(
        target: "larder::persist",
        path = %path.display(), %why,
        "the file is read, not mapped"
    );
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
        let what = match &front[..] {
            front if front.starts_with(&Subject::ENTRY) => {
                "it is an entry of a store: a `Memory` reads it"
            }
            front if front.starts_with(npy::MAGIC) => {
                "it is a NumPy file: `Array::load_npy` reads it"
            }
            _ => "it begins neither as a dump nor as what a compressor writes",
        };
        return Err(Error::new(ErrorKind::Corrupt, format!("it is not a dump: {what}")));
    }
    gather.finish()
}
