//! However tasks are cut into batches.

use crate::failure::{Checked, ensure};
use crate::parallel::case::ParallelCase;
use crate::parallel::fixture::Fixture;
use crate::parallel::tasks::{square, unlucky};

pub(super) const CASES: &[ParallelCase] = &[
    ParallelCase::new("batch.sizes", "batches may be of any size", &[], sizes),
    ParallelCase::new(
        "batch.mates",
        "a task that fails does not harm the others of its batch",
        &[],
        mates,
    ),
];

fn sizes(fixture: &Fixture) -> Checked {
    for batch_size in [1, 2, 33, 100, 1000] {
        let parallel = fixture.parallel().batch_size(batch_size);
        let squares = fixture.all(&parallel, (0..100).map(square::delayed))?;
        let right = squares.into_iter().eq((0..100).map(|n| n * n));
        ensure!(right, "results are wrong in batches of {batch_size}");
    }
    Ok(())
}

fn mates(fixture: &Fixture) -> Checked {
    let parallel = fixture.parallel().batch_size(10);
    let how = |n| if n % 10 == 4 { "unlucky" } else { "" };
    let each = fixture.each(&parallel, (0..30).map(|n| unlucky::delayed(n, how(n))))?;
    for (n, result) in each.into_iter().enumerate() {
        ensure!(
            result.as_ref().ok() == (n % 10 != 4).then_some(&(n as u64)),
            "task {n}, whose batch has one that fails, came to {result:?}"
        );
    }
    Ok(())
}
