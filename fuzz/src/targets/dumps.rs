//! Files that `load` is given.

use std::io::Write;
use std::sync::LazyLock;

use larder::persist::DumpOptions;
use larder::persist::load_with;
use larder::{Array, ErrorKind, LoadOptions, MmapMode, Verify, dump_to, load_from};
use tempfile::NamedTempFile;

use super::behind;
use crate::same::comes_back;
use crate::seal::Right;

type Value = (String, Array<u8>, Vec<u16>);

/// What it is about, but for its parts in the wrong places.
static GENUINE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut dump = Vec::new();
    let value: Value = ("a dump".to_owned(), Array::from(vec![7; 5000]), vec![1, 2, 3]);
    dump_to(&value, &mut dump, &DumpOptions::new()).expect("memory takes everything");
    dump
});

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let small: Value = ("small".to_owned(), Array::from(vec![1, 2]), vec![]);
    let dumped = |options: DumpOptions| {
        let mut dump = Vec::new();
        dump_to(&small, &mut dump, &options).expect("memory takes everything");
        dump
    };
    let zlib = DumpOptions::new().compress("zlib").expect("it is a setting");
    let dumps =
        [dumped(DumpOptions::new()), dumped(DumpOptions::new().codec("json")), dumped(zlib)];
    [behind(0, &dumps), behind(31 | MAPPED, &dumps), behind(31, [&**GENUINE])].concat()
}

const MOST: u64 = 1 << 20;
const MAPPED: u8 = 0x80;

/// The first byte says what is made right in the rest, and whether it is mapped.
pub(crate) fn check(bytes: &[u8]) {
    let [form, rest @ ..] = bytes else { return };
    let mut dump = rest.to_vec();
    Right(*form).seal(&mut dump, &GENUINE);
    let options = LoadOptions::new().max_bytes(MOST);
    let read = load_from::<Value>(&dump[..], &options);
    match &read {
        Ok(value) => comes_back(value),
        Err(error) => {
            assert!(![ErrorKind::Bug, ErrorKind::Io].contains(&error.kind()), "{error:?}")
        }
    }
    if form & MAPPED != 0 {
        let mut file = NamedTempFile::new().expect("a temporary file");
        file.write_all(&dump).expect("a temporary file takes some bytes");
        let options = options.mmap_mode(MmapMode::ReadOnly).verify(Verify::Full);
        let mapped = load_with::<Value>(file.path(), &options);
        assert_eq!(mapped.ok(), read.ok(), "mapped it is another value");
    }
}
