//! The byte shuffle: first the first bytes of all numbers, then all second bytes, and so on. Neighbouring numbers agree
//! in their high bytes, which then stand in long runs.
//!
//! It works in blocks, so that it needs no second copy of what is shuffled. What is left of a block after the last whole
//! element stays as it is.

use std::io::{self, Read};

/// A multiple of every element size there is. Part of the format.
const BLOCK: usize = 256 << 10;

/// Calls the function with the size as a constant, for the sizes that elements have: the loops then become fast.
macro_rules! of_constant_size {
    ($size:expr, $function:ident($($argument:expr),*)) => {
        match $size {
            2 => $function::<2>($($argument),*),
            4 => $function::<4>($($argument),*),
            8 => $function::<8>($($argument),*),
            16 => $function::<16>($($argument),*),
            _ => {}
        }
    };
}

/// Whether elements of this size are shuffled: those of one byte have nothing to move.
pub(crate) fn applies(size: u8) -> bool {
    matches!(size, 2 | 4 | 8 | 16)
}

fn shuffle<const SIZE: usize>(block: &[u8], out: &mut [u8]) {
    let (elements, rest) = block.as_chunks::<SIZE>();
    let (shuffled, end) = out.split_at_mut(block.len() - rest.len());
    end.copy_from_slice(rest);
    if elements.is_empty() {
        return;
    }
    for (at, plane) in shuffled.chunks_exact_mut(elements.len()).enumerate() {
        for (byte, element) in plane.iter_mut().zip(elements) {
            *byte = element[at];
        }
    }
}

fn unshuffle<const SIZE: usize>(shuffled: &[u8], block: &mut [u8]) {
    let (elements, _) = block.as_chunks_mut::<SIZE>();
    if elements.is_empty() {
        return;
    }
    let planes = shuffled.chunks_exact(elements.len()).take(SIZE);
    for (at, plane) in planes.enumerate() {
        for (element, byte) in elements.iter_mut().zip(plane) {
            element[at] = *byte;
        }
    }
}

/// Brings shuffled elements of `size` bytes back in order, where they are.
pub(crate) fn restore(bytes: &mut [u8], size: u8) {
    let mut scratch = Vec::with_capacity(BLOCK.min(bytes.len()));
    for block in bytes.chunks_mut(BLOCK) {
        scratch.clear();
        scratch.extend_from_slice(block);
        of_constant_size!(size, unshuffle(&scratch, block));
    }
}

/// Reads elements of `size` bytes, shuffled.
pub(crate) struct Shuffled<'a> {
    rest: &'a [u8],
    size: u8,
    block: Vec<u8>,
    read: usize,
}

impl<'a> Shuffled<'a> {
    pub(crate) fn new(bytes: &'a [u8], size: u8) -> Self {
        Self { rest: bytes, size, block: Vec::new(), read: 0 }
    }
}

impl Read for Shuffled<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.read == self.block.len() {
            let (block, rest) = self.rest.split_at(self.rest.len().min(BLOCK));
            self.rest = rest;
            self.block.clear();
            self.block.extend_from_slice(block);
            of_constant_size!(self.size, shuffle(block, &mut self.block));
            self.read = 0;
        }
        let read = (&self.block[self.read..]).read(out)?;
        self.read += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shuffled(bytes: &[u8], size: u8) -> Vec<u8> {
        let mut out = Vec::new();
        Shuffled::new(bytes, size).read_to_end(&mut out).unwrap();
        out
    }

    #[test]
    fn bytes_of_one_rank_stand_together() {
        let numbers = [0x0102_0304u32, 0x1112_1314, 0x2122_2324].map(u32::to_be_bytes).concat();
        let by_rank = [[1, 0x11, 0x21], [2, 0x12, 0x22], [3, 0x13, 0x23], [4, 0x14, 0x24]].concat();
        assert_eq!(shuffled(&numbers, 4), by_rank);
        assert_eq!(shuffled(&[&numbers[..], b"end"].concat(), 4), [&by_rank[..], b"end"].concat());
    }

    #[test]
    fn what_was_shuffled_comes_back() {
        let bytes: Vec<u8> =
            (0..2 * BLOCK as u32 + 77).map(|i| (i.wrapping_mul(i) / 13) as u8).collect();
        for size in [2, 4, 8, 16] {
            for len in [0, 1, usize::from(size), 1000, BLOCK, BLOCK + 9, bytes.len()] {
                let mut there = shuffled(&bytes[..len], size);
                assert!(len < 100 || there != bytes[..len]);
                restore(&mut there, size);
                assert!(there == bytes[..len], "{len} bytes of elements of {size}");
            }
        }
        assert_eq!(shuffled(b"as it is", 1), b"as it is");
    }
}
