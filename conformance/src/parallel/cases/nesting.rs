//! Calls inside of tasks.

use larder_core::delayed;

use crate::failure::{Checked, ensure};
use crate::need::Need;
use crate::parallel::case::{ParallelAbility, ParallelCase};
use crate::parallel::fixture::Fixture;
use crate::parallel::tasks::{square, sum_of_squares};

pub(super) const CASES: &[ParallelCase] = &[
    ParallelCase::new("nesting.default", "tasks make calls of their own", &[], default),
    ParallelCase::new(
        "nesting.same_backend",
        "tasks make calls of the backend they run on, three deep",
        &[Need::Has(ParallelAbility::SharedMemory)],
        same_backend,
    ),
];

fn default(fixture: &Fixture) -> Checked {
    let tasks = (0..20).map(sum_of_squares::delayed);
    for (n, sum) in (0..).zip(fixture.all(&fixture.parallel(), tasks)?) {
        ensure!(sum == Ok((0..n).map(|n| n * n).sum()), "a call inside of task {n} gave {sum:?}");
    }
    Ok(())
}

fn same_backend(fixture: &Fixture) -> Checked {
    let parallel = &fixture.parallel();
    let sum = move |below: u64| {
        let squares = parallel.run((0..below).map(square::delayed));
        squares.map(|squares| squares.into_iter().sum::<u64>())
    };
    let sums = move |below: u64| {
        let sums = parallel.run((0..below).map(|n| delayed(move || sum(n))))?;
        sums.into_iter().sum::<larder_core::Result<u64>>()
    };
    let tasks = (0..8).map(|n| delayed(move || sums(n)));
    for (n, found) in (0u64..).zip(fixture.all(parallel, tasks)?) {
        let wanted: u64 = (0..n).map(|m| (0..m).map(|n| n * n).sum::<u64>()).sum();
        ensure!(found? == wanted, "calls inside of calls of task {n} are wrong");
    }
    Ok(())
}
