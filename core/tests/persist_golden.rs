//! Dumps of the first format are read as long as larder is, and written as they were: taken apart here by the layout
//! that docs/format.md draws, with none of larder's constants. A program of its own: what is dumped names its type with it.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::path::PathBuf;

use larder_core::codec::Storable;
use larder_core::{Array, DumpOptions, dump_to, load};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Model {
    name: String,
    weights: Vec<f64>,
    classes: BTreeMap<u8, Option<char>>,
}

fn model() -> Model {
    let classes = BTreeMap::from([(1, Some('ä')), (2, None)]);
    Model { name: "linear".to_owned(), weights: vec![0.25, -1.5], classes }
}

fn golden(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "golden", name].iter().collect()
}

fn number(bytes: &[u8], at: usize, width: usize) -> u64 {
    bytes[at..at + width].iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// What docs/format.md says of a block of the byte shuffle: the first bytes of all elements, then all second ones, …
fn unshuffle(bytes: &[u8], size: usize) -> Vec<u8> {
    let in_order = |block: &[u8]| {
        let elements = block.len() / size;
        (0..block.len()).map(|at| block[at % size * elements + at / size]).collect::<Vec<_>>()
    };
    bytes.chunks(256 << 10).flat_map(in_order).collect()
}

/// The payload and the buffers of a dump.
fn take_apart(dump: &[u8], codec: &str, type_name: &str) -> (Vec<u8>, Vec<Vec<u8>>) {
    assert_eq!(&dump[..8], b"\x89LARDMP\n");
    assert_eq!(number(dump, 8, 2), 1, "format version");
    assert_eq!(number(dump, 10, 2), 0, "flags");
    let [metadata_len, payload_len, rows] =
        [number(dump, 12, 4), number(dump, 16, 8), number(dump, 32, 4)].map(|n| n as usize);
    assert_eq!(number(dump, 24, 8), payload_len as u64, "raw length");
    assert_eq!(&dump[36..56], &[0; 20], "no times");
    assert_eq!(
        dump[56..72].trim_ascii_end().split(|byte| *byte == 0).next(),
        Some(codec.as_bytes())
    );
    assert_eq!(&dump[72..88], &[0; 16], "no compressor");
    let metadata = &dump[128..128 + metadata_len];
    assert_eq!(metadata, format!("{{\"type\":\"{type_name}\"}}\n").as_bytes());
    assert_eq!(number(dump, 104, 8), xxh3_64(metadata), "checksum of the metadata");
    assert_eq!(number(dump, 112, 8), dump.len() as u64, "total length");
    let table = 128 + metadata_len..128 + metadata_len + 32 * rows;
    let payload = table.end..table.end + payload_len;
    let covered = &dump[table.start..payload.end];
    assert_eq!(number(dump, 120, 8), xxh3_64_with_seed(covered, xxh3_64(&dump[..120])), "checksum");
    let mut end = payload.end;
    let mut buffers = Vec::new();
    for row in dump[table].chunks(32) {
        let [offset, len] = [number(row, 0, 8), number(row, 8, 8)].map(|n| n as usize);
        assert_eq!(offset, end.next_multiple_of(64));
        assert!(dump[end..offset].iter().all(|byte| *byte == 0));
        end = offset + len;
        let buffer = match number(row, 24, 1) as usize {
            0 => dump[offset..end].to_vec(),
            size => unshuffle(&dump[offset..end], size),
        };
        assert_eq!(number(row, 16, 8), xxh3_64(&buffer), "checksum of a buffer");
        assert_eq!(&row[25..], [0; 7]);
        buffers.push(buffer);
    }
    assert_eq!(end, dump.len());
    (dump[payload].to_vec(), buffers)
}

fn check<T: Storable + PartialEq + Debug>(file: &str, value: &T, codec: &str, payload: &[u8]) {
    let kept = fs::read(golden(file)).unwrap();
    let parts = take_apart(&kept, codec, std::any::type_name::<T>());
    assert_eq!(parts, (payload.to_vec(), vec![]));
    assert_eq!(&load::<T>(golden(file)).unwrap(), value);
    let mut written = Vec::new();
    dump_to(value, &mut written, &DumpOptions::new().codec(codec)).unwrap();
    assert_eq!(written, kept, "{file}");
}

const POSTCARD: &[u8] =
    b"\x06linear\x02\0\0\0\0\0\0\xd0\x3f\0\0\0\0\0\0\xf8\xbf\x02\x01\x01\x02\xc3\xa4\x02\0";
const JSON: &[u8] =
    r#"{"name":"linear","weights":[0.25,-1.5],"classes":{"1":"ä","2":null}}"#.as_bytes();

#[test]
fn dumps_of_the_first_format() {
    check("model.larder", &model(), "postcard", POSTCARD);
    check("model-json.larder", &model(), "json", JSON);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Numbers {
    floats: Array<f64>,
    words: Array<u16>,
    bytes: Array<u8>,
}

fn numbers() -> Numbers {
    Numbers {
        floats: (0..600).map(|i| f64::from(i) / 8.0).collect(),
        words: (0..2100).collect(),
        bytes: (0..5000u32).map(|i| (i / 19) as u8).collect(),
    }
}

/// Element type, order (the variant's number), shape, and number of the buffer of each array.
const THREE_ARRAYS: &[u8] =
    b"\0\0\x01\xd8\x04\x01\0\0\0\x01\xb4\x10\x01\x01\0\0\x01\x88\x27\x01\x02";

fn has_the_numbers(dump: &[u8]) {
    let (payload, buffers) = take_apart(dump, "postcard", std::any::type_name::<Numbers>());
    assert_eq!(payload, THREE_ARRAYS);
    let Numbers { floats, words, bytes } = numbers();
    assert_eq!(buffers[0], floats.iter().flat_map(|float| float.to_le_bytes()).collect::<Vec<_>>());
    assert_eq!(buffers[1], words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>());
    assert_eq!(buffers[2..], [bytes.to_vec()]);
}

#[test]
fn arrays_of_the_first_format() {
    let kept = fs::read(golden("numbers.larder")).unwrap();
    has_the_numbers(&kept);
    assert_eq!(load::<Numbers>(golden("numbers.larder")).unwrap(), numbers());
    let mut written = Vec::new();
    dump_to(&numbers(), &mut written, &DumpOptions::new()).unwrap();
    assert!(written == kept);
}

/// The shuffle is inside of the dump, the compressor outside.
#[cfg(feature = "gzip")]
#[test]
fn what_gunzip_leaves_of_shuffled_arrays_of_the_first_format() {
    let kept = fs::read(golden("numbers-shuffled.larder")).unwrap();
    has_the_numbers(&kept);
    assert_eq!(load::<Numbers>(golden("numbers-shuffled.larder")).unwrap(), numbers());
    let (mut compressed, mut unpacked) = (Vec::new(), Vec::new());
    let options = DumpOptions::new().compress("gzip+shuffle").unwrap();
    dump_to(&numbers(), &mut compressed, &options).unwrap();
    let gzip = larder_core::compress::Gzip;
    larder_core::compress::Compressor::decompress(&gzip, &mut &compressed[..], &mut unpacked)
        .unwrap();
    assert!(unpacked == kept);
}

#[cfg(feature = "compressors")]
#[test]
fn compressed_dumps_of_the_first_format() {
    for extension in ["z", "gz", "bz2", "xz", "lzma", "lz4", "zst"] {
        let path = golden(&format!("model.larder.{extension}"));
        assert_eq!(load::<Model>(&path).unwrap(), model(), "{extension}");
    }
}
