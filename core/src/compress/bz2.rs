//! The compressor `bz2`: small and slow.

use std::io::{self, Read, Write};

use bzip2::Compression;
use bzip2::bufread::MultiBzDecoder;
use bzip2::write::BzEncoder;

use super::built_in::{buffered, described_by, ends};
use super::Compressor;

/// bzip2. The level is the size of its blocks in 100 KB, 9 by default. Reads files of several streams.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bz2;

impl Compressor for Bz2 {
    described_by!(BZ2, Some(1..=9));

    fn compress(
        &self,
        level: Option<i32>,
        input: &mut dyn Read,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        let level = level.unwrap_or(9).clamp(1, 9) as u32;
        let mut encoder = BzEncoder::new(output, Compression::new(level));
        io::copy(input, &mut encoder)?;
        encoder.finish().map(drop)
    }

    fn decompress(&self, input: &mut dyn Read, output: &mut dyn Write) -> io::Result<()> {
        let mut input = buffered(input);
        io::copy(&mut MultiBzDecoder::new(&mut input), output)?;
        ends(input)
    }
}
