//! The iterator of tasks is the caller's: what it does is respected.

use std::iter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::failure::{Checked, Failure, ensure, ensure_eq};
use crate::parallel::case::ParallelCase;
use crate::parallel::fixture::Fixture;
use crate::parallel::tasks::{square, waits};
use crate::watch::panic_text;

pub(super) const CASES: &[ParallelCase] = &[
    ParallelCase::new(
        "lazy.bounded",
        "tasks are taken as earlier ones are done: no more than pre_dispatch are under way",
        &[],
        bounded,
    ),
    ParallelCase::new("lazy.ends", "an iterator that ended is not asked again", &[], ends),
    ParallelCase::new("lazy.panics", "a panic of the iterator is that of the call", &[], panics),
];

fn bounded(fixture: &Fixture) -> Checked {
    for limit in [1usize, 3] {
        let (marks, most) = (fixture.marks()?, AtomicUsize::new(0));
        let tasks = (0..40).map(|n| {
            let under_way = n + 1 - marks.beginning_with("ended-");
            most.fetch_max(under_way, Ordering::Relaxed);
            waits::delayed(marks.path(), n as u64, None)
        });
        let results = fixture.all(&fixture.parallel().pre_dispatch(limit), tasks)?;
        ensure!(results.into_iter().eq(0..40), "results are not in order");
        let most = most.into_inner();
        ensure!(most <= limit, "{most} tasks were under way with pre_dispatch = {limit}");
    }
    Ok(())
}

fn ends(fixture: &Fixture) -> Checked {
    let mut n = 0;
    let not_fused = iter::from_fn(move || {
        n += 1;
        (n % 51 != 0).then(|| square::delayed(n))
    });
    let squares = fixture.all(&fixture.parallel(), not_fused)?;
    ensure_eq!(squares.len(), 50, "the number of tasks before the end");
    Ok(())
}

fn panics(fixture: &Fixture) -> Checked {
    let tasks = || {
        (0..1000).map(|n| {
            assert!(n != 50, "no task 50");
            square::delayed(n)
        })
    };
    let parallel = fixture.parallel();
    let ran = catch_unwind(AssertUnwindSafe(|| parallel.run(tasks()).is_ok()));
    let streamed = catch_unwind(AssertUnwindSafe(|| parallel.iter(tasks()).map(Iterator::count)));
    for outcome in [ran.map(drop), streamed.map(drop)] {
        let panic = outcome.err().ok_or_else(|| Failure("the iterator's panic is lost".into()))?;
        ensure_eq!(panic_text(&*panic), "no task 50", "what the panic said");
    }
    Ok(())
}
