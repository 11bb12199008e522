//! Many calls of one backend.

use larder_core::parallel::CancelToken;

use crate::crowd::together;
use crate::failure::{Checked, ensure};
use crate::need::Need;
use crate::parallel::case::{ParallelAbility, ParallelCase};
use crate::parallel::fixture::Fixture;
use crate::parallel::tasks::{meets, square, unlucky};

pub(super) const CASES: &[ParallelCase] = &[
    ParallelCase::new("calls.at_once", "calls from many threads do not mix", &[], at_once),
    ParallelCase::new(
        "calls.beside",
        "a call does not wait for another to end",
        &[Need::Has(ParallelAbility::Concurrent)],
        beside,
    ),
    ParallelCase::new(
        "calls.again",
        "after calls that failed or were cancelled, the next one is as good as the first",
        &[],
        again,
    ),
];

fn at_once(fixture: &Fixture) -> Checked {
    together(8, |thread| {
        for _ in 0..5 {
            let from = 1000 * thread;
            let numbers = from..from + 50;
            let squares = fixture.all(&fixture.parallel(), numbers.clone().map(square::delayed))?;
            ensure!(squares.into_iter().eq(numbers.map(|n| n * n)), "calls at once are mixed up");
        }
        Ok(())
    })?;
    Ok(())
}

fn beside(fixture: &Fixture) -> Checked {
    let marks = fixture.marks()?;
    together(2, |n| {
        let meet = meets::delayed(marks.path(), format!("call {n}"), format!("call {}", 1 - n));
        fixture.all(&fixture.parallel(), [meet])
    })?;
    Ok(())
}

fn again(fixture: &Fixture) -> Checked {
    let cancelled = CancelToken::new();
    cancelled.cancel();
    for _ in 0..5 {
        let each =
            fixture.each(&fixture.parallel(), (0..4).map(|n| unlucky::delayed(n, "lost")))?;
        ensure!(each.iter().all(Result::is_err), "tasks that panic did not fail");
        let failed = fixture.parallel().run((0..4).map(|n| unlucky::delayed(n, "lost")));
        ensure!(failed.is_err(), "a call whose tasks panic did not fail");
        let parallel = fixture.parallel().cancel_token(&cancelled);
        ensure!(parallel.run([square::delayed(1)]).is_err(), "a cancelled call returned a result");
        let squares = fixture.all(&fixture.parallel(), (0..20).map(square::delayed))?;
        ensure!(squares.into_iter().eq((0..20).map(|n| n * n)), "results are not in order");
    }
    Ok(())
}
