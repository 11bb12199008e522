//! `.npy` files: what is written is read, what NumPy wrote is read, and what nobody wrote is refused.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::elements::{bits, filled};
use crate::properties::for_every_element;
use crate::warnings::warnings_of;
use larder_core::{Array, Element, LoadOptions, MmapMode, Order};
use proptest::prelude::*;

fn options(mode: MmapMode) -> LoadOptions {
    LoadOptions::new().mmap_mode(mode)
}

const MODES: [MmapMode; 3] = [MmapMode::Auto, MmapMode::ReadOnly, MmapMode::CopyOnWrite];

/// The same file with big-endian elements.
fn big_endian(mut file: Vec<u8>, part: usize) -> Vec<u8> {
    let start = 10 + usize::from(u16::from_le_bytes([file[8], file[9]]));
    let order = file.iter().position(|byte| matches!(byte, b'<' | b'|')).unwrap();
    file[order] = b'>';
    file[start..].chunks_exact_mut(part).for_each(<[u8]>::reverse);
    file
}

fn round_trips<T: Element>(order: Order, shape: &[usize], seed: u64) {
    let array = filled::<T>(order, shape, seed);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("array.npy");
    if matches!(T::NAMES[0], "u128" | "i128") {
        let error = array.save_npy(&path).unwrap_err();
        assert!(error.is_unsupported() && error.message().contains(T::NAMES[0]), "{error}");
        assert!(Array::<T>::read_npy(&[][..]).is_err() && !path.exists());
        return;
    }
    array.save_npy(&path).unwrap();
    let file = fs::read(&path).unwrap();
    for mode in MODES {
        let back = Array::<T>::load_npy_with(&path, &options(mode)).unwrap();
        assert_eq!(bits(&back), bits(&array), "{mode}");
        let mapped = mode != MmapMode::Auto && !array.is_empty();
        assert!(!cfg!(target_os = "linux") || back.is_mapped() == mapped, "{mode}");
    }
    let back = Array::<T>::read_npy((&file[..]).chain(&b"more"[..])).unwrap();
    assert_eq!(bits(&back), bits(&array));

    let part = if T::NAMES[0].starts_with("complex") { T::STORED_LEN / 2 } else { T::STORED_LEN };
    fs::write(&path, big_endian(file, part)).unwrap();
    for mode in MODES {
        let back = Array::<T>::load_npy_with(&path, &options(mode)).unwrap();
        assert_eq!(bits(&back), bits(&array), "big endian, {mode}");
    }
}

for_every_element!(round_trips, 16);

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/npy").join(name)
}

#[test]
fn files_that_numpy_wrote_are_read() {
    fn is<T: Element>(name: &str, order: Order, shape: &[usize], logical: &[T]) {
        for mode in MODES {
            let array = Array::<T>::load_npy_with(golden(name), &options(mode)).unwrap();
            assert_eq!((array.shape(), array.order()), (shape, order), "{name}");
            assert_eq!(array.logical().collect::<Vec<_>>(), logical, "{name}, {mode}");
        }
    }
    is::<f64>("c-little-1.npy", Order::C, &[2, 3], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    is::<i32>("f-little-2.npy", Order::F, &[2, 3], &[0, 1, 2, 3, 4, 5]);
    is::<u16>("c-big-3.npy", Order::C, &[2, 3], &[0, 1, 2, 3, 4, 5]);
    is::<i64>("scalar-1.npy", Order::C, &[], &[7]);
    is::<isize>("scalar-1.npy", Order::C, &[], &[7]);
    is::<f32>("empty-1.npy", Order::C, &[0, 3], &[]);
    is::<bool>("bools-1.npy", Order::C, &[2, 3], &[true, false, true, false, true, false]);
    #[cfg(feature = "complex")]
    is::<num_complex::Complex<f32>>(
        "f-big-1.npy",
        Order::F,
        &[2, 3],
        &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0].map(|x| num_complex::Complex::new(x, x)),
    );
}

#[test]
fn written_is_what_numpy_writes() {
    let array = Array::from_shape_vec([2, 3], vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
    let mut bytes = Vec::new();
    array.write_npy(&mut bytes).unwrap();
    assert!(bytes == fs::read(golden("c-little-1.npy")).unwrap());
}

#[test]
fn a_file_is_replaced_whole_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("array.npy");
    Array::from([1u8, 2]).save_npy(&path).unwrap();
    let mapped = Array::<u8>::load_npy_with(&path, &options(MmapMode::ReadOnly)).unwrap();
    Array::from([3u8; 9]).save_npy(&path).unwrap();
    assert_eq!(
        (&mapped[..], &Array::<u8>::load_npy(&path).unwrap()[..]),
        (&[1, 2][..], &[3; 9][..])
    );
    assert!(Array::from([1u128]).save_npy(&path).is_err());
    assert_eq!(Array::<u8>::load_npy(&path).unwrap().len(), 9);
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 1, "nothing is left behind");
}

#[test]
fn a_file_that_cannot_be_mapped_is_read_and_says_why() {
    let path = golden("c-big-3.npy");
    for mode in [MmapMode::ReadOnly, MmapMode::CopyOnWrite] {
        let (array, warned) = warnings_of(|| Array::<u16>::load_npy_with(&path, &options(mode)));
        assert_eq!(array.unwrap().iter().sum::<u16>(), 15);
        assert!(warned.len() == 1 && warned[0].contains("do not stand as they do"), "{warned:?}");
    }
    assert_eq!(warnings_of(|| Array::<u16>::load_npy(&path).unwrap()).1, [""; 0]);
    for mode in [MmapMode::ReadWrite, MmapMode::Create] {
        let error = Array::<u16>::load_npy_with(&path, &options(mode)).unwrap_err();
        assert!(error.is_invalid() && error.message().contains("SharedArray"), "{error}");
    }
}

/// An array that is changed in a private map: this process alone sees it, and its clones do not.
#[test]
fn what_is_changed_under_c_stays_here() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("array.npy");
    let numbers: Array<u32> = (0..10_000).collect();
    numbers.save_npy(&path).unwrap();
    let before = fs::read(&path).unwrap();
    let mut own = Array::<u32>::load_npy_with(&path, &options(MmapMode::CopyOnWrite)).unwrap();
    let at = own.as_ptr();
    own.make_mut()[5000] = 7;
    assert_eq!((own.as_ptr(), own[5000], own[5001]), (at, 7, 5001));
    let (clone, part) = (own.clone(), own.slice(4999..5002).unwrap());
    own.make_mut()[5000] = 8;
    assert_ne!(own.as_ptr(), at, "what others have is copied");
    assert_eq!((clone[5000], &part[..], own[5000]), (7, &[4999, 7, 5001][..], 8));
    drop((own, clone));
    let mut part = part;
    part.make_mut()[0] = 1;
    assert_eq!((&part[..], part.is_mapped()), (&[1, 7, 5001][..], cfg!(target_os = "linux")));
    assert!(fs::read(&path).unwrap() == before);
}
