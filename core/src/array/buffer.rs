//! The elements of an array as values and as bytes.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use std::{ptr, slice};

use bytes::Bytes;

use super::element::Element;
use crate::Result;
use crate::beside::Life;
use crate::huge_pages;
use crate::map::PrivateMap;
use crate::store::{is_mapped, private_map};

/// Elements, shared: of a vector, or lying in bytes.
#[derive(Clone)]
pub(super) enum Buffer<T> {
    Vector {
        elements: Arc<Vec<T>>,
        range: Range<usize>,
    },
    /// Aligned, whole and valid elements.
    Bytes {
        bytes: Bytes,
        mapped: bool,
        /// What all that share them have, and nobody else.
        shared: Arc<()>,
    },
    /// Likewise, in bytes that its only owner may change.
    Private {
        map: Arc<PrivateMap>,
        range: Range<usize>,
    },
}

impl<T: Element> Buffer<T> {
    /// The elements that `stored` bytes are: the bytes themselves where they can be taken as they are, else a copy.
    pub(super) fn from_stored(stored: Bytes) -> Result<Self, &'static str> {
        let as_is = T::STORED_AS_IS && stored.as_ptr().cast::<T>().is_aligned();
        if !as_is {
            return from_stored(&stored).map(Self::from);
        }
        check_stored::<T>(&stored)?;
        if let Some(map) = private_map(&stored) {
            let start = stored.as_ptr().addr() - map.as_slice().as_ptr().addr();
            return Ok(Self::Private { map, range: start..start + stored.len() });
        }
        let mapped = is_mapped(&stored);
        Ok(Self::Bytes { bytes: stored, mapped, shared: Arc::default() })
    }

    /// The bytes to store: without a copy where elements are stored as they are.
    pub(super) fn to_stored(&self) -> Bytes {
        match self {
            _ if !T::STORED_AS_IS => {
                let mut bytes = Vec::new();
                append_stored(self.as_slice(), &mut bytes);
                bytes.into()
            }
            Self::Bytes { bytes, .. } => bytes.clone(),
            Self::Private { map, range } => PrivateMap::bytes(map).slice(range.clone()),
            Self::Vector { elements, range } => {
                let bytes = Bytes::from_owner(Owner(Arc::clone(elements)));
                bytes.slice(range.start * size_of::<T>()..range.end * size_of::<T>())
            }
        }
    }

    /// Ends before the [stored](Self::to_stored) bytes change or move, where they are the elements themselves. It keeps
    /// nobody from having them alone: a vector is then moved, as a whole, to where this does not reach.
    pub(super) fn life(&self) -> Option<Life> {
        match self {
            _ if !T::STORED_AS_IS => None,
            Self::Vector { elements, .. } => Some(Arc::downgrade(elements) as Life),
            Self::Bytes { shared, .. } => Some(Arc::downgrade(shared) as Life),
            // Who has a map of its own alone is found by there being no such reference.
            Self::Private { .. } => None,
        }
    }

    pub(super) fn as_slice(&self) -> &[T] {
        match self {
            Self::Vector { elements, range } => &elements[range.clone()],
            Self::Bytes { bytes, .. } => Self::elements(bytes),
            Self::Private { map, range } => Self::elements(&map.as_slice()[range.clone()]),
        }
    }

    /// The elements that bytes are which `from_stored` has seen, or a part of them.
    fn elements(bytes: &[u8]) -> &[T] {
        debug_assert!(bytes.as_ptr().cast::<T>().is_aligned());
        // SAFETY: `from_stored` has seen that the bytes are aligned, valid, and a whole number of elements.
        unsafe { slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len() / size_of::<T>()) }
    }

    pub(super) fn is_mapped(&self) -> bool {
        matches!(self, Self::Bytes { mapped: true, .. } | Self::Private { .. })
    }

    /// Some of the elements, on the same memory.
    pub(super) fn slice(&self, part: Range<usize>) -> Self {
        match self {
            Self::Vector { elements, range } => Self::Vector {
                elements: Arc::clone(elements),
                range: range.start + part.start..range.start + part.end,
            },
            Self::Bytes { bytes, mapped, shared } => Self::Bytes {
                bytes: bytes.slice(part.start * size_of::<T>()..part.end * size_of::<T>()),
                mapped: *mapped,
                shared: Arc::clone(shared),
            },
            Self::Private { map, range } => Self::Private {
                map: Arc::clone(map),
                range: range.start + part.start * size_of::<T>()
                    ..range.start + part.end * size_of::<T>(),
            },
        }
    }

    pub(super) fn into_vec(self) -> Vec<T> {
        match self {
            Self::Vector { elements, range } if range == (0..elements.len()) => {
                Arc::unwrap_or_clone(elements)
            }
            other => other.as_slice().to_vec(),
        }
    }

    pub(super) fn make_mut(&mut self) -> &mut [T] {
        let alone = match self {
            Self::Vector { elements, .. } => Arc::strong_count(elements) == 1,
            Self::Private { map, .. } => PrivateMap::get_mut(map).is_some(),
            Self::Bytes { .. } => false,
        };
        if !alone {
            *self = self.as_slice().to_vec().into();
        }
        match self {
            Self::Vector { elements, range } => &mut Arc::make_mut(elements)[range.clone()],
            Self::Private { map, range } => {
                let Some(all) = PrivateMap::get_mut(map) else { return &mut [] };
                let bytes = &mut all[range.clone()];
                let len = bytes.len() / size_of::<T>();
                // SAFETY: as in `elements`; whatever is written are elements.
                unsafe { slice::from_raw_parts_mut(bytes.as_mut_ptr().cast(), len) }
            }
            Self::Bytes { .. } => &mut [],
        }
    }
}

