//! Another chance for tasks that fail.

use crate::failure::{Checked, ensure, ensure_eq};
use crate::need::Need;
use crate::parallel::case::{ParallelAbility, ParallelCase};
use crate::parallel::fixture::Fixture;
use crate::parallel::tasks::{Ticket, fails_with_ticket, refuses_at_first, works_after};

pub(super) const CASES: &[ParallelCase] = &[
    ParallelCase::new(
        "retries.until_it_works",
        "a task that fails runs again until it works, and no other does",
        &[],
        until_it_works,
    ),
    ParallelCase::new("retries.no_more", "a task runs no more often than allowed", &[], no_more),
    ParallelCase::new("retries.returned", "a task that returns an error runs again", &[], returned),
    ParallelCase::new("retries.last", "also the last task of a call runs again", &[], last),
    ParallelCase::new(
        "retries.one_shot",
        "a task that can run only once in a process runs once where it stays in one",
        &[Need::Has(ParallelAbility::SharedMemory)],
        one_shot,
    ),
];

fn until_it_works(fixture: &Fixture) -> Checked {
    for batch_size in [1, 4] {
        let marks = fixture.marks()?;
        let failures = |n| if n % 5 == 2 { 2 } else { 0 };
        let tasks = (0..20).map(|n| works_after::delayed(marks.path(), n, failures(n)));
        let parallel = fixture.parallel().retries(5).batch_size(batch_size);
        let results = fixture.all(&parallel, tasks)?;
        ensure!(results.into_iter().eq(0..20), "results are not in order");
        for n in 0..20 {
            let tries = marks.count(&format!("tried-{n}"));
            ensure_eq!(tries, failures(n) + 1, "how often task {n} ran");
        }
    }
    Ok(())
}

fn no_more(fixture: &Fixture) -> Checked {
    for retries in [0, 1, 3] {
        let marks = fixture.marks()?;
        let tasks = (0..3).map(|n| works_after::delayed(marks.path(), n, 9));
        let each = fixture.each(&fixture.parallel().retries(retries), tasks)?;
        ensure!(each.iter().all(Result::is_err), "a task that always fails did not: {each:?}");
        for n in 0..3 {
            let tries = marks.count(&format!("tried-{n}"));
            ensure_eq!(tries, retries as u64 + 1, "how often a task ran with {retries} retries");
        }
    }
    Ok(())
}

fn returned(fixture: &Fixture) -> Checked {
    let marks = fixture.marks()?;
    let tasks = || (0..5).map(|n| refuses_at_first::delayed(marks.path(), n));
    match fixture.parallel().retries(1).try_run(tasks()) {
        Ok(values) => ensure_eq!(values, [0, 1, 2, 3, 4], "values, the second time"),
        Err(error) => ensure!(false, "tasks that returned errors once came to {error:?}"),
    }
    for n in 0..5 {
        ensure_eq!(marks.count(&format!("tried-{n}")), 2, "how often task {n} ran");
    }
    Ok(())
}

fn last(fixture: &Fixture) -> Checked {
    let marks = fixture.marks()?;
    let parallel = fixture.parallel().retries(3);
    let results = fixture.all(&parallel, [works_after::delayed(marks.path(), 8, 3)])?;
    ensure_eq!(results, [8], "the result of the fourth try");
    Ok(())
}

fn one_shot(fixture: &Fixture) -> Checked {
    let marks = fixture.marks()?;
    let tasks = [fails_with_ticket::delayed(Ticket(marks.path()))];
    let each = fixture.each(&fixture.parallel().retries(3), tasks)?;
    ensure!(each.iter().all(Result::is_err), "a task that always fails did not");
    ensure_eq!(marks.count("tried"), 1, "how often the task ran");
    Ok(())
}
