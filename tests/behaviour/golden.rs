//! Stores as an earlier larder wrote them: every result in them is still found, and is right.
//!
//! They lie in `tests/golden`, a directory for each version of the format, and are made once, by `cargo xtask golden`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use larder::{
    Array, Condition, Lookup, MemoizedResult, Memory, MemoryBuilder, MissReason, StoreConfig,
    memoize,
};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::common::{events_of, note_run, runs};
use crate::forged::mended;

/// What `cargo xtask golden` sets, for a store to be made in.
const MAKE: &str = "LARDER_TEST_MAKE_GOLDEN";
const SECRET: &str = "the secret of the golden stores";
/// What `SECRET` signed, and what has no signature.
const SIGNED: u32 = 7;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Fit {
    name: String,
    weights: Vec<f64>,
    classes: BTreeMap<u8, Option<char>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[memoize(name = "golden::fit", version = 1)]
fn fit(depth: u32, name: &str) -> Fit {
    note_run();
    Fit {
        name: name.to_owned(),
        weights: (0..depth).map(|i| f64::from(i) / 4.0).collect(),
        classes: BTreeMap::from([(1, Some('ä')), (2, None)]),
        note: (depth > 2).then(|| "deep".to_owned()),
    }
}

#[memoize(name = "golden::ramp", version = 1)]
fn ramp(len: usize) -> (String, Array<f64>) {
    note_run();
    let numbers: Vec<_> = (0..len).map(|i| i as f64 / 8.0).collect();
    (format!("{len} numbers"), numbers.into())
}

#[memoize(name = "golden::packed", version = 1, compress = "zstd+shuffle")]
fn packed(len: usize) -> Array<i32> {
    note_run();
    (0..len as i32).collect::<Vec<_>>().into()
}

#[memoize(name = "golden::described", version = 1, codec = "json")]
fn described(n: u64) -> Result<(u64, Vec<Option<bool>>), String> {
    note_run();
    Ok((n, vec![Some(true), None]))
}

/// Makes every call there is, and says with which reference each can be found.
fn use_all(memory: &Memory) -> Vec<String> {
    let described = memory.cache::<described>();
    assert_eq!(described.call(u64::MAX).unwrap(), Ok((u64::MAX, vec![Some(true), None])));
    let fits = memory.cache::<fit>();
    for depth in [0, 3] {
        let found = fits.call(depth, "linear").unwrap();
        assert_eq!((found.name.as_str(), found.weights.len()), ("linear", depth as usize));
        assert_eq!(found.classes, BTreeMap::from([(1, Some('ä')), (2, None)]));
        assert_eq!(found.note.as_deref(), (depth > 2).then_some("deep"));
    }
    let (text, numbers) = memory.cache::<ramp>().call(700).unwrap();
    assert_eq!((text.as_str(), numbers.len(), numbers[699]), ("700 numbers", 700, 87.375));
    let packed = memory.cache::<packed>();
    assert_eq!(packed.call(1500).unwrap().iter().map(|n| i64::from(*n)).sum::<i64>(), 1_124_250);
    let shout = memory.cache_fn("golden shout", 1, "!", |mark: &&str, text: &String| {
        note_run();
        text.to_uppercase() + mark
    });
    assert_eq!(shout.unwrap().call(&"hear".to_owned()).unwrap(), "HEAR!");
    let value = memory.get_or_compute(&("golden", 1.5, [true]), || {
        note_run();
        vec![Some(1u8), None]
    });
    assert_eq!(value.unwrap(), [Some(1), None]);
    vec![
        fits.with(3, "linear").shelve().unwrap().to_string(),
        packed.with(1500).shelve().unwrap().to_string(),
    ]
}

/// The stores of a version of the format, by name, as they are opened in `dir`.
fn stores(dir: &Path) -> Vec<(&'static str, StoreConfig)> {
    let at = |name: &str| dir.join(name).display().to_string();
    vec![
        ("directory", StoreConfig::new("local").at(at("directory"))),
        #[cfg(feature = "sqlite")]
        ("database", StoreConfig::new("sqlite").at(at("store.db")).option("chunk_size", 4096)),
        #[cfg(feature = "object-store")]
        (
            "bucket",
            StoreConfig::new("object-store")
                .at(format!("file://{}", at("bucket")))
                .option("multipart_from", 4096),
        ),
    ]
}

fn open(store: StoreConfig) -> MemoryBuilder {
    Memory::builder(store).unwrap().lease(false)
}

fn golden() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "golden", "1"].iter().collect()
}

