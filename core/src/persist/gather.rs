//! The bytes of one dump, coming in: checked as early as can be, and never more room reserved than has come.

use std::io::{self, Read, Write};

use bytes::{Buf, Bytes};

use super::format::{MAX_METADATA, check_type, corrupt, refused};
use super::options::LoadOptions;
use crate::compress::is_likely;
use crate::config::Verify;
use crate::envelope::{ALIGN, Header, Opened, PRELUDE, Subject};
use crate::huge_pages;
use crate::shape::Shape;
use crate::{Error, Result, ShortName};

/// A dump that is whole, and of the type wanted.
#[derive(Debug)]
pub(super) struct Dump {
    pub(super) codec: ShortName,
    pub(super) payload: Bytes,
    /// Each aligned to 64 bytes.
    pub(super) buffers: Vec<Bytes>,
}

/// A [`Write`] that takes one dump.
pub(super) struct Gather<'a> {
    wanted: &'a Shape,
    max_bytes: u64,
    /// The dump begins at `start`, where it is aligned.
    bytes: Vec<u8>,
    start: usize,
    header: Option<Header>,
    type_checked: bool,
    /// How many compressed bytes the dump comes from, if that is known.
    packed: Option<u64>,
}

impl<'a> Gather<'a> {
    pub(super) fn new(wanted: &'a Shape, max_bytes: u64) -> Self {
        Self {
            wanted,
            max_bytes,
            bytes: Vec::new(),
            start: 0,
            header: None,
            type_checked: false,
            packed: None,
        }
    }

    /// For a dump that so many compressed bytes become: as much as they may well be is reserved at once.
    pub(super) fn packed(self, len: Option<u64>) -> Self {
        Self { packed: len, ..self }
    }

    fn dump(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Where the part ends that is to be read before the next check.
    fn next_check(&self) -> u64 {
        match &self.header {
            None => PRELUDE as u64,
            Some(header) if !self.type_checked => header.metadata_end() as u64,
            Some(header) => header.total_len,
        }
    }

    /// Looks at what has become whole.
    fn check(&mut self) -> Result<()> {
        if self.header.is_none() && self.dump().len() >= PRELUDE {
            self.header = Some(header(self.dump(), self.max_bytes)?);
        }
        if let Some(header) = &self.header {
            let dump = &self.bytes[self.start..];
            if dump.len() as u64 > header.total_len {
                return Err(corrupt("there are bytes after its end"));
            }
            if !self.type_checked && dump.len() >= header.metadata_end() {
                check_type(header, header.metadata(dump).map_err(refused)?, self.wanted)?;
                self.type_checked = true;
            }
        }
        Ok(())
    }

    /// Room for `more` bytes; the first time, and whenever they move, with the start of the dump aligned.
    fn reserve(&mut self, more: usize) -> io::Result<()> {
        if self.bytes.capacity() - self.bytes.len() < more {
            let len = self.dump().len();
            let wanted = (len + more).max(2 * len) + ALIGN;
            let mut moved: Vec<u8> = Vec::new();
            moved.try_reserve_exact(wanted).map_err(|_| io::ErrorKind::OutOfMemory)?;
            huge_pages::ask_for(moved.spare_capacity_mut());
            let start = moved.as_ptr().align_offset(ALIGN).min(ALIGN);
            moved.resize(start, 0);
            moved.extend_from_slice(self.dump());
            (self.bytes, self.start) = (moved, start);
        }
        Ok(())
    }

    /// Takes all of `input`; `len` is the length of the dump, if that is known.
    pub(super) fn read(&mut self, input: &mut dyn Read, len: Option<u64>) -> Result<()> {
        loop {
            if let (Some(header), Some(len)) = (&self.header, len) {
                check_len(header, len)?;
            }
            let here = self.dump().len() as u64;
            // At the end, one more: there must be none.
            let wanted = self.next_check().saturating_sub(here).max(1);
            // A file is known to have as many; of anything else, only what has come is believed.
            let known = len.is_some() && self.type_checked;
            let room = if known { wanted } else { wanted.min(here.max(4096)) };
            let room =
                usize::try_from(room).map_err(|_| corrupt("it is too large for this machine"))?;
            self.reserve(room)?;
            if input.take(room as u64).read_to_end(&mut self.bytes)? == 0 {
                return Ok(());
            }
            self.check()?;
        }
    }

    /// The dump, if all of it is here.
    pub(super) fn finish(self) -> Result<Dump> {
        let Some(header) = self.header.filter(|_| self.type_checked) else {
            let front = &self.bytes[self.start..];
            return Err(Header::of_any(front, &Subject::DUMP)
                .map_or_else(refused, |_| corrupt("its front is cut off")));
        };
        let mut dump = Bytes::from(self.bytes);
        // Not `slice`, which leaves a second owner for a moment: what is shuffled could not be restored in place.
        dump.advance(self.start);
        open(header, dump, Verify::Full)
    }
}

/// What a prelude says, as far as it can be.
fn header(front: &[u8], max_bytes: u64) -> Result<Header> {
    let header = Header::of_any(front, &Subject::DUMP).map_err(refused)?;
    if header.total_len > max_bytes {
        let is = header.total_len;
        return Err(Error::invalid(format!(
            "the dump says it has {is} bytes: more than the {max_bytes} that are allowed; `LoadOptions::max_bytes` allows more"
        )));
    }
    let metadata_end = header.metadata_end();
    if metadata_end as u64 > header.total_len || metadata_end > PRELUDE + MAX_METADATA {
        return Err(corrupt("its parts are longer than the whole"));
    }
    Ok(header)
}

fn check_len(header: &Header, len: u64) -> Result<()> {
    match header.total_len {
        total if total == len => Ok(()),
        total => Err(corrupt(&format!("it should have {total} bytes, and has {len}"))),
    }
}

/// The dump that these bytes are, all of it.
fn open(header: Header, bytes: Bytes, verify: Verify) -> Result<Dump> {
    if header.compressor.is_some() {
        return Err(corrupt("it names a compressor for its inside, where none can be"));
    }
    let codec = header.codec.ok_or_else(|| corrupt("it names no codec"))?;
    let opened = Opened::with_header(header, bytes).map_err(refused)?;
    let (payload, buffers) = opened.into_value(verify).map_err(refused)?;
    Ok(Dump { codec, payload, buffers })
}

/// The dump that a mapped file is: read as far as its payload, its buffers only to verify them.
pub(super) fn open_map(map: &Bytes, wanted: &Shape, options: &LoadOptions) -> Result<Dump> {
    let header = header(map, options.max_bytes)?;
    check_len(&header, map.len() as u64)?;
    check_type(&header, header.metadata(map).map_err(refused)?, wanted)?;
    open(header, map.clone(), options.verify)
}

impl Write for Gather<'_> {
    /// The error is an [`Error`] within.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let wanted = self.next_check().saturating_sub(self.dump().len() as u64);
        // One byte too many is an error; up to there, no further than to the next check.
        let taken = bytes.len().min(usize::try_from(wanted).unwrap_or(usize::MAX).max(1));
        let likely = |packed| self.type_checked && is_likely(wanted, packed);
        let room = if self.packed.is_some_and(likely) { wanted as usize } else { taken };
        self.reserve(room.max(taken))?;
        self.bytes.extend_from_slice(&bytes[..taken]);
        self.check().map_err(io::Error::other)?;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::envelope::{Seal, Value};
    use crate::persist::format;
    use crate::shape::shape_of;

