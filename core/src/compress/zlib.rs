//! The compressor `zlib`: what joblib's `compress=True` means.

use std::io::{self, Read, Write};

use flate2::bufread::ZlibDecoder;
use flate2::write::ZlibEncoder;

use super::built_in::{buffered, described_by, ends};
use super::{Compressor, deflate};

/// Deflate with zlib's header (RFC 1950). Level 6 by default, 0 only stores.
#[derive(Debug, Clone, Copy, Default)]
pub struct Zlib;

impl Compressor for Zlib {
    described_by!(ZLIB, Some(0..=9));

    /// One byte is no magic: the second one must make both a multiple of 31, and name no preset dictionary.
    fn recognises(&self, first: &[u8]) -> bool {
        matches!(*first, [0x78, flags, ..] if (0x7800 | u16::from(flags)).is_multiple_of(31) && flags & 0x20 == 0)
    }

    fn compress(
        &self,
        level: Option<i32>,
        input: &mut dyn Read,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        let mut encoder = ZlibEncoder::new(output, deflate::level(level));
        io::copy(input, &mut encoder)?;
        encoder.finish().map(drop)
    }

    fn decompress(&self, input: &mut dyn Read, output: &mut dyn Write) -> io::Result<()> {
        let mut decoder = ZlibDecoder::new(buffered(input));
        io::copy(&mut decoder, output)?;
        ends(decoder.into_inner())
    }
}
