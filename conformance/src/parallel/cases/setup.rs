//! The task that every worker runs before its first.

use crate::failure::{Checked, ensure};
use crate::parallel::case::ParallelCase;
use crate::parallel::fixture::Fixture;
use crate::parallel::tasks::{is_prepared, leaves_mark, prepares, unprepared};

pub(super) const CASES: &[ParallelCase] = &[
    ParallelCase::new("setup.first", "the initializer runs before any task", &[], first),
    ParallelCase::new("setup.fails", "if the initializer panics, the call fails", &[], fails),
];

fn first(fixture: &Fixture) -> Checked {
    let marks = fixture.marks()?;
    let parallel = fixture.parallel().initializer(prepares::delayed(marks.path()));
    let tasks = (0..20).map(|_| is_prepared::delayed(marks.path()));
    ensure!(fixture.all(&parallel, tasks)?.into_iter().all(|is| is), "a task ran unprepared");
    Ok(())
}

fn fails(fixture: &Fixture) -> Checked {
    let marks = fixture.marks()?;
    let parallel = fixture.parallel().initializer(unprepared::delayed());
    match parallel.run((0..20).map(|n| leaves_mark::delayed(marks.path(), n))) {
        Ok(_) => ensure!(false, "the initializer panicked, but the call did not fail"),
        Err(error) => {
            let text = error.to_string();
            ensure!(text.contains("out of flour"), "what the initializer said is lost: {text}");
        }
    }
    ensure!(marks.beginning_with("ran-") == 0, "a task ran though its worker was not prepared");
    Ok(())
}
