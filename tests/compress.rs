//! Results of memoized calls, compressed as the settings say.

use std::cell::Cell;

use larder::{Config, Memory, memoize};

thread_local! {
    static RUNS: Cell<u32> = const { Cell::new(0) };
}

#[memoize]
fn squares(count: u32) -> Vec<String> {
    RUNS.set(RUNS.get() + 1);
    (0..count).map(|i| format!("the square of {i} is {}", i * i)).collect()
}

/// The name at the offset where docs/format.md has the compressor, and how long the entry is.
fn entry(memory: &Memory) -> (String, usize) {
    let key = memory.cache::<squares>().with(1000).key().unwrap();
    let entry = std::fs::read(memory.local_path(&key).unwrap()).unwrap();
    let name = entry[72..88].iter().take_while(|byte| **byte != 0).map(|byte| char::from(*byte));
    (name.collect(), entry.len())
}

#[test]
fn every_setting_is_kept_to_and_read_back() {
    let plain = {
        let dir = tempfile::tempdir().unwrap();
        let memory = Memory::open(dir.path()).unwrap();
        memory.cache::<squares>().call(1000).unwrap();
        entry(&memory).1
    };
    for (setting, name) in [
        ("true", "zlib"),
        ("9", "zlib"),
        ("\"zlib:3\"", "zlib"),
        ("\"gzip\"", "gzip"),
        ("\"bz2:1\"", "bz2"),
        ("[\"xz\", 1]", "xz"),
        ("\"lzma:0\"", "lzma"),
        ("\"lz4\"", "lz4"),
        ("\"zstd\"", "zstd"),
        ("false", ""),
        ("0", ""),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let open = || {
            let mut config =
                Config::from_json(&format!("{{\"memory\": {{\"compress\": {setting}}}}}")).unwrap();
            config.memory.store = dir.path().try_into().unwrap();
            Memory::open(config).unwrap()
        };
        RUNS.set(0);
        let first = open().cache::<squares>().call(1000).unwrap();
        let again = open().cache::<squares>().call(1000).unwrap();
        assert!(first == again && again.len() == 1000, "{setting}");
        assert_eq!(RUNS.get(), 1, "{setting}");
        let (compressor, len) = entry(&open());
        assert_eq!(compressor, name, "{setting}");
        assert!((len * 4 < plain * 3) != name.is_empty(), "{setting}: {len} of {plain}");
    }
}

#[test]
fn an_entry_of_another_setting_is_read_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let with = |setting: &str| {
        let compression = setting.parse().unwrap();
        Memory::builder(dir.path()).unwrap().compress(compression).open().unwrap()
    };
    RUNS.set(0);
    with("xz").cache::<squares>().call(1000).unwrap();
    with("lz4").cache::<squares>().call(1000).unwrap();
    with("none").cache::<squares>().call(1000).unwrap();
    assert_eq!((RUNS.get(), entry(&with("none")).0.as_str()), (1, "xz"));
}

#[test]
fn a_setting_that_cannot_be_is_refused_when_the_memory_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    for (setting, says) in [("zlib:11", "no level 11"), ("zlip", "did you mean `zlib`")] {
        let builder = Memory::builder(dir.path()).unwrap().compress(setting.parse().unwrap());
        let error = builder.open().unwrap_err();
        assert!(error.is_invalid() && error.message().contains(says), "{error}");
    }
}
