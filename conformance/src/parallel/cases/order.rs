//! Each task runs once, and its result stands in its place.

use crate::failure::{Checked, ensure, ensure_eq};
use crate::need::Need;
use crate::parallel::case::{ParallelAbility, ParallelCase};
use crate::parallel::fixture::Fixture;
use crate::parallel::tasks::{leaves_mark, square, waits};

pub(super) const CASES: &[ParallelCase] = &[
    ParallelCase::new("order.results", "results are in the order of their tasks", &[], results),
    ParallelCase::new(
        "order.late",
        "results are in order also when the first task is the last to end",
        &[Need::Has(ParallelAbility::Concurrent)],
        late,
    ),
    ParallelCase::new("order.once", "every task runs once", &[], once),
];

fn results(fixture: &Fixture) -> Checked {
    for batch_size in [1, 7] {
        let parallel = fixture.parallel().batch_size(batch_size);
        let squares = fixture.all(&parallel, (0..200).map(square::delayed))?;
        ensure!(squares.into_iter().eq((0..200).map(|n| n * n)), "results are not in order");
    }
    Ok(())
}

fn late(fixture: &Fixture) -> Checked {
    let marks = fixture.marks()?;
    let until = |n| (n == 0).then(|| "ended-9".to_owned());
    let tasks = (0..10).map(|n| waits::delayed(marks.path(), n, until(n)));
    let results = fixture.all(&fixture.parallel().batch_size(1), tasks)?;
    ensure!(results.into_iter().eq(0..10), "results are not in order");
    Ok(())
}

fn once(fixture: &Fixture) -> Checked {
    let marks = fixture.marks()?;
    let tasks = (0..200).map(|n| leaves_mark::delayed(marks.path(), n));
    let results = fixture.all(&fixture.parallel(), tasks)?;
    ensure!(results.into_iter().eq(0..200), "results are not in order");
    for n in 0..200 {
        ensure_eq!(marks.count(&format!("ran-{n}")), 1, "how often task {n} ran");
    }
    Ok(())
}
