//! The compressor `lzma`: the format before `xz`, which has no checksum of its own.

use std::io::{self, Read, Write};

use liblzma::bufread::XzDecoder;
use liblzma::stream::{LzmaOptions, Stream};
use liblzma::write::XzEncoder;

use super::built_in::{buffered, described_by, ends};
use super::{Compressor, lzma_levels};

/// LZMA in the old container of `lzma` and LZMA Utils. The levels are xz's presets, 6 by default.
#[derive(Debug, Clone, Copy, Default)]
pub struct Lzma;

impl Compressor for Lzma {
    described_by!(LZMA, Some(0..=9));

    /// Three usual bytes are a weak magic. The rest of the header: a size of the dictionary that encoders choose
    /// (2ⁿ or 2ⁿ + 2ⁿ⁻¹), and a length that is unknown or below 256 GiB.
    fn recognises(&self, first: &[u8]) -> bool {
        let Some(([0x5d, size @ ..], length)) =
            first.split_first_chunk::<5>().map(|(head, rest)| (*head, rest.first_chunk::<8>()))
        else {
            return false;
        };
        let size = u32::from_le_bytes(size);
        let usual = size.is_power_of_two() || (size.is_multiple_of(3) && (size / 3).is_power_of_two());
        let length = length.map(|length| u64::from_le_bytes(*length));
        usual && length.is_some_and(|length| length == u64::MAX || length < 1 << 38)
    }

    fn compress(
        &self,
        level: Option<i32>,
        input: &mut dyn Read,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        let options = LzmaOptions::new_preset(lzma_levels::preset(level))?;
        let mut encoder = XzEncoder::new_stream(output, Stream::new_lzma_encoder(&options)?);
        io::copy(input, &mut encoder)?;
        encoder.finish().map(drop)
    }

    fn decompress(&self, input: &mut dyn Read, output: &mut dyn Write) -> io::Result<()> {
        let mut input = buffered(input);
        let format = Stream::new_lzma_decoder(lzma_levels::MEMORY)?;
        io::copy(&mut XzDecoder::new_stream(&mut input, format), output)?;
        ends(input)
    }
}
