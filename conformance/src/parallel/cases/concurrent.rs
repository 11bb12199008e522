//! Workers work at the same time.

use crate::failure::Checked;
use crate::need::Need;
use crate::parallel::case::{ParallelAbility, ParallelCase};
use crate::parallel::fixture::Fixture;
use crate::parallel::tasks::meets;

pub(super) const CASES: &[ParallelCase] = &[ParallelCase::new(
    "concurrent.two_at_once",
    "two workers run two tasks at once",
    &[Need::Has(ParallelAbility::Concurrent)],
    two_at_once,
)];

fn two_at_once(fixture: &Fixture) -> Checked {
    for _ in 0..5 {
        let marks = fixture.marks()?;
        let meet =
            |own: &str, other: &str| meets::delayed(marks.path(), own.to_owned(), other.to_owned());
        fixture.all(&fixture.parallel().batch_size(1), [meet("a", "b"), meet("b", "a")])?;
    }
    Ok(())
}