impl<T: Element> From<Vec<T>> for Buffer<T> {
    fn from(elements: Vec<T>) -> Self {
        let len = elements.len();
        Self::from_part(elements, 0, len)
    }
}

impl<T: Element> Buffer<T> {
    /// `len` elements from `start` on, which are there.
    pub(super) fn from_part(elements: Vec<T>, start: usize, len: usize) -> Self {
        Self::Vector { elements: Arc::new(elements), range: start..start + len }
    }
}

impl<T: Element> Buffer<T> {
    /// `len` elements, zeros as `fill` changes them, where other processes can map them.
    pub(super) fn shared(len: usize, fill: impl FnOnce(&mut [T])) -> Result<Self> {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if T::STORED_AS_IS && len > 0 {
            let fill = |bytes: &mut [u8]| {
                // SAFETY: the bytes begin with a page, and zeros are elements of all types; whatever is written are some.
                fill(unsafe { slice::from_raw_parts_mut(bytes.as_mut_ptr().cast(), len) });
            };
            let bytes = crate::map::filled_file(len * size_of::<T>(), fill)?;
            return Ok(Self::Bytes { bytes, mapped: true, shared: Arc::default() });
        }
        let mut elements: Vec<T> =
            (0..len).filter_map(|_| T::restore(&[0; 32][..T::STORED_LEN])).collect();
        fill(&mut elements);
        Ok(elements.into())
    }
}

/// A vector as the owner of its bytes.
struct Owner<T>(Arc<Vec<T>>);

impl<T: Element> AsRef<[u8]> for Owner<T> {
    fn as_ref(&self) -> &[u8] {
        as_bytes(&self.0)
    }
}

/// Elements are copied in pieces of so many bytes. On some processors one `memcpy` of a long stretch takes sixteen times
/// as long where the destination lies a few bytes behind the source, both seen modulo a page.
const PIECE: usize = 1024;

/// The bytes of elements as they stand in memory.
fn as_bytes<T: Element>(elements: &[T]) -> &[u8] {
    // SAFETY: an `Element` has no padding, so all of these bytes are initialized; they live as long as the elements.
    unsafe { slice::from_raw_parts(elements.as_ptr().cast(), size_of_val(elements)) }
}

/// `len` elements of which `fill` writes the stored form, where that may be written over them as they stand in memory;
/// else `None`.
pub(crate) fn filled<T: Element, E>(
    len: usize,
    fill: impl FnOnce(&mut [u8]) -> Result<(), E>,
) -> Option<Result<Vec<T>, E>> {
    if !T::STORED_AS_IS || !T::ANY_BYTES {
        return None;
    }
    let mut elements = vec![T::restore(&[0; 32][..T::STORED_LEN])?; len];
    huge_pages::ask_for(&mut elements);
    // SAFETY: an `Element` has no padding, and of this one all bytes are values; they are borrowed as long as `elements`.
    let bytes = unsafe {
        slice::from_raw_parts_mut(elements.as_mut_ptr().cast(), size_of_val(&elements[..]))
    };
    Some(fill(bytes).map(|()| elements))
}

/// The stored form of elements: themselves where they stand in memory as they are stored.
pub(crate) fn stored<T: Element>(elements: &[T]) -> Cow<'_, [u8]> {
    if T::STORED_AS_IS {
        return as_bytes(elements).into();
    }
    let mut bytes = Vec::new();
    append_stored(elements, &mut bytes);
    bytes.into()
}

