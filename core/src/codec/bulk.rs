//! Whole results that are vectors of bytes or floats: the very bytes postcard would write, a thousand at a time instead
//! of one by one.

use std::any::Any;

use super::failed;
use crate::shape::Shape;
use crate::{ErrorKind, Result};

/// The elements whose postcard form is their memory in little-endian order.
macro_rules! plain {
    ($($element:ty),*) => {
        /// `value` as postcard, if it is one of these vectors.
        pub(super) fn encode<T: 'static>(value: &T) -> Option<Vec<u8>> {
            let value: &dyn Any = value;
            $(if let Some(elements) = value.downcast_ref::<Vec<$element>>() {
                let mut bytes = Vec::with_capacity(10 + size_of_val(&elements[..]));
                put_len(elements.len() as u64, &mut bytes);
                elements.iter().for_each(|element| bytes.extend_from_slice(&element.to_le_bytes()));
                return Some(bytes);
            })*
            None
        }

        /// The value of these bytes, if `T` is one of these vectors.
        pub(super) fn decode<T: 'static>(bytes: &[u8], shape: &Shape) -> Option<Result<T>> {
            let mut value: Option<T> = None;
            let place: &mut dyn Any = &mut value;
            $(if let Some(place) = place.downcast_mut::<Option<Vec<$element>>>() {
                *place = take_len(bytes)
                    .map(|elements| elements.iter().map(|bytes| <$element>::from_le_bytes(*bytes)).collect());
                return Some(value.ok_or_else(|| {
                    failed(ErrorKind::Decode, "its length is not the one it states", shape.type_name())
                }));
            })*
            None
        }
    };
}
plain!(u8, i8, f32, f64);

fn put_len(mut len: u64, bytes: &mut Vec<u8>) {
    while len >= 0x80 {
        bytes.push(len as u8 | 0x80);
        len >>= 7;
    }
    bytes.push(len as u8);
}

/// What follows the length, if it is `len` elements of `N` bytes and nothing else.
fn take_len<const N: usize>(mut bytes: &[u8]) -> Option<&[[u8; N]]> {
    let mut len = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        bytes = rest;
        len |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if *byte < 0x80 {
            let (elements, left) = bytes.as_chunks::<N>();
            return (left.is_empty() && elements.len() as u64 == len).then_some(elements);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Storable;
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
            agrees::<Vec<i8>>((0..len).map(|i| i as i8).collect());
            agrees::<Vec<f32>>((0..len).map(|i| i as f32 / 3.0).collect());
            agrees::<Vec<f64>>((0..len).map(|i| f64::from(i) / -3.0).collect());
        }
    }

    #[test]
    fn others_are_left_to_postcard() {
        assert!(encode(&vec![1u16]).is_none());
        assert!(encode(&"text".to_owned()).is_none());
        assert!(decode::<Vec<bool>>(&[1, 2], shape_of::<Vec<bool>>()).is_none());
    }

    #[test]
    fn hostile_lengths_are_refused() {
        let shape = shape_of::<Vec<f64>>();
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
