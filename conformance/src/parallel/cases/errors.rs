//! Failures that end a call, and those of a task's own type.

use larder_core::parallel::{TaskErrorKind, TryError};

use crate::failure::{Checked, ensure, ensure_eq};
use crate::need::Need;
use crate::parallel::case::{ParallelAbility, ParallelCase};
use crate::parallel::fixture::Fixture;
use crate::parallel::tasks::{Refused, aborts, refuses, unlucky};

pub(super) const CASES: &[ParallelCase] = &[
    ParallelCase::new(
        "errors.end",
        "the first failure ends a call, though its tasks have no end",
        &[],
        end,
    ),
    ParallelCase::new(
        "errors.typed",
        "a task's own error arrives as it is, with its task",
        &[],
        typed,
    ),
    ParallelCase::new("errors.returned", "to run, an `Err` is a result", &[], returned),
    ParallelCase::new(
        "errors.lost_worker",
        "a task that takes its worker with it harms no other",
        &[Need::Has(ParallelAbility::Preemptive)],
        lost_worker,
    ),
];

fn end(fixture: &Fixture) -> Checked {
    let tasks = (0..).map(|n| unlucky::delayed(n, if n == 500 { "too much" } else { "" }));
    match fixture.parallel().run(tasks) {
        Ok(_) => ensure!(false, "tasks without end came to an end"),
        Err(error) => {
            ensure_eq!(error.task().map(|task| task.index()), Some(500), "the task of {error}");
        }
    }
    Ok(())
}

fn typed(fixture: &Fixture) -> Checked {
    for batch_size in [1, 4] {
        let parallel = fixture.parallel().batch_size(batch_size);
        let values = parallel.try_run((0..20).map(|n| refuses::delayed(n, false)));
        let values = values.ok();
        ensure!(values.is_some_and(|values| values.into_iter().eq(0..20)), "values are wrong");
        match parallel.try_run((0..20).map(|n| refuses::delayed(n, n == 13))) {
            Ok(_) => ensure!(false, "an error that a task returned did not end the call"),
            Err(TryError::Returned { error, task }) => {
                ensure_eq!((error, task.index), (Refused(13), 13), "the error, and whose it is");
            }
            Err(other) => ensure!(false, "of a task's own error became {other:?}"),
        }
    }
    Ok(())
}

fn returned(fixture: &Fixture) -> Checked {
    let results = fixture
        .all(&fixture.parallel().batch_size(3), (0..10).map(|n| refuses::delayed(n, n % 2 == 1)))?;
    let wanted = (0..10).map(|n| if n % 2 == 1 { Err(Refused(n)) } else { Ok(n) });
    ensure!(results.iter().cloned().eq(wanted), "results of tasks became {results:?}");
    Ok(())
}

fn lost_worker(fixture: &Fixture) -> Checked {
    for batch_size in [1, 5] {
        let parallel = fixture.parallel().batch_size(batch_size);
        let each = fixture.each(&parallel, (0..10).map(|n| aborts::delayed(n, n == 3)))?;
        for (n, result) in (0..).zip(each) {
            match result {
                Ok(result) if n != 3 => ensure_eq!(result, n, "the result of task {n}"),
                Err(error) if n == 3 => {
                    ensure_eq!(error.kind(), TaskErrorKind::WorkerDied, "the kind of {error}");
                    ensure_eq!(error.index(), 3, "the task that {error}");
                }
                other => ensure!(false, "task 3 aborted, and task {n} came to {other:?}"),
            }
        }
    }
    Ok(())
}