/// Appends the stored form of elements.
pub(crate) fn append_stored<T: Element>(elements: &[T], out: &mut Vec<u8>) {
    out.reserve(elements.len() * T::STORED_LEN);
    if T::STORED_AS_IS {
        as_bytes(elements).chunks(PIECE).for_each(|piece| out.extend_from_slice(piece));
    } else {
        elements.iter().for_each(|element| element.store(out));
    }
}

const INVALID: &str = "an array has an element that is no value of its type";

fn check_stored<T: Element>(stored: &[u8]) -> Result<(), &'static str> {
    if !stored.len().is_multiple_of(T::STORED_LEN) {
        return Err("the bytes of an array are no whole number of elements");
    }
    if T::are_valid(stored) { Ok(()) } else { Err(INVALID) }
}

/// The elements that stored bytes are, copied.
pub(crate) fn from_stored<T: Element>(stored: &[u8]) -> Result<Vec<T>, &'static str> {
    check_stored::<T>(stored)?;
    if !T::STORED_AS_IS {
        let elements = stored.chunks_exact(T::STORED_LEN).map(T::restore);
        return elements.collect::<Option<_>>().ok_or(INVALID);
    }
    let len = stored.len() / size_of::<T>();
    let mut elements = Vec::<T>::with_capacity(len);
    huge_pages::ask_for(elements.spare_capacity_mut());
    let mut room = elements.as_mut_ptr().cast::<u8>();
    for piece in stored.chunks(PIECE) {
        // SAFETY: there is room for `len` elements, which are as many bytes as `stored` has, and the pieces before this
        // one took what lies before `room`; the two do not overlap.
        unsafe { ptr::copy_nonoverlapping(piece.as_ptr(), room, piece.len()) };
        room = room.wrapping_add(piece.len());
    }
    // SAFETY: all of them have been written, with bytes that `check_stored` has seen to be valid.
    unsafe { elements.set_len(len) };
    Ok(elements)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(range: Range<usize>) -> Bytes {
        Bytes::from_owner(
            (0..64u64).collect::<Vec<_>>().iter().flat_map(|i| i.to_le_bytes()).collect::<Vec<_>>(),
        )
        .slice(range)
    }

    #[test]
    fn misaligned_bytes_are_copied_and_aligned_ones_are_not() {
        let all = bytes(0..512);
        let offset = all.as_ptr().align_offset(8);
        for shift in 0..8 {
            let start = offset + shift;
            let part = all.slice(start..start + 16);
            let buffer = Buffer::<u64>::from_stored(part.clone()).unwrap();
            let expected: Vec<u64> =
                part.chunks(8).map(|c| u64::from_le_bytes(c.try_into().unwrap())).collect();
            assert_eq!(buffer.as_slice(), expected);
            let shared = buffer.as_slice().as_ptr().cast() == part.as_ptr();
            assert_eq!(shared, shift == 0 && u64::STORED_AS_IS, "{shift}");
        }
    }

    #[test]
    fn bytes_that_are_no_elements_are_refused() {
        assert!(Buffer::<u64>::from_stored(bytes(0..15)).is_err());
        assert!(Buffer::<bool>::from_stored(Bytes::from_static(&[0, 1, 2])).is_err());
        assert!(from_stored::<bool>(&[0, 3]).is_err());
        assert_eq!(
            Buffer::<bool>::from_stored(Bytes::from_static(&[0, 1])).unwrap().as_slice(),
            [false, true]
        );
    }

    #[test]
    fn a_vector_goes_in_and_out_without_a_copy() {
        let elements = vec![1.5f64; 100];
        let at = elements.as_ptr();
        let buffer = Buffer::from(elements);
        let stored = buffer.to_stored();
        assert_eq!(stored.as_ptr(), at.cast());
        assert_eq!(buffer.slice(3..5).to_stored(), as_bytes(&[1.5, 1.5]));
        drop(stored);
        let elements = buffer.into_vec();
        assert_eq!(elements.as_ptr(), at);
    }

    #[test]
    fn changing_shared_elements_copies_them() {
        let mut buffer = Buffer::from(vec![1u8, 2, 3]);
        let twin = buffer.slice(1..3);
        buffer.make_mut()[1] = 9;
        assert_eq!((buffer.as_slice(), twin.as_slice()), (&[1, 9, 3][..], &[2, 3][..]));
        let at = buffer.as_slice().as_ptr();
        buffer.make_mut()[0] = 8;
        assert_eq!(buffer.as_slice().as_ptr(), at);
        let mut read = Buffer::<u8>::from_stored(Bytes::from_static(&[4, 5])).unwrap();
        read.make_mut()[0] = 6;
        assert_eq!(read.as_slice(), [6, 5]);
    }
}
