//! When a call is over, nothing of it still runs, and nothing of it is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use larder_core::delayed;
use larder_core::parallel::CancelToken;

use crate::failure::{Checked, Failure, ensure, ensure_eq};
use crate::need::Need;
use crate::parallel::case::{ParallelAbility, ParallelCase};
use crate::parallel::fixture::Fixture;
use crate::parallel::marks::Marks;
use crate::parallel::tasks::{fails_after, waits};

pub(super) const CASES: &[ParallelCase] = &[
    ParallelCase::new("left.all_done", "a call returns when every task has ended", &[], all_done),
    ParallelCase::new(
        "left.after_cancel",
        "a cancelled call returns when nothing of it runs any more",
        &[],
        after_cancel,
    ),
    ParallelCase::new(
        "left.after_failure",
        "a call that failed returns when nothing of it runs any more",
        &[Need::Has(ParallelAbility::Concurrent)],
        after_failure,
    ),
    ParallelCase::new(
        "left.after_drop",
        "once results are dropped, nothing of their call runs any more",
        &[],
        after_drop,
    ),
    ParallelCase::new(
        "left.released",
        "what closures own is released when the call is over",
        &[Need::Has(ParallelAbility::SharedMemory)],
        released,
    ),
];

/// How long a call that waits for its tasks, as it must, is given to return too early.
const PATIENCE: Duration = Duration::from_millis(200);

fn all_done(fixture: &Fixture) -> Checked {
    let marks = fixture.marks()?;
    fixture.all(&fixture.parallel(), (0..50).map(|n| waits::delayed(marks.path(), n, None)))?;
    ensure_eq!(marks.beginning_with("ended-"), 50, "how many tasks have ended");
    Ok(())
}

fn after_cancel(fixture: &Fixture) -> Checked {
    let (token, marks) = (CancelToken::new(), fixture.marks()?);
    let parallel = fixture.parallel().cancel_token(&token);
    over_when_ended(
        &marks,
        || token.cancel(),
        || {
            let outcome = parallel.run([waits::delayed(marks.path(), 0, Some("go".to_owned()))]);
            ensure!(outcome.is_err(), "a cancelled call returned results");
            Ok(())
        },
    )
}

fn after_failure(fixture: &Fixture) -> Checked {
    let marks = fixture.marks()?;
    over_when_ended(
        &marks,
        || (),
        || {
            let outcome = fixture.parallel().batch_size(1).run([
                waits::delayed(marks.path(), 0, Some("go".to_owned())),
                fails_after::delayed(marks.path(), "began-0".to_owned()),
            ]);
            ensure!(outcome.is_err(), "a call one of whose tasks panicked returned results");
            Ok(())
        },
    )
}

fn after_drop(fixture: &Fixture) -> Checked {
    let marks = fixture.marks()?;
    over_when_ended(
        &marks,
        || (),
        || {
            let tasks = [waits::delayed(marks.path(), 0, Some("go".to_owned()))];
            let results = fixture.parallel().iter_unordered(tasks)?;
            if fixture.workers(2)? > 1 {
                marks.wait_for("began-0");
            }
            drop(results);
            Ok(())
        },
    )
}

/// Runs `call`, whose task 0 waits for the mark `go`, and ends it by `end` once that task has begun. Either the call
/// waits for the mark, or the task was ended before it is set.
fn over_when_ended(
    marks: &Marks,
    end: impl FnOnce() + Send,
    call: impl FnOnce() -> Checked,
) -> Checked {
    let is_over = AtomicBool::new(false);
    let outcome = thread::scope(|scope| {
        let returned_early = scope.spawn(|| {
            marks.wait_for("began-0");
            end();
            let begun = Instant::now();
            while begun.elapsed() < PATIENCE && !is_over.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(1));
            }
            let returned_early = is_over.load(Ordering::SeqCst);
            marks.set("go");
            returned_early
        });
        let outcome = call();
        is_over.store(true, Ordering::SeqCst);
        // A call that never began its task must not be waited for.
        if marks.count("began-0") == 0 {
            marks.set("began-0");
        }
        let returned_early = returned_early.join();
        outcome?;
        returned_early.map_err(|_| Failure("the case's own thread panicked".into()))
    })?;
    ensure!(!outcome || !marks.comes("ended-0"), "a task still ran when its call was over");
    Ok(())
}

fn released(fixture: &Fixture) -> Checked {
    for fails_at in [None, Some(30)] {
        let owned = Arc::new(());
        let tasks = (0..100).map(|n| {
            let owned = owned.clone();
            delayed(move || {
                let _owned = owned;
                assert!(Some(n) != fails_at, "no {n}");
            })
        });
        let outcome = fixture.parallel().run(tasks);
        ensure_eq!(outcome.is_err(), fails_at.is_some(), "whether the call failed");
        ensure_eq!(Arc::strong_count(&owned), 1, "who still has what a closure owned");
    }
    Ok(())
}
