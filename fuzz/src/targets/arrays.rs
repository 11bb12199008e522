//! Stored arrays and vectors of numbers, with buffers beside the value.

use std::fmt::Debug;

use bytes::Bytes;
use larder::codec::{Codecs, EncodeOptions, Encoded, Storable, decode, encode};
use larder::{Array, ShortName};

use crate::same::comes_back;

/// The first byte says which type, the second which codec and how many buffers; a length of two bytes and so many bytes
/// for each buffer; the rest is the value.
pub(crate) fn check(bytes: &[u8]) {
    let [kind, form, rest @ ..] = bytes else { return };
    let codec = if form & 0x80 == 0 { "postcard" } else { "cbor" };
    let mut rest = rest;
    let mut buffers = Vec::new();
    for _ in 0..form & 3 {
        let [low, high, behind @ ..] = rest else { return };
        let len = usize::from(u16::from_le_bytes([*low, *high])).min(behind.len());
        let (buffer, behind) = behind.split_at(len);
        buffers.push(Bytes::copy_from_slice(buffer));
        rest = behind;
    }
    match kind % 8 {
        0 => read::<Array<u8>>(codec, rest, &buffers),
        1 => read::<Array<bool>>(codec, rest, &buffers),
        2 => read::<Array<u64>>(codec, rest, &buffers),
        3 => read::<(String, Vec<Array<i16>>)>(codec, rest, &buffers),
        4 => read::<Vec<u32>>(codec, rest, &buffers),
        5 => read::<Vec<u8>>(codec, rest, &buffers),
        6 => read::<Option<Array<usize>>>(codec, rest, &buffers),
        _ => read::<Vec<(bool, Vec<i64>)>>(codec, rest, &buffers),
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let seed = |kind: u8, encoded: Encoded| {
        let mut seed = vec![kind, encoded.buffers.len() as u8];
        for buffer in &encoded.buffers {
            seed.extend((buffer.len() as u16).to_le_bytes());
            seed.extend_from_slice(buffer);
        }
        seed.extend(encoded.payload);
        seed
    };
    let (short, long) = (Array::from(vec![1u8, 2, 3]), Array::from(vec![true; 4096]));
    vec![
        seed(0, written(&short)),
        seed(1, written(&long)),
        seed(2, written(&Array::from(vec![1u64; 600]).reshape([20, 30]).expect("as many"))),
        seed(3, written(&("name".to_owned(), vec![Array::from(vec![-1i16, 2]); 2]))),
        seed(4, written(&vec![7u32; 1100])),
        seed(5, written(&b"bytes".to_vec())),
        seed(6, written(&Some(Array::from(vec![9usize, 8])))),
        seed(7, written(&vec![(true, vec![1i64, -1])])),
    ]
}

fn written<T: Storable>(value: &T) -> Encoded {
    encode(value, &EncodeOptions::default()).expect("it can be written")
}

fn read<T: Storable + PartialEq + Debug>(codec: &str, payload: &[u8], buffers: &[Bytes]) {
    let codec = ShortName::new(codec).expect("it is a name");
    match decode::<T>(codec, payload, buffers, &Codecs::default()) {
        Ok(value) => comes_back(&value),
        Err(error) => assert!(error.is_decode(), "{error}"),
    }
}
