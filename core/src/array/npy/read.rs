//! The elements of a `.npy` file, read or mapped.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use bytes::Bytes;

use super::dtype::reversed_by;
use super::header::{Header, corrupt};
use crate::array::{Array, Element, layout};
use crate::map::{Mapping, Unmapped, map_privately, map_read_only};
use crate::persist::warn_unmapped;
use crate::{Error, LoadOptions, Result};

/// What a header comes to, for elements of one type.
struct Front {
    header: Header,
    /// See [`reversed_by`].
    reversed_by: usize,
    /// How many bytes the elements have.
    bytes: usize,
}

impl Front {
    fn read<T: Element>(input: &mut dyn Read) -> Result<Self> {
        let header = Header::read(input)?;
        let reversed_by = reversed_by::<T>(&header.descr)?;
        let len = layout::len(&header.shape, T::STORED_LEN).map_err(corrupt)?;
        Ok(Self { header, reversed_by, bytes: len * T::STORED_LEN })
    }

    fn array<T: Element>(self, stored: Bytes) -> Result<Array<T>> {
        Array::from_stored(self.header.order, &self.header.shape, stored)
    }

    /// The elements as larder stores them, from bytes that are theirs alone.
    fn stored(&self, mut elements: Vec<u8>) -> Bytes {
        if self.reversed_by > 1 {
            elements.chunks_exact_mut(self.reversed_by).for_each(<[u8]>::reverse);
        }
        elements.into()
    }
}

pub(super) fn from_stream<T: Element>(input: &mut dyn Read) -> Result<Array<T>> {
    let front = Front::read::<T>(input)?;
    let mut elements = Vec::new();
    // Only what has come is believed: room is made as it comes.
    input.take(front.bytes as u64).read_to_end(&mut elements)?;
    if elements.len() < front.bytes {
        return Err(cut_off(&front, elements.len() as u64));
    }
    let stored = front.stored(elements);
    front.array(stored)
}

pub(super) fn from_file<T: Element>(
    file: &mut File,
    path: &Path,
    options: &LoadOptions,
) -> Result<Array<T>> {
    let mapping = options.mapping()?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        if mapping.is_some() {
            warn_unmapped(path, &"it is no regular file");
        }
        return from_stream(file);
    }
    if metadata.len() > options.limit() {
        let (is, most) = (metadata.len(), options.limit());
        return Err(Error::invalid(format!(
            "the file has {is} bytes: more than the {most} that are allowed; `LoadOptions::max_bytes` allows more"
        )));
    }
    let front = Front::read::<T>(file)?;
    let there = metadata.len().saturating_sub(front.header.len as u64);
    if there < front.bytes as u64 {
        return Err(cut_off(&front, there));
    }
    if there > front.bytes as u64 {
        let more = there - front.bytes as u64;
        return Err(corrupt(format!("there are {more} bytes behind its elements")));
    }
    if let Some(mapping) = mapping {
        match map::<T>(file, &front, mapping, options) {
            Ok(elements) => return front.array(elements),
            Err(Unmappable::Not(why)) => warn_unmapped(path, &why),
            Err(Unmappable::File(Unmapped::Busy(error))) => return Err(error),
            Err(Unmappable::File(why)) => warn_unmapped(path, &why),
        }
    }
    file.seek(SeekFrom::Start(front.header.len as u64))?;
    let mut elements = Vec::new();
    elements.try_reserve_exact(front.bytes).map_err(io::Error::other)?;
    file.take(front.bytes as u64).read_to_end(&mut elements)?;
    if elements.len() < front.bytes {
        return Err(cut_off(&front, elements.len() as u64));
    }
    let stored = front.stored(elements);
    front.array(stored)
}

enum Unmappable {
    Not(&'static str),
    File(Unmapped),
}

fn map<T: Element>(
    file: &File,
    front: &Front,
    mapping: Mapping,
    options: &LoadOptions,
) -> Result<Bytes, Unmappable> {
    if !front.header.is_as_in_memory::<T>().unwrap_or(false) {
        let why = "its elements do not stand as they do in the memory of this machine";
        return Err(Unmappable::Not(why));
    }
    let whole = map_read_only(file, options.maps_anywhere()).map_err(Unmappable::File)?;
    if whole.len() != front.header.len + front.bytes {
        return Err(Unmappable::Not("its length changed just now"));
    }
    let elements = whole.slice(front.header.len..);
    match mapping {
        Mapping::ReadOnly => Ok(elements),
        Mapping::CopyOnWrite => {
            let own = map_privately(file, &whole, &[elements]).map_err(Unmappable::File)?;
            Ok(own.into_iter().next().unwrap_or_default())
        }
    }
}

fn cut_off(front: &Front, there: u64) -> Error {
    let (bytes, shape) = (front.bytes, &front.header.shape);
    corrupt(format!(
        "it is cut off: elements of shape {shape:?} are {bytes} bytes, and {there} are there"
    ))
}
