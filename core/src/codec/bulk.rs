//! Whole results that are vectors of numbers: their memory at once instead of one element after the other.
//!
//! Bytes, floats and `bool`s are to postcard what they are in memory, so that is what is written. Of wider integers
//! postcard makes numbers of varying length, one by one. Long vectors of those are a zero and then their memory: to
//! postcard, an empty vector with bytes left over, which it never writes.

use std::any::Any;

use super::failed;
use crate::array::{append_stored, from_stored};
use crate::shape::Shape;
use crate::{ErrorKind, Result};

/// From how many bytes on a vector of wide integers is long.
const LONG: usize = 4096;

macro_rules! vectors {
    (plain: $($plain:ty),*; marked: $($marked:ty),*) => {
        /// The bytes of `value`, if it is one of these vectors.
        pub(super) fn encode<T: 'static>(value: &T) -> Option<Vec<u8>> {
            let value: &dyn Any = value;
            $(if let Some(elements) = value.downcast_ref::<Vec<$plain>>() {
                let mut bytes = Vec::with_capacity(10 + size_of_val(&elements[..]));
                put_len(elements.len() as u64, &mut bytes);
                append_stored(elements, &mut bytes);
                return Some(bytes);
            })*
            $(if let Some(elements) = value.downcast_ref::<Vec<$marked>>()
                && size_of_val(&elements[..]) >= LONG
            {
                let mut bytes = Vec::with_capacity(1 + size_of_val(&elements[..]));
                bytes.push(0);
                append_stored(elements, &mut bytes);
                return Some(bytes);
            })*
            None
        }

        /// The value of these bytes, if `T` is one of these vectors and they are its bulk form.
        pub(super) fn decode<T: 'static>(bytes: &[u8], shape: &Shape) -> Option<Result<T>> {
            let mut value: Option<T> = None;
            let place: &mut dyn Any = &mut value;
            let elements_of = |value: Option<T>, why| {
                Some(value.ok_or_else(|| failed(ErrorKind::Decode, why, shape.type_name())))
            };
            $(if let Some(place) = place.downcast_mut::<Option<Vec<$plain>>>() {
                let elements = take_len(bytes, size_of::<$plain>());
                *place = elements.and_then(|elements| from_stored(elements).ok());
                return elements_of(value, "damaged, or not as long as it states");
            })*
            $(if let Some(place) = place.downcast_mut::<Option<Vec<$marked>>>()
                && let [0, elements @ ..] = bytes
                && !elements.is_empty()
            {
                *place = from_stored(elements).ok();
                return elements_of(value, "its bytes are no whole number of its elements");
            })*
            None
        }
    };
}
vectors! {
    plain: u8, i8, f32, f64, bool;
    marked: u16, i16, u32, i32, u64, i64, u128, i128, usize, isize
}

fn put_len(mut len: u64, bytes: &mut Vec<u8>) {
    while len >= 0x80 {
        bytes.push(len as u8 | 0x80);
        len >>= 7;
    }
    bytes.push(len as u8);
}

/// What follows the length, if it is `len` elements of `size` bytes and nothing else.
fn take_len(mut bytes: &[u8], size: usize) -> Option<&[u8]> {
    let mut len = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        bytes = rest;
        len |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if *byte < 0x80 {
            return (len.checked_mul(size as u64) == Some(bytes.len() as u64)).then_some(bytes);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Element;
    use crate::codec::{Codecs, EncodeOptions, Encoded, Storable};
    use crate::shape::shape_of;

    fn agrees<T: Storable + PartialEq + std::fmt::Debug>(value: T) {
        let bytes = encode(&value).expect("one of these vectors");
        assert_eq!(bytes, postcard::to_allocvec(&value).unwrap());
        let shape = shape_of::<T>();
        assert_eq!(decode::<T>(&bytes, shape).unwrap().unwrap(), value);
        for cut in 0..bytes.len().min(300) {
            assert!(decode::<T>(&bytes[..cut], shape).unwrap().is_err(), "{cut}");
        }
        assert!(decode::<T>(&[&bytes[..], b"x"].concat(), shape).unwrap().is_err());
    }

    #[test]
    fn the_bytes_are_those_of_postcard() {
        for len in [0, 1, 127, 128, 129, 20_000] {
            agrees::<Vec<u8>>((0..len).map(|i| i as u8).collect());
            agrees::<Vec<bool>>((0..len).map(|i| i % 3 == 0).collect());
            agrees::<Vec<i8>>((0..len).map(|i| i as i8).collect());
            agrees::<Vec<f32>>((0..len).map(|i| i as f32 / 3.0).collect());
            agrees::<Vec<f64>>((0..len).map(|i| f64::from(i) / -3.0).collect());
        }
    }

    #[test]
    fn long_vectors_of_integers_are_told_from_short_ones() {
        fn round_trips<E: Element>(of: impl Fn(usize) -> E) {
            let size = E::STORED_LEN;
            for (len, long) in [(0, false), (4095 / size, false), (4096 / size, true), (9999, true)]
            {
                let value: Vec<E> = (0..len).map(&of).collect();
                let Encoded { codec, payload, .. } =
                    crate::codec::encode(&value, &EncodeOptions::default()).unwrap();
                assert!(!long || payload.len() == 1 + size * len);
                assert_eq!(long, payload != postcard::to_allocvec(&value).unwrap());
                let decode = |payload: &[u8]| {
                    crate::codec::decode::<Vec<E>>(codec, payload, &[], &Codecs::default())
                };
                assert_eq!(decode(&payload).unwrap(), value);
                if long {
                    assert!(decode(&payload[..payload.len() - 1]).unwrap_err().is_decode());
                    assert_ne!(decode(&payload[..payload.len() - size]).unwrap(), value);
                    assert_eq!(decode(&[0]).unwrap(), []);
                }
            }
        }
        round_trips(|i| i as u16);
        round_trips(|i| -(i as i32));
        round_trips(|i| u64::MAX - i as u64);
        round_trips(|i| i);
        round_trips(|i| -(i as isize));
        round_trips(|i| -(i as i128) << 90);
    }

    #[test]
    fn others_are_left_to_postcard() {
        assert!(encode(&vec![1u16]).is_none());
        assert!(encode(&"text".to_owned()).is_none());
        assert!(decode::<Vec<char>>(&[1, 2], shape_of::<Vec<char>>()).is_none());
    }

    #[test]
    fn hostile_lengths_are_refused() {
        let shape = shape_of::<Vec<f64>>();
        assert!(decode::<Vec<bool>>(&[1, 2], shape_of::<Vec<bool>>()).unwrap().is_err());
        for bytes in [
            &[0xff; 30][..],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
            &[0x80],
            &[],
        ] {
            assert!(decode::<Vec<f64>>(bytes, shape).unwrap().is_err(), "{bytes:?}");
        }
    }
}
