//! The compressor `xz`: the smallest files, slowly.

use std::io::{self, Read, Write};

use liblzma::bufread::XzDecoder;
use liblzma::stream::{CONCATENATED, Check, Stream};
use liblzma::write::XzEncoder;

use super::built_in::{buffered, described_by, ends};
use super::{Compressor, lzma_levels};

/// LZMA2 in xz's container. The levels are xz's presets, 6 by default. Reads files of several streams.
#[derive(Debug, Clone, Copy, Default)]
pub struct Xz;

impl Compressor for Xz {
    described_by!(XZ, Some(0..=9));

    fn compress(
        &self,
        level: Option<i32>,
        input: &mut dyn Read,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        let format = Stream::new_easy_encoder(lzma_levels::preset(level), Check::Crc64)?;
        let mut encoder = XzEncoder::new_stream(output, format);
        io::copy(input, &mut encoder)?;
        encoder.finish().map(drop)
    }

    fn decompress(&self, input: &mut dyn Read, output: &mut dyn Write) -> io::Result<()> {
        let mut input = buffered(input);
        let format = Stream::new_stream_decoder(lzma_levels::MEMORY, CONCATENATED)?;
        io::copy(&mut XzDecoder::new_stream(&mut input, format), output)?;
        ends(input)
    }
}
