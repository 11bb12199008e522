//! Dumps of the first format are read as long as larder is, and written as they were: taken apart here by the layout
//! that docs/format.md draws, with none of larder's constants.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::path::PathBuf;

use larder_core::codec::Storable;
use larder_core::{DumpOptions, dump_to, load};
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

/// The payload of a dump without buffers.
fn take_apart(dump: &[u8], codec: &str, type_name: &str) -> Vec<u8> {
    assert_eq!(&dump[..8], b"\x89LARDMP\n");
    assert_eq!(number(dump, 8, 2), 1, "format version");
    assert_eq!(number(dump, 10, 2), 0, "flags");
    let [metadata_len, payload_len] =
        [number(dump, 12, 4), number(dump, 16, 8)].map(|n| n as usize);
    assert_eq!(number(dump, 24, 8), payload_len as u64, "raw length");
    assert_eq!(&dump[32..56], &[0; 24], "no buffers, no times");
    assert_eq!(
        dump[56..72].trim_ascii_end().split(|byte| *byte == 0).next(),
        Some(codec.as_bytes())
    );
    assert_eq!(&dump[72..88], &[0; 16], "no compressor");
    let metadata = &dump[128..128 + metadata_len];
    assert_eq!(metadata, format!("{{\"type\":\"{type_name}\"}}\n").as_bytes());
    assert_eq!(number(dump, 104, 8), xxh3_64(metadata), "checksum of the metadata");
    assert_eq!(number(dump, 112, 8), dump.len() as u64, "total length");
    let payload = &dump[128 + metadata_len..];
    assert_eq!(payload.len(), payload_len);
    assert_eq!(number(dump, 120, 8), xxh3_64_with_seed(payload, xxh3_64(&dump[..120])), "checksum");
    payload.to_vec()
}

fn check<T: Storable + PartialEq + Debug>(file: &str, value: &T, codec: &str, payload: &[u8]) {
    let kept = fs::read(golden(file)).unwrap();
    assert_eq!(take_apart(&kept, codec, std::any::type_name::<T>()), payload);
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

#[cfg(feature = "compressors")]
#[test]
fn compressed_dumps_of_the_first_format() {
    for extension in ["z", "gz", "bz2", "xz", "lzma", "lz4", "zst"] {
        let path = golden(&format!("model.larder.{extension}"));
        assert_eq!(load::<Model>(&path).unwrap(), model(), "{extension}");
    }
}
