//! Files that nobody dumped: an error, in bounded memory, and never another value.

use std::fs;
use std::io::{self, Read};

use larder_core::codec::Storable;
use larder_core::{Array, DumpOptions, Error, LoadOptions, dump_to, load, load_from};

use crate::watched;

type Value = (String, Vec<u16>, Option<f64>);

fn value() -> Value {
    ("a value".to_owned(), vec![1, 2, 300], Some(0.5))
}

fn dumped(compress: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    dump_to(&value(), &mut bytes, &DumpOptions::new().compress(compress).unwrap()).unwrap();
    bytes
}

/// From a file, whose length is known, and from a stream, whose is not.
fn read<T: Storable>(bytes: &[u8]) -> [Result<T, Error>; 2] {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dump");
    fs::write(&path, bytes).unwrap();
    [load(&path), load_from(bytes, &LoadOptions::new())]
}

fn compressors() -> Vec<String> {
    larder_core::compress::Compressors::default().names().map(str::to_owned).collect()
}

#[test]
fn every_flipped_byte_is_an_error() {
    let good = dumped("none");
    for at in 0..good.len() {
        for mask in [1, 0x10, 0x80, 0xff] {
            let mut bad = good.clone();
            bad[at] ^= mask;
            for read in read::<Value>(&bad) {
                let error = read.expect_err("a damaged dump");
                let fits = match at {
                    88..104 => error.is_decode(),
                    _ => error.is_corrupt(),
                };
                assert!(fits, "byte {at}: {error:?}");
            }
        }
    }
}

/// The buffers and what is between them, too.
#[test]
fn every_flipped_byte_of_a_dump_with_arrays_is_an_error() {
    type Arrays = (Array<f64>, Array<u8>);
    let value: Arrays =
        ((0..513).map(f64::from).collect(), (0..4097u32).map(|i| i as u8).collect());
    let mut good = Vec::new();
    dump_to(&value, &mut good, &DumpOptions::new()).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        let read = load_from::<Arrays>(&bad[..], &LoadOptions::new());
        assert!(read.is_err(), "byte {at} of {}", good.len());
    }
}

/// Formats have bytes that mean nothing (the time in a gzip header), so the value may come back: the same one.
#[test]
fn no_flipped_byte_of_a_compressed_dump_makes_another_value() {
    for compressor in compressors() {
        let good = dumped(&compressor);
        for at in 0..good.len() {
            for mask in [1, 0x10, 0x80, 0xff] {
                let mut bad = good.clone();
                bad[at] ^= mask;
                if let Ok(back) = load_from::<Value>(&bad[..], &LoadOptions::new()) {
                    assert_eq!(back, value(), "{compressor}, byte {at}");
                }
            }
        }
    }
}

#[test]
fn every_truncation_and_every_extension_is_an_error() {
    for compressor in compressors().into_iter().chain(["none".to_owned()]) {
        let good = dumped(&compressor);
        for cut in 0..good.len() {
            for read in read::<Value>(&good[..cut]) {
                let error = read.expect_err("a part of a dump");
                assert!(error.is_corrupt(), "{compressor}, {cut} of {}: {error:?}", good.len());
            }
        }
        for read in read::<Value>(&[&good[..], b"x"].concat()) {
            assert!(read.unwrap_err().is_corrupt(), "{compressor}");
        }
    }
}

#[test]
fn a_header_that_claims_too_much_reserves_nothing() {
    let good = dumped("none");
    for (field, width) in [(12, 4), (16, 8), (24, 8), (32, 4), (112, 8)] {
        for claim in [1u64 << 60, u64::MAX, 1 << 31] {
            let mut bad = good.clone();
            bad[field..field + width].copy_from_slice(&claim.to_le_bytes()[8 - width..]);
            if width == 4 {
                bad[field..field + width].copy_from_slice(&(claim as u32 | 1 << 30).to_le_bytes());
            }
            watched::forget();
            for read in read::<Value>(&bad) {
                assert!(read.unwrap_err().is_corrupt(), "field at {field}");
            }
            assert!(
                watched::largest() < 256 << 10,
                "{} bytes for the field at {field}",
                watched::largest()
            );
        }
    }
}

/// Zeros without end behind a front that is right.
#[test]
fn a_stream_that_goes_on_and_on_ends_where_the_dump_does() {
    let good = dumped("none");
    let endless = good.chain(io::repeat(0));
    let error = load_from::<Value>(endless, &LoadOptions::new()).unwrap_err();
    assert!(error.is_corrupt() && error.message().contains("after its end"), "{error}");
}

/// More than any decompressor takes for itself.
#[cfg(feature = "compressors")]
const BOMB: usize = 5 << 20;

#[cfg(feature = "compressors")]
#[test]
fn bombs_end_as_soon_as_they_are_seen_to_be_no_dump() {
    let compressors = larder_core::compress::Compressors::default();
    let mut claims = dumped("none");
    claims[112..120].copy_from_slice(&(1u64 << 40).to_le_bytes());
    for name in compressors.names() {
        let compressor = compressors.get(name).unwrap();
        let bomb = |front: &[u8]| {
            let mut small = Vec::new();
            let mut content = front.chain(io::repeat(0)).take(BOMB as u64);
            compressor.compress(None, &mut content, &mut small).unwrap();
            small
        };
        let (zeros, claims) = (bomb(b""), bomb(&claims));
        watched::forget();
        let error = load_from::<Value>(&zeros[..], &LoadOptions::new()).unwrap_err();
        assert!(error.is_corrupt(), "{name}: {error:?}");
        let limited = LoadOptions::new().max_bytes(1 << 20);
        let error = load_from::<Value>(&claims[..], &limited).unwrap_err();
        assert!(error.is_invalid() && error.message().contains("allowed"), "{name}: {error:?}");
        assert!(watched::largest() < BOMB, "{name}: {} bytes at once", watched::largest());
        let error = load_from::<Value>(&claims[..], &LoadOptions::new()).unwrap_err();
        assert!(error.is_corrupt(), "{name}: {error:?}");
    }
}

#[test]
fn foreign_files_are_told_what_they_are_not() {
    for (bytes, says) in [
        (&b""[..], "it is empty"),
        (b"x,y\n1,2\n", "begins neither as a dump"),
        (b"\x80\x04\x95\x0b", "begins neither as a dump"),
        (b"\x89LARDER\n and so on", "an entry of a store"),
        (b"\x89LARD", "shorter than a prelude"),
    ] {
        for read in read::<Value>(bytes) {
            let error = read.unwrap_err();
            assert!(error.is_corrupt() && error.message().contains(says), "{error}");
        }
    }
    let mut newer = dumped("none");
    newer[8] = 2;
    for read in read::<Value>(&newer) {
        assert!(read.unwrap_err().message().contains("another format version"));
    }
}

/// An input that fails is not a damaged dump.
#[test]
fn errors_of_the_input_stay_what_they_are() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::PermissionDenied.into())
        }
    }
    for compressor in compressors().into_iter().chain(["none".to_owned()]) {
        let good = dumped(&compressor);
        let input = good[..good.len() - 1].chain(Failing);
        let error = load_from::<Value>(input, &LoadOptions::new()).unwrap_err();
        assert!(error.is_permission_denied(), "{compressor}: {error:?}");
    }
}
