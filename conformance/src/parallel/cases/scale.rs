//! Nothing, few, many; small and large.

use std::iter;

use larder_core::parallel::Delayed;

use crate::failure::{Checked, ensure, ensure_eq};
use crate::parallel::case::ParallelCase;
use crate::parallel::fixture::Fixture;
use crate::parallel::tasks::{bytes, square, total};

pub(super) const CASES: &[ParallelCase] = &[
    ParallelCase::new("scale.none", "no tasks have no results", &[], none),
    ParallelCase::new("scale.one", "one task is enough", &[], one),
    ParallelCase::new("scale.few", "there may be more workers than tasks", &[], few),
    ParallelCase::new("scale.many", "100 000 tiny tasks have all their results", &[], many),
    ParallelCase::new("scale.results", "large results come back as they are", &[], results),
    ParallelCase::new("scale.arguments", "large arguments arrive as they are", &[], arguments),
];

fn none(fixture: &Fixture) -> Checked {
    let parallel = fixture.parallel();
    let no_tasks = || iter::empty::<Delayed<'static, u64>>();
    ensure!(fixture.all(&parallel, no_tasks())?.is_empty(), "no tasks had results");
    ensure!(parallel.iter(no_tasks())?.next().is_none(), "no tasks had a result to stream");
    Ok(())
}

fn one(fixture: &Fixture) -> Checked {
    let found = fixture.all(&fixture.parallel(), [square::delayed(12)])?;
    ensure_eq!(found, [144], "the results of one task");
    Ok(())
}

fn few(fixture: &Fixture) -> Checked {
    let parallel = fixture.parallel().n_jobs(8);
    for _ in 0..10 {
        let found = fixture.all(&parallel, (0..3).map(square::delayed))?;
        ensure_eq!(found, [0, 1, 4], "the results of three tasks for eight workers");
    }
    Ok(())
}

fn many(fixture: &Fixture) -> Checked {
    let squares = fixture.all(&fixture.parallel(), (0..100_000).map(square::delayed))?;
    ensure_eq!(squares.len(), 100_000, "the number of results");
    ensure!(squares.into_iter().eq((0..100_000).map(|n| n * n)), "results are not in order");
    Ok(())
}

fn results(fixture: &Fixture) -> Checked {
    const SIZES: [usize; 6] = [0, 1, 4096, 65_537, 1 << 20, 5_000_000];
    let tasks = || SIZES.iter().zip(0..).map(|(&len, seed)| (seed, len));
    let found = fixture.all(&fixture.parallel(), tasks().map(|(s, len)| bytes::delayed(s, len)))?;
    for ((seed, len), found) in tasks().zip(found) {
        ensure_eq!(found.len(), len, "the length of a result");
        ensure!(found == bytes(seed, len), "a result of {len} bytes is another");
    }
    Ok(())
}

fn arguments(fixture: &Fixture) -> Checked {
    let numbers: Vec<f64> = (0..1_000_000).map(f64::from).collect();
    let slices = || [1, 1000, 100_000, 1_000_000].map(|len| &numbers[..len]);
    for _ in 0..2 {
        let totals = fixture.all(&fixture.parallel(), slices().map(total::delayed))?;
        ensure_eq!(totals, slices().map(total), "sums of what was lent");
    }
    Ok(())
}