/// A copy of what lies in the repository, which no test may change.
fn copy() -> TempDir {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let to = to.join(entry.file_name());
            match entry.file_type().unwrap().is_dir() {
                true => copy(&entry.path(), &to),
                false => drop(fs::copy(entry.path(), to).unwrap()),
            }
        }
    }
    let dir = tempfile::tempdir().unwrap();
    copy(&golden(), dir.path());
    dir
}

/// Makes the stores, where `cargo xtask golden` asks for them: what a test that reads them would then find.
fn make(dir: &Path) {
    let mut references = Vec::new();
    for (name, store) in stores(dir) {
        let memory = open(store.clone()).open().unwrap();
        let made = use_all(&memory);
        references.extend(
            made.iter()
                .map(|at| format!("{name} {}\n", at.replace(&*dir.to_string_lossy(), "DIR"))),
        );
        let signing = open(store).secret(SECRET.into()).open().unwrap();
        signing.cache::<fit>().call(SIGNED, "signed").unwrap();
        memory.close(std::time::Duration::from_secs(60)).unwrap();
    }
    fs::write(dir.join("references"), references.concat()).unwrap();
    // What is only for whoever writes.
    for name in
        ["directory/.gitignore", "directory/.lock", "store.db-lock", "store.db-wal", "store.db-shm"]
    {
        let _absent = fs::remove_file(dir.join(name));
    }
    let _absent = fs::remove_dir(dir.join("directory/.tmp"));
}

#[test]
fn every_result_of_a_golden_store_is_a_hit() {
    if let Some(dir) = std::env::var_os(MAKE) {
        return make(Path::new(&dir));
    }
    let dir = copy();
    for (name, store) in stores(dir.path()) {
        let memory = open(store.clone()).open().unwrap();
        let mut conditions = Vec::new();
        let contents = memory.contents().unwrap();
        memory.verify(&contents, &mut |_, found| conditions.push(found)).unwrap();
        assert!(
            conditions.iter().all(|found| *found == Condition::Sound),
            "{name}: {conditions:?}"
        );
        assert_eq!(memory.entries().unwrap().len(), 8, "{name}");
        assert_eq!(contents.len(), 12, "{name}: four functions have a record of their version");
        runs();
        let (_, events) = events_of(|| use_all(&memory));
        assert_eq!((runs(), memory.stats().hits), (0, 7), "{name}: {events:?}");

        let listed = memory.functions().unwrap();
        let names: Vec<_> = listed.iter().map(|one| one.prefix.to_string()).collect();
        assert!(names.iter().any(|name| name.contains("golden.fit")), "{names:?}");
        let function = memory.cache::<fit>();
        let Lookup::Hit(found) = function.with(3, "linear").lookup().unwrap() else {
            panic!("{name}: {:?}", function.with(3, "linear").lookup());
        };
        assert_eq!(found.metadata.function, "larder::golden::fit");
        assert_eq!(found.metadata.arguments[1].value, "\"linear\"");
        let record = memory.version_record(function.version()).unwrap().unwrap();
        assert!(record.source.starts_with("fn fit(depth: u32"), "{record:?}");

        let signing = open(store).secret(SECRET.into()).open().unwrap();
        let function = signing.cache::<fit>();
        function.call(SIGNED, "signed").unwrap();
        assert_eq!(runs(), 0, "{name}: signed");
        let unsigned = function.with(3, "linear").lookup().unwrap();
        assert_eq!(unsigned, Lookup::Miss(MissReason::Unsigned), "{name}");
    }
}

