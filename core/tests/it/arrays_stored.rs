//! Arrays of every element type, order and shape come back from dumps: by every codec, through every compressor, read and
//! mapped; and wherever they lie, their digest is the same.

use std::path::Path;

use crate::elements::{bits, filled};
use crate::properties::for_every_element;
use larder_core::compress::Compressors;
use larder_core::{
    Array, DumpOptions, Element, LoadOptions, MmapMode, Order, dump_with, hash, load_with,
};
use proptest::prelude::*;

fn comes_back<T: Element>(order: Order, shape: &[usize], seed: u64) {
    let dir = tempfile::tempdir().unwrap();
    let array = filled::<T>(order, shape, seed);
    let digest = hash(&array).unwrap();
    let compressors = Compressors::default();
    let shuffled = compressors.names().map(|name| format!("{name}+shuffle"));
    let compressors = compressors.names().map(str::to_owned).chain(shuffled).chain(["none".into()]);
    for (number, compressor) in compressors.enumerate() {
        for codec in ["postcard", "cbor", "json"] {
            let path = dir.path().join(format!("{codec}-{number}"));
            let options = DumpOptions::new().codec(codec).compress(&*compressor).unwrap();
            match dump_with(&array, &path, &options) {
                // It has no NaN, and says so.
                Err(error) if codec == "json" && T::NAMES[0].contains('f') => {
                    assert!(error.is_encode(), "{error}");
                }
                dumped => {
                    dumped.unwrap();
                    let can_be_mapped = compressor == "none" && codec != "json";
                    is_loaded(&array, &path, can_be_mapped && is_long(&array), &digest);
                }
            }
        }
    }
}

fn is_long<T: Element>(array: &Array<T>) -> bool {
    array.len() * T::STORED_LEN >= 4096
}

fn is_loaded<T: Element>(array: &Array<T>, path: &Path, can_be_mapped: bool, digest: &[u8; 32]) {
    for mode in [MmapMode::Auto, MmapMode::ReadOnly, MmapMode::CopyOnWrite] {
        let back: Array<T> = load_with(path, &LoadOptions::new().mmap_mode(mode)).unwrap();
        let what = format!("{} under {mode}", path.display());
        assert_eq!(bits(&back), bits(array), "{what}");
        assert_eq!(hash(&back).unwrap(), *digest, "{what}");
        let maps = cfg!(target_os = "linux") && can_be_mapped && mode != MmapMode::Auto;
        assert_eq!(back.is_mapped(), maps, "{what}");
    }
}

for_every_element!(comes_back, 2);
