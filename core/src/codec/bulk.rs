//! Whole results that are vectors of numbers: their memory at once instead of one element after the other. Arrays of crate
//! ndarray likewise, in `nd`.
//!
//! From 4 KiB on the elements are a buffer beside an empty payload: to postcard, no vector at all. A result that is owned
//! lends its memory for that. Of shorter ones, bytes, floats and `bool`s are to postcard what they are in memory, so that
//! is what is written.

mod nd;

use std::any::Any;
use std::result::Result as StdResult;

use bytes::Bytes;

use super::{Encoded, Postcard, failed};
use crate::array::{Array, BESIDE_FROM, append_stored, filled, from_stored};
use crate::shape::Shape;
use crate::{Element, ErrorKind, Result};

macro_rules! vectors {
    (plain: $($plain:ty),*; others: $($(#[$if:meta])? $other:ty),*) => {
        /// The bytes of `value`, if it is one of these vectors.
        pub(super) fn encode<T: 'static>(value: &T) -> Option<Encoded> {
            let any: &dyn Any = value;
            $(if let Some(elements) = any.downcast_ref::<Vec<$plain>>() {
                return Some(beside(elements).unwrap_or_else(|| {
                    let mut payload = Vec::with_capacity(10 + size_of_val(&elements[..]));
                    put_len(elements.len() as u64, &mut payload);
                    append_stored(elements, &mut payload);
                    encoded(payload, vec![], vec![])
                }));
            })*
            $($(#[$if])? if let Some(elements) = any.downcast_ref::<Vec<$other>>() {
                return beside(elements);
            })*
            nd::encode(value)
        }

        /// Takes `value` as long as its memory is written from, if it is one of these vectors and long.
        pub(super) fn lend<T: 'static>(mut value: T) -> Lent<T> {
            $(value = match lend_elements::<$plain, T>(value) {
                Ok(lent) => return Ok(lent),
                Err(value) => value,
            };)*
            $($(#[$if])? {
                value = match lend_elements::<$other, T>(value) {
                    Ok(lent) => return Ok(lent),
                    Err(value) => value,
                };
            })*
            nd::lend(value)
        }

        /// The value of these bytes, if `T` is one of these vectors and they are its bulk form.
        pub(super) fn decode<T: 'static>(
            payload: &[u8],
            buffers: &[Bytes],
            shape: &Shape,
        ) -> Option<Result<T>> {
            let mut value: Option<T> = None;
            let place: &mut dyn Any = &mut value;
            let elements_of = |value: Option<T>, why| {
                Some(value.ok_or_else(|| failed(ErrorKind::Decode, why, shape.type_name())))
            };
            if let ([], [elements]) = (payload, buffers) {
                $(if let Some(place) = place.downcast_mut::<Option<Vec<$plain>>>() {
                    *place = from_stored(elements).ok();
                    return elements_of(value, NO_ELEMENTS);
                })*
                $($(#[$if])? if let Some(place) = place.downcast_mut::<Option<Vec<$other>>>() {
                    *place = from_stored(elements).ok();
                    return elements_of(value, NO_ELEMENTS);
                })*
            } else if buffers.is_empty() {
                $(if let Some(place) = place.downcast_mut::<Option<Vec<$plain>>>() {
                    let elements = take_len(payload, size_of::<$plain>());
                    *place = elements.and_then(|elements| from_stored(elements).ok());
                    return elements_of(value, "damaged, or not as long as it states");
                })*
            }
            nd::decode(payload, buffers)
        }

        /// A vector of so many bytes of elements, which `fill` writes, if `T` is one that can be filled in place.
        pub(super) fn read<T: 'static>(
            len: usize,
            fill: &mut dyn FnMut(&mut [u8]) -> Result<()>,
        ) -> Option<Result<T>> {
            let mut value: Option<T> = None;
            let place: &mut dyn Any = &mut value;
            $(if let Some(place) = place.downcast_mut::<Option<Vec<$plain>>>() {
                return read_elements(len, fill, place).map(|done| done.map(|()| value.expect("filled")));
            })*
            $($(#[$if])? if let Some(place) = place.downcast_mut::<Option<Vec<$other>>>() {
                return read_elements(len, fill, place).map(|done| done.map(|()| value.expect("filled")));
            })*
            None
        }

        /// Whether values of the type are read by copying their buffers, so that those may as well be verified.
        pub(super) fn copies<T: 'static>() -> bool {
            let place: &dyn Any = &None::<T>;
            $(if place.is::<Option<Vec<$plain>>>() {
                return true;
            })*
            $($(#[$if])? if place.is::<Option<Vec<$other>>>() {
                return true;
            })*
            nd::is_array::<T>()
        }
    };
}
vectors! {
    plain: u8, i8, f32, f64, bool;
    others: u16, i16, u32, i32, u64, i64, u128, i128, usize, isize,
        #[cfg(feature = "complex")] num_complex::Complex<f32>,
        #[cfg(feature = "complex")] num_complex::Complex<f64>
}

