//! Storing a large value compressed takes no second copy of it, nor does reading it: in a program of its own, whose
//! memory is watched.
#![cfg(unix)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use larder::{Array, DumpOptions, Memory, dump_with, load, memoize};

/// Knows how much is in use, and how much was at most.
struct Watching;

static USED: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

fn note(more: usize, less: usize) {
    let used = USED.fetch_add(more, Relaxed) + more;
    MOST.fetch_max(used, Relaxed);
    USED.fetch_sub(less, Relaxed);
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size(), 0);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size(), 0);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        note(0, layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
    // What is moved while it grows may be in two places at once: `realloc` is left to `alloc`.
}

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// More than what compresses in memory.
const LEN: usize = 9 << 20;
const SIZE: usize = LEN * size_of::<f64>();
const LITTLE: usize = 16 << 20;

/// Numbers that no compressor makes smaller.
fn noise() -> Vec<f64> {
    let scrambled = |i: u64| {
        let z = (i ^ (i >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    (1..=LEN as u64)
        .map(|i| f64::from_bits(scrambled(i.wrapping_mul(0x9e37_79b9_7f4a_7c15))))
        .collect()
}

#[memoize]
fn array() -> Array<f64> {
    noise().into()
}

#[memoize]
fn vector() -> Vec<f64> {
    noise()
}

/// What was in use at most, beyond what was before.
fn most<R>(run: impl FnOnce() -> R) -> (R, usize) {
    let before = USED.load(Relaxed);
    MOST.store(before, Relaxed);
    let result = run();
    (result, MOST.load(Relaxed) - before)
}

fn open(dir: &Path, compress: &str) -> Memory {
    Memory::builder(dir).unwrap().compress(compress.parse().unwrap()).open().unwrap()
}

#[test]
fn neither_storing_nor_reading_compressed_numbers_takes_a_second_copy() {
    let expected = noise();
    let is_right =
        |found: &[f64]| found.iter().map(|x| x.to_bits()).eq(expected.iter().map(|x| x.to_bits()));
    let compress = "zstd:1+shuffle";
    let dir = tempfile::tempdir().unwrap();
    let memory = open(dir.path(), compress);

    let array_of = memory.cache::<array>();
    let (computed, storing) = most(|| array_of.call().unwrap());
    assert!(storing < SIZE + LITTLE, "storing an array took {storing} bytes");
    drop(computed);
    let (found, reading) = most(|| array_of.call().unwrap());
    assert!(reading < SIZE + LITTLE, "reading an array took {reading} bytes");
    assert!(is_right(&found));

    let path = dir.path().join("dump");
    let options = DumpOptions::new().compress(compress).unwrap();
    let ((), dumping) = most(|| dump_with(&found, &path, &options).unwrap());
    assert!(dumping < LITTLE, "dumping took {dumping} bytes");
    drop(found);
    let (found, loading) = most(|| load::<Array<f64>>(&path).unwrap());
    assert!(loading < SIZE + LITTLE, "loading took {loading} bytes");
    assert!(is_right(&found));
    drop(found);

    let vector_of = memory.cache::<vector>();
    let (computed, storing) = most(|| vector_of.call().unwrap());
    assert!(storing < SIZE + LITTLE, "storing a vector took {storing} bytes");
    drop(computed);
    let (found, reading) = most(|| vector_of.call().unwrap());
    assert!(reading < SIZE + LITTLE, "reading a vector took {reading} bytes");
    assert!(is_right(&found));
    assert_eq!((memory.stats().hits, memory.stats().stored), (2, 2));
    assert!(fs::read_dir(dir.path().join(".tmp")).unwrap().next().is_none());
}
