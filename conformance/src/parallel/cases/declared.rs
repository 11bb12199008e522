//! What a backend says of itself is so, and what it does not say it refuses.

use larder_core::delayed;
use larder_core::parallel::TaskErrorKind;

use crate::failure::{Checked, ensure, ensure_eq};
use crate::need::Need;
use crate::parallel::case::{ParallelAbility, ParallelCase};
use crate::parallel::fixture::Fixture;
use crate::parallel::tasks::{square, unlucky};

pub(super) const CASES: &[ParallelCase] = &[
    ParallelCase::new(
        "declared.as_pinned",
        "the backend declares what its test file says it must",
        &[],
        as_pinned,
    ),
    ParallelCase::new(
        "declared.stable",
        "the declaration is the same whenever it is asked for",
        &[],
        stable,
    ),
    ParallelCase::new(
        "declared.workers",
        "there is at least one worker, whatever is asked for",
        &[],
        workers,
    ),
    ParallelCase::new(
        "declared.two_workers",
        "of a backend that runs two tasks at once, two workers can be had",
        &[Need::Has(ParallelAbility::Concurrent)],
        two_workers,
    ),
    ParallelCase::new(
        "undeclared.closures",
        "without shared memory, a closure fails with an error of its own, and no other task does",
        &[Need::Lacks(ParallelAbility::SharedMemory)],
        no_closures,
    ),
];

fn as_pinned(fixture: &Fixture) -> Checked {
    ensure_eq!(fixture.backend.capabilities(), fixture.declares, "the declaration");
    Ok(())
}

fn stable(fixture: &Fixture) -> Checked {
    let first = fixture.backend.capabilities();
    for _ in 0..3 {
        fixture.each(&fixture.parallel(), (0..10).map(|n| unlucky::delayed(n, "unlucky")))?;
        // Twice: one that answers by turns is not to come round by chance.
        for _ in 0..2 {
            ensure_eq!(fixture.backend.capabilities(), first, "the declaration, asked again");
        }
    }
    Ok(())
}

fn workers(fixture: &Fixture) -> Checked {
    for n_jobs in [1, 2, 3, 100, -1, -2, -1000] {
        ensure!(fixture.workers(n_jobs)? >= 1, "workers({n_jobs}) is none");
    }
    Ok(())
}

fn two_workers(fixture: &Fixture) -> Checked {
    let workers = fixture.workers(2)?;
    ensure!(workers >= 2, "workers(2) is {workers}");
    Ok(())
}

fn no_closures(fixture: &Fixture) -> Checked {
    let task = |n: u64| if n == 3 { delayed(move || n * n) } else { square::delayed(n) };
    let each = fixture.each(&fixture.parallel(), (0..10).map(task))?;
    for (n, result) in each.into_iter().enumerate() {
        match result {
            Err(error) if n == 3 => ensure_eq!(error.kind(), TaskErrorKind::Failed, "{error}"),
            Ok(result) => {
                ensure!(n != 3, "shared memory is not declared, but a closure was run");
                ensure_eq!(result, (n * n) as u64, "the result of task {n}");
            }
            Err(error) => ensure!(false, "beside a closure: {error}"),
        }
    }
    Ok(())
}
