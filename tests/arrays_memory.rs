//! A mapped array allocates nothing of its size, from a store, a dump or a `.npy` file: in a program of its own, whose
//! allocations are counted.
#![cfg(unix)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use larder::{Array, LoadOptions, Memory, MmapMode, dump, load, load_with, memoize};

/// Adds up the bytes that are asked for.
struct Counting;

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(layout.size(), Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const LEN: usize = 4 << 20;

#[memoize]
fn numbers(len: usize) -> Array<f64> {
    (0..len).map(|i| i as f64).collect()
}

fn allocated<R>(run: impl FnOnce() -> R) -> (R, usize) {
    let before = ALLOCATED.load(Relaxed);
    let result = run();
    (result, ALLOCATED.load(Relaxed) - before)
}

/// Allocations are counted for all threads: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn storing_copies_nothing_and_a_mapped_hit_allocates_next_to_nothing() {
    let _alone = ALONE.lock();
    let dir = tempfile::tempdir().unwrap();
    let memory = Memory::open(dir.path()).unwrap();
    let numbers_of = memory.cache::<numbers>();
    let (computed, for_all) = allocated(|| numbers_of.call(LEN).unwrap());
    let ((), for_computing) =
        allocated(|| drop((0..LEN).map(|i| i as f64).collect::<Array<f64>>()));
    assert!(for_computing >= LEN * 8, "allocations are counted");
    let storing = for_all - for_computing;
    assert!(storing < 1 << 20, "storing took {storing} bytes");

    // The first use of all makes the table of uses.
    drop(numbers_of.call(LEN).unwrap());
    let (found, for_hit) = allocated(|| numbers_of.call(LEN).unwrap());
    assert!(found.is_mapped() && for_hit < 64 << 10, "a hit took {for_hit} bytes");
    let (clones, for_clones) = allocated(|| [found.clone(), found.clone()]);
    assert!(for_clones < 1 << 10, "two clones took {for_clones} bytes");
    assert_eq!(clones[0][LEN - 1], computed[LEN - 1]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_mapped_load_allocates_next_to_nothing_and_a_dump_copies_nothing() {
    let _alone = ALONE.lock();
    let dir = tempfile::tempdir().unwrap();
    let (path, npy) = (dir.path().join("value"), dir.path().join("array.npy"));
    let value = ("name".to_owned(), (0..LEN).map(|i| i as f64).collect::<Array<f64>>());
    let ((), for_dump) = allocated(|| dump(&value, &path).unwrap());
    let ((), for_npy) = allocated(|| value.1.save_npy(&npy).unwrap());
    assert!(for_dump < 1 << 20 && for_npy < 1 << 20, "they took {for_dump} and {for_npy} bytes");

    type Value = (String, Array<f64>);
    let (_, for_read) = allocated(|| load::<Value>(&path).unwrap());
    assert!(for_read >= LEN * 8, "what is read is counted");
    for mode in [MmapMode::ReadOnly, MmapMode::CopyOnWrite] {
        let options = LoadOptions::new().mmap_mode(mode);
        let (mut mapped, taken) = allocated(|| load_with::<Value>(&path, &options).unwrap());
        assert!(mapped.1.is_mapped() && taken < 64 << 10, "a load under {mode} took {taken} bytes");
        assert_eq!(mapped.1[LEN - 1], (LEN - 1) as f64);
        let (array, taken) = allocated(|| Array::<f64>::load_npy_with(&npy, &options).unwrap());
        assert!(array.is_mapped() && taken < 64 << 10, "a .npy under {mode} took {taken} bytes");
        let ((), taken) = allocated(|| mapped.1.make_mut()[0] = 1.0);
        let copies = mode == MmapMode::ReadOnly;
        assert_eq!(taken >= LEN * 8, copies, "a change under {mode} took {taken} bytes");
    }
}
