//! Stored arrays that nobody wrote: a clear error, and no more memory than there are bytes.

use bytes::Bytes;
use larder_core::codec::{Codecs, EncodeOptions, decode, encode};
use larder_core::{Array, Element, Error, ShortName};

use crate::watched;

/// The postcard bytes of an array of `f64`: its element type and C order, then these.
fn forged(shape: &[u64], elements: &[u8]) -> Vec<u8> {
    let shape = postcard::to_allocvec(shape).unwrap();
    [&[0, 0][..], &shape, elements].concat()
}

/// Elements in the value: so many bytes are stated, these follow.
fn inside(stated: u64, bytes: &[u8]) -> Vec<u8> {
    [&[0][..], &postcard::to_allocvec(&stated).unwrap(), bytes].concat()
}

/// Elements beside the value.
fn beside(number: u32) -> Vec<u8> {
    [&[1][..], &postcard::to_allocvec(&number).unwrap()].concat()
}

fn read<T: Element>(payload: &[u8], buffers: &[Bytes]) -> Result<Array<T>, Error> {
    watched::forget();
    let codec = ShortName::new("postcard").unwrap();
    let read = decode(codec, payload, buffers, &Codecs::default());
    let most = payload.len() + buffers.iter().map(Bytes::len).sum::<usize>() + (1 << 20);
    assert!(watched::largest() <= most, "{} bytes at once", watched::largest());
    read
}

#[test]
fn forged_arrays_of_the_right_form_are_read() {
    let bytes: Vec<u8> = [1.5f64, 2.5].iter().flat_map(|x| x.to_le_bytes()).collect();
    let good = read::<f64>(&forged(&[2], &inside(16, &bytes)), &[]).unwrap();
    assert_eq!(good, Array::from([1.5, 2.5]));
    let good = read::<f64>(&forged(&[2, 1], &beside(0)), &[bytes.into()]).unwrap();
    assert_eq!(good, Array::from_shape_vec([2, 1], vec![1.5, 2.5]).unwrap());
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let buffer = |len| Bytes::from(vec![0u8; len]);
    let bytes = [0u8; 16];
    let (whole, missing) = ("no whole number of elements", "which is not there");
    let (count, large) = ("elements, not", "larger than memory");
    let cases: &[(Vec<u8>, Vec<Bytes>, &str)] = &[
        (forged(&[3], &beside(0)), vec![buffer(16)], count),
        (forged(&[1 << 60], &beside(0)), vec![buffer(16)], large),
        (forged(&[1 << 59], &beside(0)), vec![buffer(16)], count),
        (forged(&[u64::MAX, 2], &beside(0)), vec![buffer(16)], large),
        (forged(&[0, u64::MAX, u64::MAX], &beside(0)), vec![buffer(0)], large),
        (forged(&[1 << 32, 1 << 32], &inside(0, &[])), vec![], large),
        (forged(&[2], &beside(0)), vec![buffer(15)], whole),
        (forged(&[2], &beside(1)), vec![buffer(16)], missing),
        (forged(&[2], &beside(u32::MAX)), vec![buffer(16)], missing),
        (forged(&[2], &beside(0)), vec![], missing),
        (forged(&[2], &beside(0)), vec![buffer(16), buffer(16)], "1 buffers"),
        (forged(&[2], &inside(16, &bytes)), vec![buffer(16)], "1 buffers"),
        (forged(&[2], &inside(1 << 60, &bytes)), vec![], "cannot decode"),
        (forged(&[2], &inside(15, &bytes[..15])), vec![], whole),
        (forged(&[3], &inside(16, &bytes)), vec![], count),
        ([&[1], &forged(&[2], &inside(16, &bytes))[1..]].concat(), vec![], "cannot decode"),
        ([&[0, 2], &forged(&[2], &inside(16, &bytes))[2..]].concat(), vec![], "cannot decode"),
        (forged(&[2], &[2, 0]), vec![], "cannot decode"),
    ];
    for (payload, buffers, why) in cases {
        let error = read::<f64>(payload, buffers).unwrap_err();
        assert!(error.is_decode() && error.to_string().contains(why), "{payload:?}: {error}");
    }
}

#[test]
fn a_bool_of_two_is_refused_inside_and_beside() {
    let forged_bools = |elements: Vec<u8>, len| forged(&[len], &elements);
    for bad in [2u8, 255] {
        let error = read::<bool>(&forged_bools(inside(2, &[1, bad]), 2), &[]).unwrap_err();
        assert!(error.is_decode() && error.message().contains("no value of its type"), "{error}");
        let mut buffer = vec![1; 5000];
        buffer[4321] = bad;
        let error = read::<bool>(&forged_bools(beside(0), 5000), &[buffer.into()]).unwrap_err();
        assert!(error.is_decode() && error.message().contains("no value of its type"), "{error}");
    }
    assert!(read::<bool>(&forged_bools(beside(0), 5000), &[vec![1; 5000].into()]).is_ok());
}

#[test]
fn a_buffer_may_be_used_twice_and_begin_anywhere() {
    let array = Array::from(vec![3u64; 1000]);
    let encoded = encode(&vec![array.clone(), array.clone()], &EncodeOptions::default()).unwrap();
    assert_eq!(encoded.buffers.len(), 1);
    for shift in 0..9 {
        let moved = [&vec![0; shift][..], &encoded.buffers[0]].concat();
        let buffers = [Bytes::from(moved).slice(shift..)];
        let back: Vec<Array<u64>> =
            decode(encoded.codec, &encoded.payload, &buffers, &Codecs::default()).unwrap();
        assert_eq!(back, [array.clone(), array.clone()]);
    }
}

#[test]
fn every_damaged_byte_is_an_error_or_another_array() {
    let value = (Array::from(vec![1.5f64; 4]), Array::from(vec![true; 5000]), "end".to_owned());
    let encoded = encode(&value, &EncodeOptions::default()).unwrap();
    let codecs = Codecs::default();
    let read = |payload: &[u8]| {
        watched::forget();
        let read: Result<(Array<f64>, Array<bool>, String), _> =
            decode(encoded.codec, payload, &encoded.buffers, &codecs);
        assert!(watched::largest() < 4 << 20, "{} bytes at once", watched::largest());
        read
    };
    assert!(read(&encoded.payload).is_ok());
    for at in 0..encoded.payload.len() {
        assert!(read(&encoded.payload[..at]).unwrap_err().is_decode());
        let mut damaged = encoded.payload.clone();
        for mask in 1..=255 {
            damaged[at] = encoded.payload[at] ^ mask;
            if let Ok((_, bools, _)) = read(&damaged) {
                assert_eq!(bools.len(), 5000);
            }
        }
    }
}
