//! `load` with `mmap_mode`: the arrays of any value are mapped, and what cannot be says why and is read.

use std::collections::BTreeMap;
use std::fs;
use std::sync::mpsc;

use crate::elements::{bits, filled};
use bytes::Bytes;
use larder_core::codec::{Codecs, EncodeOptions, decode, encode};
use larder_core::{
    Array, DumpOptions, Element, LoadOptions, MmapMode, Order, Verify, dump, dump_with, load_from,
    load_with,
};

use crate::properties::for_every_element;
use crate::warnings::warnings_of;
use crate::watched;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Part {
    Nothing,
    Weights(Array<f32>),
    Named { name: String, mask: Array<bool> },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Model {
    name: String,
    matrix: Array<f64>,
    parts: BTreeMap<String, Option<Part>>,
    twin: (Array<f64>, Vec<Array<u8>>),
    small: Array<u8>,
}

fn model() -> Model {
    let matrix: Array<f64> = (0..2000).map(f64::from).collect();
    let mask = (0..5000).map(|i| i % 3 == 0).collect();
    Model {
        name: "model".to_owned(),
        matrix: matrix.reshape([20, 100]).unwrap(),
        parts: BTreeMap::from([
            ("a".to_owned(), Some(Part::Nothing)),
            ("b".to_owned(), Some(Part::Weights(vec![0.5; 1024].into()))),
            ("c".to_owned(), Some(Part::Named { name: "mask".to_owned(), mask })),
            ("d".to_owned(), None),
        ]),
        twin: (matrix, vec![vec![7; 4096].into()]),
        small: vec![1, 2, 3].into(),
    }
}

fn mapped(model: &Model) -> Vec<bool> {
    let parts = model.parts.values().filter_map(|part| match part {
        None | Some(Part::Nothing) => None,
        Some(Part::Weights(array)) => Some(array.is_mapped()),
        Some(Part::Named { mask, .. }) => Some(mask.is_mapped()),
    });
    let own = [&model.matrix, &model.twin.0].map(|array| array.is_mapped());
    own.into_iter().chain(parts).chain([model.twin.1[0].is_mapped()]).collect()
}

fn options(mode: MmapMode) -> LoadOptions {
    LoadOptions::new().mmap_mode(mode)
}

/// Where the file system of a temporary directory is known to be one of this machine.
const MAPS: bool = cfg!(target_os = "linux");

#[test]
fn every_array_of_a_nested_value_is_mapped() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model");
    for codec in ["postcard", "cbor"] {
        dump_with(&model(), &path, &DumpOptions::new().codec(codec)).unwrap();
        for (mode, maps) in
            [(MmapMode::Auto, false), (MmapMode::ReadOnly, MAPS), (MmapMode::CopyOnWrite, MAPS)]
        {
            let (back, warned) = warnings_of(|| load_with::<Model>(&path, &options(mode)).unwrap());
            assert_eq!(back, model(), "{codec}, {mode}");
            assert_eq!(mapped(&back), [maps; 5], "{codec}, {mode}");
            assert!(!back.small.is_mapped(), "it lies in the value's own bytes");
            assert!(warned.is_empty() || !MAPS, "{warned:?}");
        }
    }
}

#[test]
fn what_is_changed_under_c_reaches_neither_file_nor_other_arrays() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model");
    dump(&model(), &path).unwrap();
    let before = fs::read(&path).unwrap();
    let mut own = load_with::<Model>(&path, &options(MmapMode::CopyOnWrite)).unwrap();
    let other = load_with::<Model>(&path, &options(MmapMode::CopyOnWrite)).unwrap();
    let read_only = load_with::<Model>(&path, &options(MmapMode::ReadOnly)).unwrap();

    // Alone: changed where it is.
    let at = own.twin.1[0].as_ptr();
    own.twin.1[0].make_mut().fill(9);
    assert_eq!((own.twin.1[0].as_ptr() == at, own.twin.1[0].is_mapped()), (MAPS, MAPS));
    // One buffer of two arrays: copied.
    own.matrix.make_mut()[0] = -1.0;
    assert_eq!((own.matrix[[0, 0]], own.twin.0[0]), (-1.0, 0.0));
    // And now alone.
    own.twin.0.make_mut()[1] = -2.0;
    assert_eq!((own.matrix[[0, 1]], own.twin.0[1], own.twin.0.is_mapped()), (1.0, -2.0, MAPS));

    assert_eq!((other, read_only), (model(), model()));
    assert!(fs::read(&path).unwrap() == before);
    assert_eq!(load_with::<Model>(&path, &options(MmapMode::ReadOnly)).unwrap(), model());
}

