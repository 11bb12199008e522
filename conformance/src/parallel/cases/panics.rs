//! A panic is the failure of one task, and says what it said.

use larder_core::parallel::{TaskError, TaskErrorKind};

use crate::failure::{Checked, Failure, ensure, ensure_eq};
use crate::parallel::case::ParallelCase;
use crate::parallel::fixture::Fixture;
use crate::parallel::tasks::unlucky;

pub(super) const CASES: &[ParallelCase] = &[
    ParallelCase::new("panic.first", "a panic of the first task is its failure", &[], |fixture| {
        panics_at(fixture, 0)
    }),
    ParallelCase::new("panic.middle", "a panic among others is its task's", &[], |fixture| {
        panics_at(fixture, 50)
    }),
    ParallelCase::new("panic.last", "a panic of the last task is its failure", &[], |fixture| {
        panics_at(fixture, COUNT - 1)
    }),
    ParallelCase::new("panic.all", "when all tasks panic, all failures are told", &[], all),
    ParallelCase::new(
        "panic.told",
        "the failure tells the task, its arguments, and where it ran and panicked",
        &[],
        told,
    ),
];

const COUNT: u64 = 100;

fn panics_at(fixture: &Fixture, at: u64) -> Checked {
    let how = |n| if n == at { "out of luck" } else { "" };
    let tasks = || (0..COUNT).map(|n| unlucky::delayed(n, how(n)));
    for parallel in [fixture.parallel().batch_size(1), fixture.parallel().batch_size(8)] {
        let each = fixture.each(&parallel, tasks())?;
        ensure_eq!(each.len() as u64, COUNT, "the number of results");
        for (n, result) in (0..).zip(each) {
            match result {
                Ok(result) if n != at => ensure_eq!(result, n, "the result of task {n}"),
                Err(error) if n == at => panicked(&error, at)?,
                other => ensure!(false, "task {at} panicked, and task {n} came to {other:?}"),
            }
        }
        match parallel.run(tasks()) {
            Ok(_) => ensure!(false, "run returned no error, though task {at} panicked"),
            Err(error) => {
                let task = error.task();
                let task = task.ok_or_else(|| Failure(format!("{error:?} is about no task")))?;
                panicked(task, at)?;
            }
        }
    }
    Ok(())
}

fn all(fixture: &Fixture) -> Checked {
    let each = fixture.each(&fixture.parallel(), (0..50).map(|n| unlucky::delayed(n, "lost")))?;
    for (n, result) in (0..).zip(each) {
        let error = result.err().ok_or_else(|| Failure(format!("task {n} did not fail")))?;
        ensure_eq!(error.kind(), TaskErrorKind::Panicked, "the kind of {error}");
        ensure_eq!(error.message(), format!("task {n} is lost"), "what the panic said");
    }
    Ok(())
}

fn told(fixture: &Fixture) -> Checked {
    let each = fixture.each(&fixture.parallel(), [unlucky::delayed(7, "lost")])?;
    let Some(Err(error)) = each.into_iter().next() else {
        return Err(Failure("a task that panics did not fail".into()));
    };
    let task = error.task();
    ensure_eq!(task.function, "larder-conformance::parallel::tasks::unlucky", "the function");
    ensure!(task.arguments.iter().any(|argument| argument.value == "7"), "{error}: no arguments");
    ensure!(task.worker.is_some() && !task.host.is_empty(), "{error}: on no worker of no host");
    let location = error.location().unwrap_or("");
    ensure!(location.contains("tasks.rs:"), "{error}: the panic is located at `{location}`");
    ensure!(error.backtrace().is_some(), "{error}: no backtrace");
    Ok(())
}

fn panicked(error: &TaskError, at: u64) -> Checked {
    ensure_eq!(error.kind(), TaskErrorKind::Panicked, "the kind of {error}");
    ensure_eq!(error.index() as u64, at, "the task that {error}");
    ensure_eq!(error.message(), format!("task {at} is out of luck"), "what the panic said");
    Ok(())
}
