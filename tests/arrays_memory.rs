//! A hit of a mapped array allocates nothing of the array's size: in a program of its own, whose allocations are counted.
#![cfg(unix)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use larder::{Array, Memory, memoize};

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

#[memoize]
fn numbers(len: usize) -> Array<f64> {
    (0..len).map(|i| i as f64).collect()
}

fn allocated<R>(run: impl FnOnce() -> R) -> (R, usize) {
    let before = ALLOCATED.load(Relaxed);
    let result = run();
    (result, ALLOCATED.load(Relaxed) - before)
}

#[test]
fn storing_copies_nothing_and_a_mapped_hit_allocates_next_to_nothing() {
    const LEN: usize = 4 << 20;
    let dir = tempfile::tempdir().unwrap();
    let memory = Memory::open(dir.path()).unwrap();
    let numbers_of = memory.cache::<numbers>();
    let (computed, for_all) = allocated(|| numbers_of.call(LEN).unwrap());
    let ((), for_computing) =
        allocated(|| drop((0..LEN).map(|i| i as f64).collect::<Array<f64>>()));
    assert!(for_computing >= LEN * 8, "allocations are counted");
    let storing = for_all - for_computing;
    assert!(storing < 1 << 20, "storing took {storing} bytes");

    let (found, for_hit) = allocated(|| numbers_of.call(LEN).unwrap());
    assert!(found.is_mapped() && for_hit < 64 << 10, "a hit took {for_hit} bytes");
    let (clones, for_clones) = allocated(|| [found.clone(), found.clone()]);
    assert!(for_clones < 1 << 10, "two clones took {for_clones} bytes");
    assert_eq!(clones[0][LEN - 1], computed[LEN - 1]);
}
