//! An allocator that notes the largest request of each thread: hostile lengths must not become memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Watched;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.set(LARGEST.get().max(layout.size()));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watched = Watched;

/// The largest request of this thread since it was last told to [`forget`], in bytes.
pub(crate) fn largest() -> usize {
    LARGEST.get()
}

/// Begins anew.
#[allow(dead_code, reason = "not every test that watches measures a part of itself")]
pub(crate) fn forget() {
    LARGEST.set(0);
}