const NO_ELEMENTS: &str = "its bytes are no elements of its type";

fn encoded(payload: Vec<u8>, buffers: Vec<Bytes>, element_sizes: Vec<u8>) -> Encoded {
    Encoded { codec: Postcard::SHORT_NAME, payload, buffers, element_sizes, lives: Vec::new() }
}

/// Elements as a buffer, if they are enough for one.
fn beside<E: Element>(elements: &[E]) -> Option<Encoded> {
    if elements.len() * E::STORED_LEN < BESIDE_FROM {
        return None;
    }
    let mut bytes = Vec::new();
    append_stored(elements, &mut bytes);
    Some(encoded(vec![], vec![bytes.into()], vec![E::STORED_LEN as u8]))
}

/// A value on loan and its bytes, or the value as it was.
pub(crate) type Lent<T> = StdResult<(Encoded, Loan<T>), T>;

/// A value whose memory is lent to the bytes that are made of it.
pub(crate) struct Loan<T>(Box<dyn FnOnce() -> T + Send>);

impl<T> Loan<T> {
    /// The value: without a copy if nobody has the bytes any more.
    pub(crate) fn take_back(self) -> T {
        (self.0)()
    }

    /// The loan of an `Ok` with the value.
    pub(super) fn ok<E>(self) -> Loan<StdResult<T, E>>
    where
        T: 'static,
    {
        Loan(Box::new(move || Ok(self.take_back())))
    }
}

fn read_elements<E: Element>(
    len: usize,
    fill: &mut dyn FnMut(&mut [u8]) -> Result<()>,
    place: &mut Option<Vec<E>>,
) -> Option<Result<()>> {
    if !len.is_multiple_of(E::STORED_LEN) {
        return None;
    }
    let elements = filled(len / E::STORED_LEN, fill)?;
    Some(elements.map(|elements| *place = Some(elements)))
}

