//! The memory in scope of a call is that of its tasks.

use larder_core::Memory;

use crate::failure::{Checked, Failure, ensure, ensure_eq};
use crate::need::Need;
use crate::parallel::case::{ParallelAbility, ParallelCase};
use crate::parallel::fixture::Fixture;
use crate::parallel::tasks::remembered;

const NEEDS: &[Need<ParallelAbility>] = &[Need::Has(ParallelAbility::Memory)];

pub(super) const CASES: &[ParallelCase] = &[
    ParallelCase::new(
        "memory.ambient",
        "memoized tasks use the memory in scope of the call",
        NEEDS,
        ambient,
    ),
    ParallelCase::new("memory.once", "what many tasks ask for is computed once", NEEDS, once),
];

fn open(fixture: &Fixture) -> Checked<Memory> {
    let open = fixture.memory.as_ref().ok_or_else(|| Failure("no memory".into()))?;
    open().map_err(|error| Failure(format!("no memory: {error:?}")))
}

fn ambient(fixture: &Fixture) -> Checked {
    let (memory, marks) = (open(fixture)?, fixture.marks()?);
    let tasks = || (0..20).map(|n| remembered::delayed(marks.path(), n));
    for round in 0..2 {
        let results = memory.scope(|| fixture.all(&fixture.parallel(), tasks()))?;
        ensure!(results.into_iter().eq(1..21), "results are wrong in round {round}");
    }
    let path = marks.path();
    let tasks = (0..20).map(move |n| remembered::delayed(path.clone(), n));
    let streamed = memory.scope(|| fixture.parallel().iter(tasks))?;
    ensure_eq!(
        streamed.flatten().sum::<u64>(),
        (1..21).sum::<u64>(),
        "the sum of streamed results"
    );
    for n in 0..20 {
        ensure_eq!(marks.count(&format!("computed-{n}")), 1, "how often key {n} was computed");
    }
    Ok(())
}

fn once(fixture: &Fixture) -> Checked {
    let (memory, marks) = (open(fixture)?, fixture.marks()?);
    let tasks = (0..200).map(|n| remembered::delayed(marks.path(), n % 4));
    let results = memory.scope(|| fixture.all(&fixture.parallel(), tasks))?;
    ensure!(results.into_iter().eq((0..200).map(|n| n % 4 + 1)), "results are wrong");
    for n in 0..4 {
        ensure_eq!(marks.count(&format!("computed-{n}")), 1, "how often key {n} was computed");
    }
    Ok(())
}