/// A `&mut` into a map of one's own can become the bytes of another value, and come back when those are dropped.
#[test]
fn what_was_given_out_to_be_changed_is_no_part_of_another_array() {
    struct Owner(Option<&'static mut [u8]>, mpsc::Sender<&'static mut [u8]>);
    impl AsRef<[u8]> for Owner {
        fn as_ref(&self) -> &[u8] {
            self.0.as_deref().unwrap()
        }
    }
    impl Drop for Owner {
        fn drop(&mut self) {
            self.1.send(self.0.take().unwrap()).unwrap();
        }
    }

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("array");
    let array: Array<u8> = vec![0; 10_000].into();
    dump(&array, &path).unwrap();
    let own: Array<u8> = load_with(&path, &options(MmapMode::CopyOnWrite)).unwrap();
    let (send, back) = mpsc::channel();
    let bytes = Bytes::from_owner(Owner(Some(Box::leak(Box::new(own)).make_mut()), send));
    let encoded = encode(&array, &EncodeOptions::default()).unwrap();
    let other: Array<u8> =
        decode(encoded.codec, &encoded.payload, &[bytes], &Codecs::default()).unwrap();
    assert!(back.try_recv().is_err(), "it looks at memory that it does not hold");
    drop(other);
    back.try_recv().unwrap().fill(1);
}

#[test]
fn what_cannot_be_mapped_says_why_and_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model");
    let mode = options(MmapMode::ReadOnly);
    let compressors = larder_core::compress::Compressors::default();
    for name in compressors.names() {
        dump_with(&model(), &path, &DumpOptions::new().compress(name).unwrap()).unwrap();
        let (back, warned) = warnings_of(|| load_with::<Model>(&path, &mode).unwrap());
        assert_eq!((&back, mapped(&back)), (&model(), vec![false; 5]));
        let says = format!("it is compressed, with {name},");
        assert!(warned.len() == 1 && warned[0].contains(&says), "{warned:?}");
    }
    dump(&model(), &path).unwrap();
    let bytes = fs::read(&path).unwrap();
    let (back, warned) = warnings_of(|| load_from::<Model>(&bytes[..], &mode).unwrap());
    assert_eq!((&back, mapped(&back)), (&model(), vec![false; 5]));
    assert!(warned.len() == 1 && warned[0].contains("it is a stream"), "{warned:?}");
}

#[test]
fn modes_that_change_files_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model");
    dump(&model(), &path).unwrap();
    for mode in [MmapMode::ReadWrite, MmapMode::Create] {
        for error in [
            load_with::<Model>(&path, &options(mode)).unwrap_err(),
            load_from::<Model>(&fs::read(&path).unwrap()[..], &options(mode)).unwrap_err(),
        ] {
            let says = [&*format!("`{mode}`"), "`SharedArray`", "checksums"];
            assert!(error.is_invalid(), "{error:?}");
            assert!(says.iter().all(|says| error.message().contains(says)), "{error}");
        }
    }
}

#[test]
fn a_replaced_file_leaves_its_maps_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model");
    dump(&model(), &path).unwrap();
    let old = load_with::<Model>(&path, &options(MmapMode::ReadOnly)).unwrap();
    let own = load_with::<Model>(&path, &options(MmapMode::CopyOnWrite)).unwrap();
    dump(&Array::from(vec![1u8; 5000]), &path).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!((old, own), (model(), model()));
}

fn refused(bytes: &[u8], verify: Verify) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dump");
    fs::write(&path, bytes).unwrap();
    let results = [MmapMode::ReadOnly, MmapMode::CopyOnWrite].map(|mode| {
        watched::forget();
        let loaded = load_with::<Model>(&path, &options(mode).verify(verify));
        let most = (256 << 10) + bytes.len();
        assert!(watched::largest() < most, "{} bytes at once", watched::largest());
        if let Err(error) = &loaded {
            assert!(error.is_corrupt() || error.is_decode(), "{error:?}");
        }
        loaded.is_err()
    });
    assert_eq!(results[0], results[1]);
    results[0]
}

