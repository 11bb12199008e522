//! `cargo xtask bench hit`: a memoized call over local files beside the system calls it cannot do without.
//!
//! All contestants of a row run interleaved in one process, in rounds; the figures are medians of the rounds, so that a
//! noisy machine is noisy for all of them. Default configuration: statistics, recency, leases and checksums are on.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "support/rows.rs"]
mod rows;

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use larder::{Memory, memoize};

use self::rows::row;

#[memoize]
fn bytes(len: usize, fill: u8) -> Vec<u8> {
    vec![fill; len]
}

#[memoize]
fn number(a: u64, b: &str) -> f64 {
    a as f64 + b.len() as f64
}

fn main() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let memory = Memory::open(dir.path()).expect("a store");
    memory.install();
    hits(&memory);
    misses(&memory, dir.path());
}

fn hits(memory: &Memory) {
    let number_of = memory.cache::<number>();
    let key = number_of.with(7, "seven").key().expect("a key");
    number(7, "seven");
    let file = file_of(memory, key.as_str());
    row(
        &format!("hit, f64 ({} B)", fs::metadata(&file).expect("an entry").len()),
        200,
        300,
        &mut [
            ("fs::read", &mut || drop(black_box(fs::read(&file).expect("an entry")))),
            ("transparent call", &mut || _ = black_box(number(black_box(7), "seven"))),
            ("handle.call", &mut || drop(black_box(number_of.call(black_box(7), "seven")))),
            ("key alone", &mut || drop(black_box(number_of.with(black_box(7), "seven").key()))),
        ],
    );
    let bytes_of = memory.cache::<bytes>();
    for (len, repeats) in
        [(100, 300), (1 << 10, 300), (8 << 10, 200), (100 << 10, 50), (1 << 20, 10), (10 << 20, 2)]
    {
        let key = bytes_of.with(len, 1).key().expect("a key");
        bytes(len, 1);
        let file = file_of(memory, key.as_str());
        row(
            &format!("hit, Vec<u8> of {len}"),
            100,
            repeats,
            &mut [
                ("fs::read", &mut || drop(black_box(fs::read(&file).expect("an entry")))),
                ("transparent call", &mut || drop(black_box(bytes(black_box(len), 1)))),
            ],
        );
    }
}

fn misses(memory: &Memory, dir: &Path) {
    let bytes_of = memory.cache::<bytes>();
    bytes(64, 0);
    let file = file_of(memory, bytes_of.with(64, 0).key().expect("a key").as_str());
    let entry = fs::read(&file).expect("an entry");
    let mut written = 0u64;
    let floor = dir.join("floor");
    fs::create_dir(&floor).expect("a directory");
    let mut number_of = 0u64;
    row(
        "miss, f64",
        40,
        50,
        &mut [
            ("fs::write + rename", &mut || {
                written += 1;
                let (temp, target) = (floor.join("temp"), floor.join(written.to_string()));
                fs::write(&temp, &entry).expect("room");
                fs::rename(&temp, &target).expect("room");
            }),
            ("transparent call", &mut || {
                number_of += 1;
                black_box(number(number_of, "fresh"));
            }),
        ],
    );
}

fn file_of(memory: &Memory, key: &str) -> PathBuf {
    let key = key.parse().expect("a key");
    memory.local_path(&key).expect("local files")
}
