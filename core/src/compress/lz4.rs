//! The compressor `lz4`: the fastest.

use std::io::{self, BufReader, Read, Write};

use lz4_flex::frame::{FrameDecoder, FrameEncoder, FrameInfo};

use super::built_in::{buffered, described_by, ends};
use super::Compressor;

/// LZ4 frames, with a checksum of the content. It has no levels.
#[derive(Debug, Clone, Copy, Default)]
pub struct Lz4;

impl Compressor for Lz4 {
    described_by!(LZ4, None);

    fn compress(
        &self,
        _: Option<i32>,
        input: &mut dyn Read,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        let format = FrameInfo::new().content_checksum(true);
        let mut encoder = FrameEncoder::with_frame_info(format, output);
        io::copy(input, &mut encoder)?;
        encoder.finish()?;
        Ok(())
    }

    fn decompress(&self, input: &mut dyn Read, output: &mut dyn Write) -> io::Result<()> {
        let mut decoder = FrameDecoder::new(Bounded { input: buffered(input), ended: false });
        io::copy(&mut decoder, output)?;
        let Bounded { input, ended } = decoder.into_inner();
        match ended {
            true => Err(io::ErrorKind::UnexpectedEof.into()),
            false => ends(input),
        }
    }
}

/// Notes whether more was asked for than there is: the decoder takes a frame that is cut off between two blocks for a
/// whole one.
struct Bounded<'a> {
    input: BufReader<&'a mut dyn Read>,
    ended: bool,
}

impl Read for Bounded<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(into)?;
        self.ended |= read == 0 && !into.is_empty();
        Ok(read)
    }
}