#[test]
fn damaged_truncated_and_foreign_files_are_errors() {
    let mut good = Vec::new();
    larder_core::dump_to(&model(), &mut good, &DumpOptions::new()).unwrap();
    assert!(!refused(&good, Verify::Full));
    let step = if cfg!(miri) { 997 } else { 97 };
    for cut in (0..good.len()).step_by(step).chain([good.len() - 1]) {
        assert!(refused(&good[..cut], Verify::Read), "cut at {cut}");
    }
    assert!(refused(&[&good[..], b"x"].concat(), Verify::Read));
    for foreign in [&b"x,y\n1,2\n"[..], b"\x93NUMPY\x01\x00", b"\x89LARDER\n and so on", b""] {
        assert!(refused(foreign, Verify::Read));
    }
    // Everything in front of the buffers, where an entry ends that has none.
    let buffers = good.len() - (16_000 + 4096 + 5000 + 4096) - 5 * 64;
    for at in (0..buffers).filter(|at| *at < 160 || at % 7 == 0) {
        let mut bad = good.clone();
        bad[at] ^= 0x40;
        assert!(refused(&bad, Verify::Read), "byte {at}");
    }
    // Within a buffer: found by those who look at it.
    let mut bad = good.clone();
    let at = good.windows(4000).position(|window| window == [7; 4000]).unwrap() + 50;
    bad[at] ^= 0x40;
    assert!(!MAPS || !refused(&bad, Verify::Read));
    assert!(refused(&bad, Verify::Full));
    // A bool is looked at in any case.
    let mut bad = good.clone();
    let mask = [1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1];
    let at = good.windows(16).position(|window| window == mask).unwrap();
    bad[at + 300] = 2;
    assert!(refused(&bad, Verify::Read));
}

#[test]
fn hostile_lengths_reserve_nothing() {
    let mut good = Vec::new();
    larder_core::dump_to(&model(), &mut good, &DumpOptions::new()).unwrap();
    for (field, width) in [(12, 4), (16, 8), (24, 8), (32, 4), (112, 8)] {
        for claim in [1u64 << 60, u64::MAX, 1 << 31] {
            let mut bad = good.clone();
            let claim = if width == 4 { claim | 1 << 30 } else { claim };
            bad[field..field + width].copy_from_slice(&claim.to_le_bytes()[..width]);
            assert!(refused(&bad, Verify::Read), "field at {field}");
        }
    }
}

fn round_trips<T: Element>(order: Order, shape: &[usize], seed: u64) {
    let array = filled::<T>(order, shape, seed);
    let view = array.transpose();
    let part = array.slice(..array.shape().first().map_or(0, |len| len / 2));
    let value = (array, view, part.ok());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("arrays");
    for codec in ["postcard", "cbor"] {
        dump_with(&value, &path, &DumpOptions::new().codec(codec)).unwrap();
        for mode in [MmapMode::Auto, MmapMode::ReadOnly, MmapMode::CopyOnWrite] {
            let (array, view, part): (Array<T>, Array<T>, Option<Array<T>>) =
                load_with(&path, &options(mode)).unwrap();
            assert_eq!(bits(&array), bits(&value.0), "{codec}, {mode}");
            assert_eq!(bits(&view), bits(&value.1), "{codec}, {mode}");
            assert_eq!(part.as_ref().map(bits), value.2.as_ref().map(bits), "{codec}, {mode}");
            let large = array.len() * T::STORED_LEN >= 4096;
            assert_eq!(array.is_mapped(), MAPS && large && mode != MmapMode::Auto);
        }
    }
}

for_every_element!(round_trips, 12);

#[derive(Debug, Serialize, Deserialize)]
struct Numbers {
    floats: Array<f64>,
    words: Array<u16>,
    bytes: Array<u8>,
}

/// What `gunzip` leaves of a shuffled dump: its arrays are not in it as they are.
#[test]
fn a_dump_whose_arrays_are_shuffled_is_read_in_order_and_says_so() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/numbers-shuffled.larder");
    for mode in [MmapMode::ReadOnly, MmapMode::CopyOnWrite] {
        let options = LoadOptions::new().mmap_mode(mode);
        let (found, warned) = warnings_of(|| load_with::<Numbers>(path, &options).unwrap());
        assert!(found.floats.iter().copied().eq((0..600).map(|i| f64::from(i) / 8.0)), "{mode}");
        assert!(found.words.iter().copied().eq(0..2100), "{mode}");
        assert!(!found.floats.is_mapped() && !found.bytes.is_mapped());
        assert!(warned.len() == 1 && warned[0].contains("shuffled"), "{warned:?}");
    }
}
