//! Results whose arrays are mapped because that was asked for, whatever the store does of its own accord.

use std::fmt::Display;
use std::fs::File;
use std::io::Read;
use std::sync::atomic::Ordering::Relaxed;

use bytes::Bytes;

use super::function_state::FunctionState;
use super::shelf::Shelf;
use crate::compress::Chosen;
use crate::envelope::PRELUDE;
use crate::map::{Mapping, map_privately, map_read_only};
use crate::store::is_mapped;
use crate::{Error, Key, MmapMode, Result};

/// What mode and compressor come to together.
///
/// # Errors
/// For the modes that change files, and for a compressor or a secret beside the others.
pub(super) fn mapping(
    mode: MmapMode,
    compressor: Option<&Chosen>,
    is_signed: bool,
) -> Result<Option<Mapping>> {
    let mapping = mode.mapping("a kept result")?;
    match (mapping, compressor) {
        (Some(_), _) if is_signed => Err(Error::invalid(format!(
            "mmap_mode `{mode}` and a secret exclude each other, since what is mapped can be changed after it was checked: \
             choose mmap_mode `auto`, with which arrays are read"
        ))),
        (Some(_), Some((compressor, _))) => {
            let name = compressor.name();
            Err(Error::invalid(format!(
                "mmap_mode `{mode}` and compressor `{name}` exclude each other, since the arrays of a compressed result \
                 are nowhere in the file as they are: choose compress `none` or mmap_mode `auto`"
            )))
        }
        _ => Ok(mapping),
    }
}

impl Shelf {
    /// The `buffers` of `entry`, mapped if they can be; otherwise as they are, and it is said why, once a function.
    pub(super) fn map_buffers(
        &self,
        function: &FunctionState,
        mapping: Mapping,
        key: &Key,
        entry: &Bytes,
        buffers: Vec<Bytes>,
    ) -> Vec<Bytes> {
        if buffers.is_empty() || mapping == Mapping::ReadOnly && is_mapped(entry) {
            return buffers;
        }
        match self.map_file(mapping, key, entry, &buffers) {
            Ok(mapped) => mapped,
            Err(why) => {
                if !function.told_unmapped.swap(true, Relaxed) {
                    tell(function, key, &why);
                }
                buffers
            }
        }
    }

    fn map_file(
        &self,
        mapping: Mapping,
        key: &Key,
        entry: &Bytes,
        buffers: &[Bytes],
    ) -> Result<Vec<Bytes>, String> {
        let path = self.store.local_path(key).ok_or("the store has no files to map")?;
        let mut file = File::open(path).map_err(said)?;
        // The key may have another entry by now. One with the same prelude, which has a sum over everything that is not
        // a buffer, and the sums of those within that, is this one.
        let mut prelude = [0; PRELUDE];
        file.read_exact(&mut prelude).map_err(said)?;
        let len = file.metadata().map_err(said)?.len();
        if prelude[..] != entry[..PRELUDE] || len != entry.len() as u64 {
            return Err("its entry was replaced just now".to_owned());
        }
        // A store that maps has been told that it may, or knows that it can.
        let map = map_read_only(&file, is_mapped(entry)).map_err(said)?;
        if map.len() != entry.len() {
            return Err("its entry is being changed".to_owned());
        }
        match mapping {
            Mapping::ReadOnly => {
                let start = entry.as_ptr().addr();
                let mapped = |buffer: &Bytes| match buffer.len() {
                    0 => buffer.clone(),
                    len => {
                        let at = buffer.as_ptr().addr() - start;
                        map.slice(at..at + len)
                    }
                };
                Ok(buffers.iter().map(mapped).collect())
            }
            Mapping::CopyOnWrite => map_privately(&file, entry, buffers).map_err(said),
        }
    }
}

fn said(why: impl Display) -> String {
    why.to_string()
}

fn tell(function: &FunctionState, key: &Key, why: &str) {
    tracing::warn!(
        target: "larder::function",
        function = function.name, %key, why,
        "the arrays of results are not mapped, though `mmap_mode` asks for it"
    );
}
