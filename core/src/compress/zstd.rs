//! The compressor `zstd`: of the usual ones the fastest at its size.

use std::io::{self, Read, Write};

use super::built_in::{buffered, described_by, ends};
use super::Compressor;

/// Zstandard, through the library of its makers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Zstd;

impl Compressor for Zstd {
    described_by!(ZSTD, Some(::zstd::compression_level_range()));

    fn compress(
        &self,
        level: Option<i32>,
        input: &mut dyn Read,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        let level = level.unwrap_or(::zstd::DEFAULT_COMPRESSION_LEVEL);
        let mut encoder = ::zstd::Encoder::new(output, level)?;
        encoder.include_checksum(false)?; // the envelope has its own
        io::copy(input, &mut encoder)?;
        encoder.finish().map(drop)
    }

    fn decompress(&self, input: &mut dyn Read, output: &mut dyn Write) -> io::Result<()> {
        let mut decoder = ::zstd::Decoder::with_buffer(buffered(input))?.single_frame();
        io::copy(&mut decoder, output)?;
        ends(decoder.finish())
    }
}
