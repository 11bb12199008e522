//! `cargo xtask bench layers`: a near hit of two tiers and a hot hit, beside a hit in local files; and a put under limits
//! beside one without.
//!
//! Contestants run interleaved in one process, in rounds; figures are medians of the rounds.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "support/rows.rs"]
mod rows;

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use larder::local::LocalStore;
use larder::store::{FaultStore, MemoryStore, TieredStore};
use larder::{Limits, Memory, memoize};

use self::rows::row;

#[memoize]
fn number(a: u64, b: &str) -> f64 {
    a as f64 + b.len() as f64
}

#[memoize(hot)]
fn hot_number(a: u64, b: &str) -> f64 {
    a as f64 + b.len() as f64
}

#[memoize]
fn block(n: u64) -> Vec<u8> {
    vec![n as u8; 1000]
}

fn main() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let local = Memory::open(dir.path().join("local")).expect("a store");
    let far = Arc::new(FaultStore::new(Arc::new(MemoryStore::new())));
    let near = LocalStore::open(dir.path().join("near")).expect("a store");
    let tiered = Memory::over(Arc::new(TieredStore::new(Arc::new(near), far.clone())));
    let tiered = tiered.open().expect("a store");

    let (on_local, on_tiered) = (local.cache::<number>(), tiered.cache::<number>());
    let hot = local.cache::<hot_number>();
    for _ in 0..2 {
        drop((on_local.call(7, "seven"), on_tiered.call(7, "seven"), hot.call(7, "seven")));
    }
    let before = far.total().calls;
    row(
        "hit, f64",
        200,
        300,
        &mut [
            ("local", &mut || drop(black_box(on_local.call(black_box(7), "seven")))),
            ("tiered, near", &mut || drop(black_box(on_tiered.call(black_box(7), "seven")))),
            ("hot", &mut || drop(black_box(hot.call(black_box(7), "seven")))),
            ("key alone", &mut || drop(black_box(hot.with(black_box(7), "seven").key()))),
        ],
    );
    println!("requests to the far side meanwhile: {}", far.total().calls - before);
    limits(dir.path());
}

fn limits(dir: &Path) {
    let open = |name: &str, limits| {
        let builder = Memory::builder(dir.join(name)).expect("a path");
        builder.limits(limits).open().expect("a store")
    };
    let items = Limits { max_items: Some(5000), ..Limits::default() };
    let (free, bounded) = (open("free", Limits::default()), open("bounded", items));
    let (free, bounded) = (free.cache::<block>(), bounded.cache::<block>());
    let (mut one, mut other) = (0, 0);
    let next = |n: &mut u64| {
        *n += 1;
        *n
    };
    // A round is as long as it takes to turn the store over: all that a limit costs is in it.
    row(
        "put, 1 KB, without and under a limit of 5000 items",
        8,
        5000,
        &mut [
            ("without", &mut || drop(free.call(next(&mut one)))),
            ("under the limit", &mut || drop(bounded.call(next(&mut other)))),
        ],
    );
}
