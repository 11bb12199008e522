//! The compressor `gzip`: files that every system opens.

use std::io::{self, Read, Write};

use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

use super::built_in::{buffered, described_by, ends};
use super::{Compressor, deflate};

/// Deflate with gzip's header (RFC 1952) and without a time in it. Level 6 by default, 0 only stores. Reads files of
/// several members.
#[derive(Debug, Clone, Copy, Default)]
pub struct Gzip;

impl Compressor for Gzip {
    described_by!(GZIP, Some(0..=9));

    fn compress(
        &self,
        level: Option<i32>,
        input: &mut dyn Read,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        let mut encoder = GzEncoder::new(output, deflate::level(level));
        io::copy(input, &mut encoder)?;
        encoder.finish().map(drop)
    }

    fn decompress(&self, input: &mut dyn Read, output: &mut dyn Write) -> io::Result<()> {
        let mut decoder = MultiGzDecoder::new(buffered(input));
        io::copy(&mut decoder, output)?;
        ends(decoder.into_inner())
    }
}
