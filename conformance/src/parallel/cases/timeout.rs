//! Time limits of tasks.

use std::time::Duration;

use larder_core::parallel::TaskErrorKind;

use crate::failure::{Checked, Failure, ensure, ensure_eq};
use crate::need::Need;
use crate::parallel::case::{ParallelAbility, ParallelCase};
use crate::parallel::fixture::Fixture;
use crate::parallel::tasks::{overruns, square, waits};

pub(super) const CASES: &[ParallelCase] = &[
    ParallelCase::new("timeout.told", "a task that took too long is told", &[], told),
    ParallelCase::new("timeout.within", "a task within its time is not affected", &[], within),
    ParallelCase::new(
        "timeout.ends_task",
        "a backend that can ends a task that takes too long, and no other",
        &[Need::Has(ParallelAbility::Preemptive)],
        ends_task,
    ),
];

fn told(fixture: &Fixture) -> Checked {
    let limit = Duration::from_millis(1);
    let parallel = fixture.parallel().timeout(limit);
    for result in fixture.each(&parallel, (0..3).map(|_| overruns::delayed(limit)))? {
        match result {
            Ok(()) => return Err(Failure("a task that took too long was not told".into())),
            Err(error) => ensure_eq!(error.kind(), TaskErrorKind::TimedOut, "the kind of {error}"),
        }
    }
    match parallel.run([overruns::delayed(limit)]) {
        Err(error) => ensure!(error.is_timeout(), "a call that timed out returned {error:?}"),
        Ok(_) => ensure!(false, "a call whose task took too long returned its result"),
    }
    Ok(())
}

fn within(fixture: &Fixture) -> Checked {
    let parallel = fixture.parallel().timeout(Duration::from_secs(3600));
    let squares = fixture.all(&parallel, (0..100).map(square::delayed))?;
    ensure!(squares.into_iter().eq((0..100).map(|n| n * n)), "results are not in order");
    Ok(())
}

fn ends_task(fixture: &Fixture) -> Checked {
    let marks = fixture.marks()?;
    let until = |n| (n == 1).then(|| "nobody sets this".to_owned());
    let tasks = (0..4).map(|n| waits::delayed(marks.path(), n, until(n)));
    let parallel = fixture.parallel().timeout(Duration::from_secs(2)).batch_size(4);
    for (n, result) in (0..).zip(fixture.each(&parallel, tasks)?) {
        match result {
            Ok(result) if n != 1 => ensure_eq!(result, n, "the result of task {n}"),
            Err(error) if n == 1 => {
                ensure_eq!(error.kind(), TaskErrorKind::TimedOut, "the kind of {error}");
            }
            other => ensure!(false, "task 1 never ends, and task {n} came to {other:?}"),
        }
    }
    Ok(())
}