    fn sealed(buffers: Vec<Bytes>) -> Vec<u8> {
        let shape = shape_of::<u8>();
        let seal = Seal {
            subject: Subject::Dump(shape.fingerprint()),
            codec: Some(ShortName::new("postcard").unwrap()),
            created: UNIX_EPOCH,
            duration: Duration::ZERO,
            metadata: &format::metadata(shape),
            signers: None,
            value: Value { payload: vec![7], buffers, ..Value::default() },
        };
        seal.seal().unwrap().into_payload().unwrap().into_bytes().unwrap().to_vec()
    }

    #[test]
    fn buffers_come_aligned_from_a_file_a_stream_and_a_decompressor() {
        let buffers: Vec<Bytes> =
            [0, 1, 63, 64, 65, 100_000].map(|len| Bytes::from(vec![len as u8; len])).into();
        let dump = sealed(buffers.clone());
        let gathered = |fill: &dyn Fn(&mut Gather<'_>)| {
            let mut gather = Gather::new(shape_of::<u8>(), u64::MAX);
            fill(&mut gather);
            gather.finish().unwrap()
        };
        for whole in [
            gathered(&|gather| gather.read(&mut &dump[..], Some(dump.len() as u64)).unwrap()),
            gathered(&|gather| gather.read(&mut &dump[..], None).unwrap()),
            gathered(&|gather| gather.write_all(&dump).unwrap()),
            gathered(&|gather| dump.chunks(7).for_each(|piece| gather.write_all(piece).unwrap())),
        ] {
            assert_eq!(whole.payload, [7].as_slice());
            assert_eq!(whole.buffers, buffers);
            for buffer in whole.buffers.iter().filter(|buffer| !buffer.is_empty()) {
                assert_eq!(buffer.as_ptr() as usize % ALIGN, 0, "{} bytes", buffer.len());
            }
        }
    }

    #[test]
    fn a_file_is_read_into_one_piece_of_its_size() {
        let dump = sealed(vec![Bytes::from(vec![1; 1 << 20])]);
        let mut gather = Gather::new(shape_of::<u8>(), u64::MAX);
        gather.read(&mut &dump[..], Some(dump.len() as u64)).unwrap();
        assert!(gather.bytes.capacity() <= dump.len() + ALIGN);
    }

    #[test]
    fn a_compressor_inside_is_refused() {
        let mut dump = sealed(Vec::new());
        dump[72..76].copy_from_slice(b"zlib");
        let mut gather = Gather::new(shape_of::<u8>(), u64::MAX);
        gather.write_all(&dump).unwrap();
        assert!(gather.finish().unwrap_err().is_corrupt());
    }
}
