//! `cargo xtask bench arrays`: large arrays as results, beside the system calls they cannot do without.
//!
//! `LARDER_BENCH_MB` sets their size, 100 by default. Contestants run interleaved; figures are medians of the rounds.
//! Default configuration: statistics, recency, leases and checksums are on.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "support/rows.rs"]
mod rows;

use std::fs::{self, File};
use std::hint::black_box;
use std::path::Path;
use std::sync::Mutex;

use larder::{Array, LoadOptions, Memory, MmapMode, dump, hash, load_with, memoize};

use self::rows::row;

/// What the functions return: made beforehand, so that only keeping it is timed.
static ARRAY: Mutex<Option<Array<f64>>> = Mutex::new(None);
static VECTOR: Mutex<Option<Vec<f64>>> = Mutex::new(None);

#[memoize]
fn array() -> Array<f64> {
    ARRAY.lock().expect("no panic").clone().expect("an array")
}

static NESTED: Mutex<Option<(String, Vec<f64>)>> = Mutex::new(None);

#[memoize]
fn vector() -> Vec<f64> {
    VECTOR.lock().expect("no panic").take().expect("a vector")
}

#[memoize]
fn nested() -> (String, Vec<f64>) {
    NESTED.lock().expect("no panic").take().expect("a vector in a tuple")
}

fn main() {
    let megabytes = std::env::var("LARDER_BENCH_MB").map_or(100, |mb| mb.parse().expect("a size"));
    let numbers: Vec<f64> = (0..megabytes << 17).map(|i| i as f64 / 7.0).collect();
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let memory = Memory::open(dir.path()).expect("a store");
    println!("{megabytes} MiB of f64");
    puts(&memory, dir.path(), &bytes, numbers);
    hits(&memory);
    loads(dir.path());
    hashes(&bytes);
}

fn puts(memory: &Memory, dir: &Path, bytes: &[u8], numbers: Vec<f64>) {
    let (array_of, vector_of) = (memory.cache::<array>(), memory.cache::<vector>());
    let nested_of = memory.cache::<nested>();
    *NESTED.lock().expect("no panic") = Some(("numbers".to_owned(), numbers.clone()));
    *VECTOR.lock().expect("no panic") = Some(numbers.clone());
    *ARRAY.lock().expect("no panic") = Some(numbers.into());
    let (temp, target) = (dir.join("floor.temp"), dir.join("floor"));
    row(
        "put",
        9,
        1,
        &mut [
            ("fs::write + rename", &mut || {
                fs::write(&temp, bytes).expect("room");
                fs::rename(&temp, &target).expect("room");
            }),
            ("Array", &mut || drop(array_of.with().refresh().expect("room"))),
            ("Vec", &mut || {
                let numbers = vector_of.with().refresh().expect("room");
                *VECTOR.lock().expect("no panic") = Some(numbers);
            }),
            ("(String, Vec)", &mut || {
                let numbers = nested_of.with().refresh().expect("room");
                *NESTED.lock().expect("no panic") = Some(numbers);
            }),
        ],
    );
}

fn hits(memory: &Memory) {
    let array_of = memory.cache::<array>();
    let key = array_of.with().key().expect("a key").as_str().parse().expect("a key");
    let path = memory.local_path(&key).expect("local files");
    row(
        "hit",
        40,
        100,
        &mut [
            ("open + mmap", &mut || {
                let file = File::open(&path).expect("an entry");
                // SAFETY: nobody changes the entry while the bench runs.
                drop(black_box(unsafe { memmap2::Mmap::map(&file) }.expect("a map")));
            }),
            ("Array, mapped", &mut || {
                let array = array_of.call().expect("a hit");
                assert!(black_box(&array).is_mapped());
            }),
        ],
    );
}

fn loads(dir: &Path) {
    let array = ARRAY.lock().expect("no panic").clone().expect("an array");
    let (path, npy) = (dir.join("array"), dir.join("array.npy"));
    dump(&array, &path).expect("room");
    array.save_npy(&npy).expect("room");
    let options = |mode| LoadOptions::new().mmap_mode(mode);
    let (read, own) = (options(MmapMode::ReadOnly), options(MmapMode::CopyOnWrite));
    let load = |path, options| load_with::<Array<f64>>(path, options).expect("a dump");
    row(
        "load, mapped",
        40,
        100,
        &mut [
            ("open + mmap", &mut || {
                let file = File::open(&path).expect("a dump");
                // SAFETY: nobody changes the dump while the bench runs.
                drop(black_box(unsafe { memmap2::Mmap::map(&file) }.expect("a map")));
            }),
            ("dump, r", &mut || assert!(black_box(load(&path, &read)).is_mapped())),
            ("dump, c", &mut || assert!(black_box(load(&path, &own)).is_mapped())),
            (".npy, r", &mut || {
                let array = Array::<f64>::load_npy_with(&npy, &read).expect("a file");
                assert!(black_box(array).is_mapped());
            }),
        ],
    );
    let plain = LoadOptions::new();
    row(
        "load, read",
        9,
        1,
        &mut [
            ("fs::read", &mut || drop(black_box(fs::read(&path).expect("a dump")))),
            ("dump", &mut || drop(black_box(load(&path, &plain)))),
            (".npy", &mut || {
                drop(black_box(Array::<f64>::load_npy(&npy).expect("a file")));
            }),
        ],
    );
}

fn hashes(bytes: &[u8]) {
    let array = ARRAY.lock().expect("no panic").clone().expect("an array");
    // As complex numbers are digested.
    let (pairs, _) = array.as_chunks::<2>();
    row(
        "hash",
        9,
        1,
        &mut [
            ("blake3", &mut || _ = black_box(blake3::hash(bytes))),
            ("hash(&array)", &mut || _ = black_box(hash(&array))),
            ("hash(&pairs)", &mut || _ = black_box(hash(&pairs))),
        ],
    );
}
