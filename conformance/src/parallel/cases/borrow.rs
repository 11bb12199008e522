//! Tasks borrow from the caller.

use std::sync::atomic::{AtomicU64, Ordering};

use larder_core::delayed;

use crate::failure::{Checked, ensure, ensure_eq};
use crate::need::Need;
use crate::parallel::case::{ParallelAbility, ParallelCase};
use crate::parallel::fixture::Fixture;
use crate::parallel::tasks::length;

pub(super) const CASES: &[ParallelCase] = &[
    ParallelCase::new("borrow.arguments", "arguments may be borrowed", &[], arguments),
    ParallelCase::new(
        "borrow.shared",
        "closures read, count and write what the caller lends them",
        &[Need::Has(ParallelAbility::SharedMemory)],
        shared,
    ),
];

fn arguments(fixture: &Fixture) -> Checked {
    let words: Vec<String> = (0..100).map(|n| "x".repeat(n * n)).collect();
    let lengths =
        fixture.all(&fixture.parallel(), words.iter().map(|word| length::delayed(word)))?;
    ensure!(lengths.into_iter().eq((0..100).map(|n| n * n)), "lengths of texts are wrong");
    let tasks = words.iter().map(|word| length::delayed(word));
    let sum = fixture.parallel().scoped_iter(tasks, |lengths| lengths.flatten().sum::<usize>())?;
    ensure_eq!(sum, (0..100).map(|n| n * n).sum::<usize>(), "the sum of streamed lengths");
    Ok(())
}

fn shared(fixture: &Fixture) -> Checked {
    let count = AtomicU64::new(0);
    let mut numbers = vec![0; 1000];
    let tasks = numbers.chunks_mut(10).zip(0..).map(|(chunk, n)| {
        let count = &count;
        delayed(move || {
            chunk.fill(n);
            count.fetch_add(1, Ordering::Relaxed);
        })
    });
    fixture.all(&fixture.parallel(), tasks)?;
    ensure_eq!(count.into_inner(), 100, "how many closures ran");
    ensure!(numbers.into_iter().eq((0..1000).map(|i| i / 10)), "closures wrote something else");
    Ok(())
}