fn lend_elements<E: Element, T: 'static>(value: T) -> Lent<T> {
    let mut value = Some(value);
    let place: &mut dyn Any = &mut value;
    if let Some(place) = place.downcast_mut::<Option<Vec<E>>>()
        && let Some(elements) = place.take_if(|elements| size_of_val(&elements[..]) >= BESIDE_FROM)
    {
        let array = Array::from(elements);
        let encoded = encoded(vec![], vec![array.to_stored()], vec![E::STORED_LEN as u8]);
        let take_back = move || {
            let mut value: Option<T> = None;
            let place: &mut dyn Any = &mut value;
            if let Some(place) = place.downcast_mut::<Option<Vec<E>>>() {
                *place = Some(array.into_vec());
            }
            value.expect("of the type that was lent")
        };
        return Ok((encoded, Loan(Box::new(take_back))));
    }
    Err(value.expect("not taken"))
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
    use std::fmt::Debug;

    use super::*;
    use crate::codec::{Codecs, EncodeOptions, Storable};
    use crate::shape::shape_of;

    fn decoded<T: Storable>(payload: &[u8], buffers: &[Bytes]) -> Option<Result<T>> {
        decode(payload, buffers, shape_of::<T>())
    }

    #[test]
    fn short_ones_have_the_bytes_of_postcard() {
        fn agrees<T: Storable + PartialEq + Debug>(value: T) {
            let Encoded { payload, buffers, .. } = encode(&value).expect("one of these vectors");
            assert!(buffers.is_empty());
            assert_eq!(payload, postcard::to_allocvec(&value).unwrap());
            assert_eq!(decoded::<T>(&payload, &[]).unwrap().unwrap(), value);
            for cut in 0..payload.len() {
                assert!(decoded::<T>(&payload[..cut], &[]).unwrap().is_err(), "{cut}");
            }
            assert!(decoded::<T>(&[&payload[..], b"x"].concat(), &[]).unwrap().is_err());
            assert!(lend(value).is_err());
        }
        for len in [0, 1, 127, 128, 129, 511] {
            agrees::<Vec<u8>>((0..len).map(|i| i as u8).collect());
            agrees::<Vec<bool>>((0..len).map(|i| i % 3 == 0).collect());
            agrees::<Vec<i8>>((0..len).map(|i| i as i8).collect());
            agrees::<Vec<f32>>((0..len).map(|i| i as f32 / 3.0).collect());
            agrees::<Vec<f64>>((0..len).map(|i| f64::from(i) / -3.0).collect());
        }
    }

    #[test]
    fn long_ones_are_a_buffer_whether_copied_or_lent() {
        fn round_trips<E: Element>(of: impl Fn(usize) -> E) {
            let size = E::STORED_LEN;
            for len in [BESIDE_FROM / size, 9999] {
                let value: Vec<E> = (0..len).map(&of).collect();
                let copied = crate::codec::encode(&value, &EncodeOptions::default()).unwrap();
                let (at, twin) = (value.as_ptr(), value.clone());
                let Ok((lent, loan)) = lend(value) else { panic!("it is long") };
                for Encoded { codec, payload, buffers, element_sizes, .. } in [copied, lent] {
                    assert_eq!((&payload[..], &element_sizes[..]), (&[][..], &[size as u8][..]));
                    let decode = |buffers: &[Bytes]| {
                        crate::codec::decode::<Vec<E>>(codec, &[], buffers, &Codecs::default())
                    };
                    assert_eq!(decode(&buffers).unwrap(), twin);
                    assert!(
                        decode(&[buffers[0].clone(), buffers[0].clone()]).unwrap_err().is_decode()
                    );
                    assert!(size == 1 || decode(&[buffers[0].slice(1..)]).unwrap_err().is_decode());
                }
                let value = loan.take_back();
                assert_eq!(value, twin);
                assert!(!E::STORED_AS_IS || value.as_ptr() == at, "it was copied");
            }
            assert!(copies::<Vec<E>>());
            let short: Vec<E> = (0..(BESIDE_FROM - 1) / size).map(&of).collect();
            let short = crate::codec::encode(&short, &EncodeOptions::default()).unwrap();
            assert!(short.buffers.is_empty() && !short.payload.is_empty());
        }
        round_trips(|i| i as u8);
        round_trips(|i| i % 3 == 0);
        round_trips(|i| i as f64 / 3.0);
        round_trips(|i| i as u16);
        round_trips(|i| -(i as i32));
        round_trips(|i| u64::MAX - i as u64);
        round_trips(|i| i);
        round_trips(|i| -(i as isize));
        round_trips(|i| -(i as i128) << 90);
        #[cfg(feature = "complex")]
        round_trips(|i| num_complex::Complex::new(i as f32, 0.5));
    }

    #[test]
    fn a_loan_whose_bytes_live_on_is_given_back_as_a_copy() {
        let Ok((encoded, loan)) = lend(vec![7u32; 5000]) else { panic!("it is long") };
        let value = loan.take_back();
        assert_eq!(value, [7; 5000]);
        assert_ne!(value.as_ptr().cast(), encoded.buffers[0].as_ptr());
        assert_eq!(encoded.buffers[0][..4], [7, 0, 0, 0]);
    }

    #[test]
    fn others_are_left_to_postcard() {
        assert!(encode(&vec![1u16]).is_none());
        assert!(encode(&"text".to_owned()).is_none());
        assert_eq!(lend("text".to_owned()).err().as_deref(), Some("text"));
        assert!(decoded::<Vec<char>>(&[1, 2], &[]).is_none());
        assert!(!copies::<Vec<char>>() && !copies::<Array<f64>>());
    }

    #[test]
    fn hostile_bytes_are_refused() {
        assert!(decoded::<Vec<bool>>(&[1, 2], &[]).unwrap().is_err());
        assert!(decoded::<Vec<bool>>(&[], &[Bytes::from_static(&[2; 5000])]).unwrap().is_err());
        for bytes in [
            &[0xff; 30][..],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
            &[0x80],
            &[],
        ] {
            assert!(decoded::<Vec<f64>>(bytes, &[]).unwrap().is_err(), "{bytes:?}");
        }
    }
}
