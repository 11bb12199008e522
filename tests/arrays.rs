//! Arrays in the results of memoized functions, kept in local files.

use std::collections::BTreeMap;
use std::fs;

use larder::compress::Compressor;
use larder::{Array, Memory, MissReason, Order, Verify, memoize};
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
    parts: BTreeMap<String, Part>,
    small: Array<u8>,
}

#[memoize]
fn model(side: usize) -> Model {
    let numbers = (0..side * side).map(|i| i as f64 / 3.0).collect();
    let mask = (0..side * side).map(|i| i % 3 == 0).collect();
    Model {
        name: "model".to_owned(),
        matrix: Array::from_shape_vec_in(Order::F, [side, side], numbers).unwrap(),
        parts: BTreeMap::from([
            ("a".to_owned(), Part::Nothing),
            ("b".to_owned(), Part::Weights(vec![0.5; side * side].into())),
            ("c".to_owned(), Part::Named { name: "mask".to_owned(), mask }),
        ]),
        small: vec![1, 2, 3].into(),
    }
}

fn mapped(model: &Model) -> Vec<bool> {
    let parts = model.parts.values().filter_map(|part| match part {
        Part::Nothing => None,
        Part::Weights(array) => Some(array.is_mapped()),
        Part::Named { mask, .. } => Some(mask.is_mapped()),
    });
    [model.matrix.is_mapped()].into_iter().chain(parts).collect()
}

#[cfg(unix)]
#[test]
fn arrays_inside_of_a_large_result_come_back_mapped() {
    let dir = tempfile::tempdir().unwrap();
    let memory = Memory::open(dir.path()).unwrap();
    let model_of = memory.cache::<model>();
    let computed = model_of.call(400).unwrap();
    let found = model_of.with(400).get().unwrap().expect("a hit");
    assert_eq!(found, computed);
    assert_eq!((mapped(&computed), mapped(&found)), (vec![false; 3], vec![true; 3]));
    assert!(!found.small.is_mapped(), "it is in the value itself");
    let (clone, part) = (found.matrix.clone(), found.matrix.slice_axis(1, 3..5).unwrap());
    assert!(clone.is_mapped() && part.is_mapped());
    assert_eq!(clone.as_ptr(), found.matrix.as_ptr());

    // It outlives its entry, and what is changed is a copy.
    model_of.clear().unwrap();
    drop(memory);
    let mut changed = clone;
    changed.make_mut()[0] = 7.0;
    assert!(!changed.is_mapped());
    assert_eq!(found, computed);
}

#[test]
fn a_small_result_is_read_and_right() {
    let dir = tempfile::tempdir().unwrap();
    let memory = Memory::open(dir.path()).unwrap();
    let model_of = memory.cache::<model>();
    let computed = model_of.call(40).unwrap();
    let found = model_of.with(40).get().unwrap().expect("a hit");
    assert_eq!(found, computed);
    assert_eq!(mapped(&found), [false; 3]);
}

/// A compressor that turns the bytes around, piece by piece.
#[derive(Debug)]
struct Inverting;

impl Inverting {
    fn copy(input: &mut dyn std::io::Read, output: &mut dyn std::io::Write) -> std::io::Result<()> {
        let mut buffer = [0; 8192];
        loop {
            match input.read(&mut buffer)? {
                0 => return Ok(()),
                read => {
                    buffer[..read].iter_mut().for_each(|byte| *byte = !*byte);
                    output.write_all(&buffer[..read])?;
                }
            }
        }
    }
}

impl Compressor for Inverting {
    fn name(&self) -> &str {
        "inverting"
    }
    fn magic(&self) -> &[u8] {
        b""
    }
    fn extensions(&self) -> &[&str] {
        &[]
    }
    fn levels(&self) -> Option<std::ops::RangeInclusive<i32>> {
        None
    }
    fn compress(
        &self,
        _level: Option<i32>,
        input: &mut dyn std::io::Read,
        output: &mut dyn std::io::Write,
    ) -> std::io::Result<()> {
        Self::copy(input, output)
    }
    fn decompress(
        &self,
        input: &mut dyn std::io::Read,
        output: &mut dyn std::io::Write,
    ) -> std::io::Result<()> {
        Self::copy(input, output)
    }
}

#[test]
fn with_a_compressor_the_arrays_are_compressed_too() {
    let dir = tempfile::tempdir().unwrap();
    let registry = larder::registry();
    registry.register_compressor(Inverting).unwrap();
    let memory =
        Memory::builder(dir.path()).unwrap().compress("inverting".parse().unwrap()).open().unwrap();
    let model_of = memory.cache::<model>();
    let computed = model_of.call(400).unwrap();
    let found = model_of.with(400).get().unwrap().expect("a hit");
    assert_eq!(found, computed);
    assert_eq!(mapped(&found), [false; 3]);

    let key = model_of.with(400).key().unwrap().as_str().parse().unwrap();
    let entry = fs::read(memory.local_path(&key).unwrap()).unwrap();
    let bytes: Vec<u8> = computed.matrix[500..600].iter().flat_map(|x| x.to_le_bytes()).collect();
    let inverted: Vec<u8> = bytes.iter().map(|byte| !byte).collect();
    let holds = |bytes: &[u8]| entry.windows(bytes.len()).any(|window| window == bytes);
    assert!(holds(&inverted) && !holds(&bytes));
}

/// Writes one bit differently into the file of an entry, near its end, where the last array is.
fn damage(memory: &Memory, side: usize) {
    let key = memory.cache::<model>().with(side).key().unwrap().as_str().parse().unwrap();
    let file = memory.local_path(&key).unwrap();
    let mut entry = fs::read(&file).unwrap();
    let at = entry.len() - 10;
    entry[at] ^= 1;
    fs::write(&file, entry).unwrap();
}

#[cfg(unix)]
#[test]
fn a_damaged_array_is_found_when_it_is_read_and_by_full_verification() {
    let dir = tempfile::tempdir().unwrap();
    let open = |verify| Memory::builder(dir.path()).unwrap().verify(verify).open().unwrap();
    let reading = open(Verify::Read);
    let bound = |memory: &Memory, side| {
        memory.cache::<model>().with(side).get().unwrap().map(|model| model.matrix.len())
    };
    for side in [40, 400] {
        reading.cache::<model>().call(side).unwrap();
        damage(&reading, side);
    }
    assert_eq!(bound(&reading, 40), None, "what is read is checked");
    assert_eq!(bound(&reading, 400), Some(160_000), "what is mapped is not read");
    let full = open(Verify::Full);
    assert_eq!(bound(&full, 400), None);
    let stats = full.cache::<model>().stats();
    assert_eq!(stats.hits, 0, "{stats:?} {:?}", MissReason::Corrupt);
}