#[test]
fn references_printed_then_are_read_now() {
    let dir = copy();
    let text = fs::read_to_string(golden().join("references")).unwrap();
    let stores = stores(dir.path());
    let mut read = 0;
    for line in text.lines() {
        let (name, reference) = line.split_once(' ').unwrap();
        if !stores.iter().any(|(known, _)| *known == name) {
            continue;
        }
        let reference = reference.replace("DIR", dir.path().to_str().unwrap());
        match reference.contains("golden.fit") {
            true => {
                let fit: MemoizedResult<Fit> = reference.parse().unwrap();
                assert_eq!(fit.get().unwrap().weights, [0.0, 0.25, 0.5], "{name}");
            }
            false => {
                let packed: MemoizedResult<Array<i32>> = reference.parse().unwrap();
                assert_eq!(packed.get().unwrap()[1499], 1499, "{name}");
            }
        }
        read += 1;
    }
    assert_eq!(read, 2 * stores.len());
}

/// What a larder that is newer than this one may leave in a store: passed over, and left where it is.
#[test]
fn what_a_newer_larder_leaves_is_a_miss_with_a_reason() {
    let dir = copy();
    let (_, store) = stores(dir.path()).remove(0);
    let memory = open(store).open().unwrap();
    let function = memory.cache::<fit>();
    let key = function.with(3, "linear").key().unwrap();
    let path = memory.local_path(&key).unwrap();
    let good = fs::read(&path).unwrap();
    for (at, what) in [(8, "a format version"), (10, "a flag")] {
        let mut newer = good.clone();
        newer[at] += 2;
        let newer = mended(newer, &key, |_| ());
        fs::write(&path, &newer).unwrap();
        let lookup = function.with(3, "linear").lookup().unwrap();
        assert_eq!(lookup, Lookup::Miss(MissReason::Foreign), "{what}");
        let error = memory.inspect(&key).unwrap_err();
        assert!(error.is_decode() && error.message().contains("this version of larder"), "{error}");
        let mut found = None;
        let contents = memory.contents().unwrap();
        let entry = contents.iter().find(|entry| entry.key == key).unwrap();
        memory.verify(std::slice::from_ref(entry), &mut |_, one| found = Some(one)).unwrap();
        assert!(matches!(found, Some(Condition::Foreign(_))), "{what}: {found:?}");
        assert_eq!(fs::read(&path).unwrap(), newer, "looking changes nothing");
        let misses = function.stats().misses(MissReason::Foreign);
        let (_, events) = events_of(|| function.call(3, "linear").unwrap());
        assert_eq!((runs(), function.stats().misses(MissReason::Foreign)), (1, misses + 1));
        assert!(events.iter().any(|event| event.target == "larder::rejected"), "{what}");
    }
    // Longer digests make other keys, which are none here.
    let shard = path.parent().unwrap();
    let longer = shard.join(key.digest().repeat(2));
    fs::write(&longer, &good).unwrap();
    let before = memory.entries().unwrap().len();
    memory.clear().unwrap();
    assert_eq!((before, memory.entries().unwrap().len()), (8, 0));
    assert!(longer.exists());
}

#[cfg(feature = "sqlite")]
#[test]
fn a_database_with_a_newer_schema_is_refused_and_left_alone() {
    let dir = copy();
    let path = dir.path().join("store.db");
    let mut bytes = fs::read(&path).unwrap();
    // SQLite's user version, big-endian: where larder notes the version of its tables.
    let version = u32::from_be_bytes(bytes[60..64].try_into().unwrap());
    assert!((1..100).contains(&version), "{version}");
    bytes[60..64].copy_from_slice(&(version + 1).to_be_bytes());
    fs::write(&path, &bytes).unwrap();
    for opened in [
        larder::registry().open_existing(&StoreConfig::new("sqlite").at(path.to_str().unwrap())),
        larder::registry().open_store(&StoreConfig::new("sqlite").at(path.to_str().unwrap())),
    ] {
        let error = opened.map(|store| store.capabilities()).unwrap_err();
        assert!(error.message().contains("newer"), "{error}");
    }
    assert!(fs::read(&path).unwrap() == bytes);
}
