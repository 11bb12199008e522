//! `mmap_mode` of a memory: arrays are mapped from the first call on.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use larder::store::{
    BoxStream, EntryInfo, Fault, FaultStore, MemoryStore, Operation, PutMode, PutOutcome,
    StoreBackend, StoreCapabilities, When,
};
use larder::{
    Array, Config, ErrorKind, Key, Memory, MissReason, MmapMode, Payload, Prefix, memoize,
};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Part {
    Nothing,
    Named { name: String, mask: Array<bool> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Model {
    name: String,
    matrix: Array<f64>,
    parts: BTreeMap<String, Part>,
    small: Array<u8>,
}

impl Model {
    /// Of its two arrays that are large enough.
    fn mapped(&self) -> [bool; 2] {
        let mask = self.parts.values().find_map(|part| match part {
            Part::Nothing => None,
            Part::Named { mask, .. } => Some(mask.is_mapped()),
        });
        [self.matrix.is_mapped(), mask.unwrap()]
    }
}

fn compute(len: usize) -> Model {
    Model {
        name: "model".to_owned(),
        matrix: (0..len).map(|i| i as f64).collect(),
        parts: BTreeMap::from([
            ("a".to_owned(), Part::Nothing),
            (
                "b".to_owned(),
                Part::Named {
                    name: "mask".to_owned(),
                    mask: (0..5000).map(|i| i % 2 == 0).collect(),
                },
            ),
        ]),
        small: vec![1, 2, 3].into(),
    }
}

#[memoize]
fn model(len: usize) -> Model {
    compute(len)
}

#[memoize]
async fn later(len: usize) -> Result<Model, String> {
    Ok(compute(len))
}

#[memoize(mmap_mode = "c")]
fn changeable(len: usize) -> Model {
    compute(len)
}

#[memoize(mmap_mode = "auto", compress = "none")]
fn as_usual(len: usize) -> Model {
    compute(len)
}

/// Entries of some 50 KB, which a store of files reads of its own accord, and of 4 MB, which it maps.
const LENS: [usize; 2] = [5000, 500_000];

fn memory(mode: MmapMode) -> (TempDir, Memory) {
    let dir = tempfile::tempdir().unwrap();
    let memory = Memory::builder(dir.path()).unwrap().mmap_mode(mode).open().unwrap();
    (dir, memory)
}

#[test]
fn the_first_call_and_every_other_return_mapped_arrays() {
    for mode in [MmapMode::ReadOnly, MmapMode::CopyOnWrite] {
        let (_dir, memory) = memory(mode);
        for len in LENS {
            let model_of = memory.cache::<model>();
            for call in 0..3 {
                let model = model_of.call(len).unwrap();
                assert_eq!((model.mapped(), &*model.name), ([true; 2], "model"), "{mode}, {call}");
                assert_eq!(
                    (model.matrix[len - 1], &model.small[..]),
                    ((len - 1) as f64, &[1, 2, 3][..])
                );
            }
            assert_eq!(model_of.with(len).refresh().unwrap().mapped(), [true; 2]);
            assert_eq!(model_of.with(len).get().unwrap().unwrap().mapped(), [true; 2]);
            assert_eq!(model_of.with(len).shelve().unwrap().get().unwrap().mapped(), [true; 2]);
        }
        let stats = memory.cache::<model>().stats();
        assert_eq!((stats.hits, stats.calls()), (8, 12), "what is taken back is no hit");
    }
}

#[test]
fn a_recompute_after_damage_returns_mapped_arrays() {
    for len in LENS {
        let (_dir, memory) = memory(MmapMode::ReadOnly);
        let model_of = memory.cache::<model>();
        model_of.call(len).unwrap();
        let key = model_of.with(len).key().unwrap().as_str().parse().unwrap();
        let path = memory.local_path(&key).unwrap();
        let mut entry = fs::read(&path).unwrap();
        entry[121] ^= 1;
        fs::write(&path, entry).unwrap();
        assert_eq!(model_of.call(len).unwrap().mapped(), [true; 2]);
        assert_eq!(model_of.stats().misses(MissReason::Corrupt), 1);
    }
}

#[test]
fn async_functions_closures_and_values_too() {
    let (_dir, memory) = memory(MmapMode::ReadOnly);
    let called = futures::executor::block_on(memory.cache::<later>().call(LENS[0])).unwrap();
    assert_eq!(called.unwrap().mapped(), [true; 2]);
    let value = memory.get_or_compute("a key", || compute(LENS[0])).unwrap();
    assert_eq!(value.mapped(), [true; 2]);
    let scale =
        memory.cache_fn("scaled", 1, 2usize, |scale, len: &usize| compute(len * scale)).unwrap();
    assert_eq!(scale.call(&LENS[0]).unwrap().mapped(), [true; 2]);
}

#[test]
fn what_is_changed_under_c_is_this_callers_alone() {
    let (_dir, memory) = memory(MmapMode::Auto);
    for len in LENS {
        let of = memory.cache::<changeable>();
        let mut first = of.call(len).unwrap();
        assert_eq!(first.mapped(), [true; 2], "the attribute's word is over the memory's");
        let at = first.matrix.as_ptr();
        first.matrix.make_mut()[7] = -1.0;
        assert!(first.matrix.is_mapped() && first.matrix.as_ptr() == at, "in place");
        let second = of.call(len).unwrap();
        assert_eq!((first.matrix[7], second.matrix[7]), (-1.0, 7.0));
    }
}

#[test]
fn left_to_itself_a_memory_maps_what_its_store_maps() {
    for memory in [memory(MmapMode::Auto), memory(MmapMode::ReadOnly)] {
        let of = memory.1.cache::<as_usual>();
        assert_eq!(of.call(LENS[1]).unwrap().mapped(), [false; 2], "as it was computed");
        assert_eq!(of.call(LENS[1]).unwrap().mapped(), [true; 2]);
        of.call(LENS[0]).unwrap();
        assert_eq!(of.call(LENS[0]).unwrap().mapped(), [false; 2]);
    }
}

#[test]
fn a_store_without_files_or_one_that_fails_costs_the_map_and_not_the_value() {
    let memory = Memory::builder("memory:").unwrap().mmap_mode(MmapMode::ReadOnly).open().unwrap();
    for _ in 0..2 {
        assert_eq!(memory.cache::<model>().call(LENS[0]).unwrap().mapped(), [false; 2]);
    }
    assert_eq!(memory.cache::<model>().stats().hits, 1);

    let store = Arc::new(FaultStore::new(Arc::new(MemoryStore::new())));
    for operation in [Operation::Put, Operation::Get] {
        store.inject(When::Each(operation), Fault::Fail(ErrorKind::Io));
        let memory = Memory::over(store.clone()).mmap_mode(MmapMode::ReadOnly).open().unwrap();
        assert_eq!(memory.cache::<model>().call(LENS[0]).unwrap().mapped(), [false; 2]);
        assert!(memory.cache::<model>().stats().store_errors > 0);
        store.heal();
    }
}

/// A store whose files have another entry by the time they are opened.
#[derive(Debug)]
struct Replaced {
    store: MemoryStore,
    file: PathBuf,
}

#[async_trait]
impl StoreBackend for Replaced {
    fn capabilities(&self) -> StoreCapabilities {
        StoreCapabilities::inline().local_path()
    }

    async fn get(&self, key: &Key) -> larder::Result<Option<Bytes>> {
        self.store.get(key).await
    }

    async fn put(
        &self,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> larder::Result<PutOutcome> {
        if !self.file.exists() {
            value.write_to(&mut fs::File::create(&self.file)?)?;
        }
        self.store.put(key, value, mode).await
    }

    async fn delete(&self, key: &Key) -> larder::Result<bool> {
        self.store.delete(key).await
    }

    fn list<'a>(&'a self, prefix: &Prefix) -> BoxStream<'a, larder::Result<EntryInfo>> {
        self.store.list(prefix)
    }

    fn local_path(&self, _: &Key) -> Option<PathBuf> {
        Some(self.file.clone())
    }
}

#[test]
fn a_file_that_has_another_entry_is_not_mapped_for_this_one() {
    for mode in [MmapMode::ReadOnly, MmapMode::CopyOnWrite] {
        let dir = tempfile::tempdir().unwrap();
        let store = Replaced { store: MemoryStore::new(), file: dir.path().join("entry") };
        let memory = Memory::over(Arc::new(store)).mmap_mode(mode).open().unwrap();
        let value =
            |name: &str| memory.get_or_compute(name, || compute(LENS[0] + name.len())).unwrap();
        assert_eq!(value("a").mapped(), [true; 2], "the file is its own");
        assert_eq!(value("b").mapped(), [false; 2]);
        assert_eq!((value("b"), value("bb").matrix.len()), (compute(LENS[0] + 1), LENS[0] + 2));
    }
}

#[test]
fn modes_that_change_files_and_compressed_maps_are_refused_with_the_way_out() {
    let dir = tempfile::tempdir().unwrap();
    let open = |mode, compress: &str| {
        let builder = Memory::builder(dir.path()).unwrap().mmap_mode(mode);
        builder.compress(compress.parse().unwrap()).open()
    };
    for mode in [MmapMode::ReadWrite, MmapMode::Create] {
        let error = open(mode, "none").unwrap_err();
        assert!(error.is_invalid() && error.message().contains("`SharedArray`"), "{error}");
    }
    #[cfg(feature = "zlib")]
    for mode in [MmapMode::ReadOnly, MmapMode::CopyOnWrite] {
        let error = open(mode, "true").unwrap_err();
        let says = ["`zlib`", "exclude each other", "choose compress `none` or mmap_mode `auto`"];
        assert!(
            error.is_invalid() && says.iter().all(|says| error.message().contains(says)),
            "{error}"
        );
        assert!(open(mode, "none").is_ok() && open(MmapMode::Auto, "true").is_ok());
        // A function's own word, and the memory's: found when they come together.
        let memory = open(MmapMode::Auto, "true").unwrap();
        let error = memory.try_cache::<changeable>().unwrap_err();
        assert!(error.message().contains("exclude each other"), "{error}");
        assert!(error.get("function").is_some_and(|name| name.contains("changeable")), "{error}");
        assert!(memory.try_cache::<model>().is_ok());
    }
}

#[test]
fn a_configuration_has_it_by_its_text() {
    let config = Config::from_json(r#"{"memory": {"mmap_mode": "c"}}"#).unwrap();
    assert_eq!(config.memory.mmap_mode, MmapMode::CopyOnWrite);
    let variables = [("LARDER_MMAP_MODE".into(), "r".into())];
    let config = config.with_variables(variables).unwrap();
    assert_eq!(config.memory.mmap_mode, MmapMode::ReadOnly);
    let error = Config::from_json(r#"{"memory": {"mmap_mode": "rw"}}"#).unwrap_err();
    assert!(error.to_string().contains("mmap_mode"), "{error}");
    let mut config = Config::from_json(r#"{"memory": {"mmap_mode": "r+"}}"#).unwrap();
    config.memory.store = "memory:".parse().unwrap();
    assert!(Memory::open(config).unwrap_err().message().contains("`SharedArray`"));
}
