//! Buffers that are read into again and again.
//!
//! A hit needs a value's bytes only until they are decoded. Two allocations of a hundred kilobytes, the bytes and the
//! value, make the allocator give memory back to the system and take it again with every hit, and fresh pages cost ten
//! times what reading into used ones does. So each thread keeps the last such buffer.

use std::cell::Cell;
use std::io;

use bytes::Bytes;

/// The lengths this is worth it for: smaller buffers the allocator keeps by itself.
pub(crate) const KEPT: std::ops::RangeInclusive<usize> = 32 << 10..=1 << 20;

thread_local! {
    static LAST: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The bytes that `fill` writes into a buffer of `len`, whose number it returns.
pub(crate) fn filled(
    len: usize,
    fill: impl FnOnce(&mut [u8]) -> io::Result<usize>,
) -> io::Result<Bytes> {
    let mut buffer = Recycled { room: LAST.take(), len: 0 };
    if buffer.room.len() < len {
        buffer.room = vec![0; len];
    }
    buffer.len = fill(&mut buffer.room[..len])?;
    Ok(Bytes::from_owner(buffer))
}

/// A buffer that goes back to the thread that drops it.
struct Recycled {
    room: Vec<u8>,
    len: usize,
}

impl AsRef<[u8]> for Recycled {
    fn as_ref(&self) -> &[u8] {
        &self.room[..self.len]
    }
}

impl Drop for Recycled {
    fn drop(&mut self) {
        // A thread that ends keeps nothing.
        let _ = LAST.try_with(|last| last.set(std::mem::take(&mut self.room)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(len: usize, byte: u8) -> Bytes {
        filled(len, |buffer| {
            buffer.fill(byte);
            Ok(buffer.len())
        })
        .unwrap()
    }

    #[test]
    fn a_buffer_is_used_again_once_nobody_reads_it() {
        let first = of(100 << 10, 1);
        let at = first.as_ptr();
        let part = first.slice(7..9);
        drop(first);
        drop(of(100 << 10, 2));
        assert_eq!(part, [1, 1][..], "a part of it is still read");
        drop(part);
        let again = of(90 << 10, 3);
        assert_eq!((again.as_ptr(), &again[..]), (at, &vec![3; 90 << 10][..]));
    }

    #[test]
    fn no_more_than_was_read_is_seen() {
        drop(of(100 << 10, 9));
        assert_eq!(filled(90 << 10, |_| Ok(0)).unwrap(), [][..]);
        assert!(filled(90 << 10, |_| Err(io::ErrorKind::Other.into())).is_err());
        assert_eq!(of(40 << 10, 4), vec![4; 40 << 10]);
    }
}
