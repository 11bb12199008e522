//! From an entry to what a codec can read.

use std::sync::Arc;

use bytes::Bytes;

use super::MissReason;
use super::function_state::FunctionState;
use super::shelf::{Entry, Shelf, note_reject, note_unreadable};
use crate::codec::{Codecs, Storage};
use crate::compress::{Compressor, check_no_bomb, decompress, decompress_into_memory, is_likely};
use crate::config::Verify;
use crate::envelope::{Opened, Reject};
use crate::{Error, ErrorKind, Key, Result, ShortName};

/// A value's encoded bytes.
pub(crate) struct Unpacked<'e> {
    codec: ShortName,
    value: Value<'e>,
}

enum Value<'e> {
    Whole(Bytes, Vec<Bytes>),
    /// One compressed buffer and nothing else, of a value that is copied from it: decompressed right to its place.
    Packed(&'e Opened, Arc<dyn Compressor>),
}

impl Shelf {
    /// The bytes a codec can read. Those that are going to be `copied` are verified, mapped or not.
    pub(crate) fn unpack<'e>(
        &self,
        function: &FunctionState,
        key: &Key,
        entry: &'e Entry,
        copied: bool,
    ) -> Result<Unpacked<'e>, MissReason> {
        let opened = &entry.0;
        let codec = opened.header.codec.ok_or(MissReason::Unreadable)?;
        let verify = if copied { Verify::Full } else { self.settings.verify };
        let unreadable = |error| note_unreadable(function, key, &error);
        let stream = match opened.header.compressor {
            None => None,
            Some(name) => {
                let compressor = self.compressors.get(name.as_str()).map_err(unreadable)?;
                let (payload, raw_len) = (opened.payload(), opened.header.raw_len);
                if self.signers.is_none() {
                    check_no_bomb(raw_len, payload.len() as u64).map_err(unreadable)?;
                }
                if copied && opened.is_one_buffer() && is_likely(raw_len, payload.len() as u64) {
                    return Ok(Unpacked { codec, value: Value::Packed(opened, compressor) });
                }
                let stream = decompress_into_memory(&*compressor, &payload, raw_len);
                Some(stream.map_err(unreadable)?.into())
            }
        };
        // What is copied, or was decompressed, is in no file as it is to be.
        let mapping = function.mapping.filter(|_| stream.is_none() && !copied);
        let value = opened.value(stream, verify);
        let (payload, mut buffers) = value.map_err(|reject| note_reject(function, key, &reject))?;
        if let Some(mapping) = mapping {
            buffers = self.map_buffers(function, mapping, key, &opened.bytes(), buffers);
        }
        Ok(Unpacked { codec, value: Value::Whole(payload, buffers) })
    }
}

impl Unpacked<'_> {
    pub(crate) fn decode<T>(&self, storage: Storage<T>, codecs: &Codecs) -> Result<T> {
        let (opened, compressor) = match &self.value {
            Value::Whole(payload, buffers) => {
                return (storage.decode)(self.codec, payload, buffers, codecs);
            }
            Value::Packed(opened, compressor) => (opened, &**compressor),
        };
        let (packed, raw_len) = (opened.payload(), opened.header.raw_len);
        let mut fill = |buffer: &mut [u8]| {
            decompress(compressor, &mut &packed[..], &mut &mut *buffer, raw_len)?;
            opened.restore_buffer(buffer).map_err(corrupt)
        };
        if let Ok(len) = usize::try_from(raw_len)
            && let Some(value) = (storage.read)(len, &mut fill)
        {
            return value;
        }
        let stream = decompress_into_memory(compressor, &packed, raw_len)?.into();
        let (payload, buffers) = opened.value(Some(stream), Verify::Full).map_err(corrupt)?;
        (storage.decode)(self.codec, &payload, &buffers, codecs)
    }
}

fn corrupt(reject: Reject) -> Error {
    Error::new(ErrorKind::Corrupt, reject.why())
}
