//! What larder's own compressors share.

use std::io::{self, BufRead, BufReader, Read};

/// What decompressors read at once.
const CHUNK: usize = 64 << 10;

pub(super) fn buffered(input: &mut dyn Read) -> BufReader<&mut dyn Read> {
    BufReader::with_capacity(CHUNK, input)
}

/// # Errors
/// When there are bytes left.
pub(super) fn ends(mut input: impl BufRead) -> io::Result<()> {
    match input.fill_buf()? {
        [] => Ok(()),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "bytes after the end")),
    }
}

/// The part of a [`Compressor`](super::Compressor) that stands in the table.
macro_rules! described_by {
    ($known:ident, $levels:expr) => {
        fn name(&self) -> &str {
            crate::compress::known::$known.name
        }

        fn magic(&self) -> &[u8] {
            crate::compress::known::$known.magic
        }

        fn extensions(&self) -> &[&str] {
            crate::compress::known::$known.extensions
        }

        fn levels(&self) -> Option<std::ops::RangeInclusive<i32>> {
            $levels
        }
    };
}
pub(super) use described_by;
