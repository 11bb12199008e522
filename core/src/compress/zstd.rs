//! The compressor `zstd`: of the usual ones the fastest at its size.

use std::io::{self, BufReader, Read, Write};
use std::ops::RangeInclusive;

use super::Compressor;

/// Zstandard, through the library of its makers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Zstd;

impl Compressor for Zstd {
    fn name(&self) -> &str {
        "zstd"
    }

    fn magic(&self) -> &[u8] {
        b"\x28\xb5\x2f\xfd"
    }

    fn extensions(&self) -> &[&str] {
        &["zst", "zstd"]
    }

    fn levels(&self) -> Option<RangeInclusive<i32>> {
        Some(::zstd::compression_level_range())
    }

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
        let input = BufReader::with_capacity(
            ::zstd::Decoder::<io::Empty>::recommended_output_size(),
            input,
        );
        let mut decoder = ::zstd::Decoder::with_buffer(input)?.single_frame();
        io::copy(&mut decoder, output)?;
        match decoder.finish().read(&mut [0])? {
            0 => Ok(()),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "bytes after the end")),
        }
    }
}
