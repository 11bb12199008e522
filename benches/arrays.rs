//! `cargo xtask bench arrays`: large arrays as results, beside the system calls they cannot do without.
//!
//! `LARDER_BENCH_MB` sets their size, 100 by default. Contestants run interleaved; the figures are medians of the rounds.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::fs::{self, File};
use std::hint::black_box;
use std::time::{Duration, Instant};

use larder::{Array, Memory, hash, memoize};

#[memoize]
fn array(len: usize, version: u64) -> Array<f64> {
    numbers(len, version).into()
}

#[memoize]
fn vector(len: usize, version: u64) -> Vec<f64> {
    numbers(len, version)
}

fn numbers(len: usize, version: u64) -> Vec<f64> {
    vec![version as f64; len]
}
