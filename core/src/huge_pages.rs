//! Large memory in large pages, where the system has them for who asks: fewer of them have to be made when it is first
//! written, which for 100 MB takes longer than to read them.

use std::ops::Range;

/// A large page, as most machines have them. A multiple of every usual page.
const PAGE: usize = 2 << 20;
/// From here on it is worth asking.
const LARGE: usize = 2 * PAGE;

/// Asks for large pages for memory that is about to be written, all of it. Nothing else changes, and it may be in vain.
pub(crate) fn ask_for<T>(room: &mut [T]) {
    if let Some(range) = whole_pages(room.as_ptr().addr(), size_of_val(room)) {
        advise(room.as_mut_ptr().cast(), range);
    }
}

/// Which of the bytes at `address` are whole pages.
fn whole_pages(address: usize, len: usize) -> Option<Range<usize>> {
    if len < LARGE {
        return None;
    }
    let start = address.next_multiple_of(PAGE) - address;
    Some(start..start + (len - start) / PAGE * PAGE)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn advise(room: *mut u8, range: Range<usize>) {
    use nix::sys::mman::{MmapAdvise, madvise};

    if let Some(start) = std::ptr::NonNull::new(room.wrapping_add(range.start)) {
        // SAFETY: the bytes lie in memory that the caller has borrowed; how large its pages are changes none of them.
        let _ = unsafe { madvise(start.cast(), range.len(), MmapAdvise::MADV_HUGEPAGE) };
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn advise(_: *mut u8, _: Range<usize>) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_pages_of_what_is_there_are_asked_for() {
        assert_eq!(whole_pages(0, LARGE - 1), None);
        assert_eq!(whole_pages(0, LARGE), Some(0..LARGE));
        for address in [1, 4096, PAGE - 1, PAGE + 1] {
            for len in [LARGE, LARGE + 1, 3 * PAGE, 10 * PAGE - 1] {
                let range = whole_pages(address, len).unwrap();
                assert!(range.end <= len && !range.is_empty(), "{address} {len} {range:?}");
                assert_eq!((address + range.start) % PAGE, 0);
                assert!(range.len().is_multiple_of(PAGE) && len - range.len() < 2 * PAGE);
            }
        }
    }

    #[test]
    fn memory_keeps_what_is_in_it() {
        let mut numbers: Vec<u64> = (0..1 << 20).collect();
        ask_for(&mut numbers);
        assert!(numbers.iter().copied().eq(0..1 << 20));
    }
}
