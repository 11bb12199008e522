//! Calls that are ended from outside.

use std::iter;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use larder_core::delayed;
use larder_core::parallel::CancelToken;

use crate::failure::{Checked, Failure, ensure, ensure_eq};
use crate::need::Need;
use crate::parallel::case::{ParallelAbility, ParallelCase};
use crate::parallel::fixture::Fixture;
use crate::parallel::tasks::{square, waits};

pub(super) const CASES: &[ParallelCase] = &[
    ParallelCase::new(
        "cancel.before",
        "a call cancelled before it began takes no task",
        &[],
        before,
    ),
    ParallelCase::new(
        "cancel.other_thread",
        "a token cancelled on another thread ends a call without end, and frees its tasks",
        &[],
        other_thread,
    ),
    ParallelCase::new(
        "cancel.from_task",
        "a task may cancel its own call",
        &[Need::Has(ParallelAbility::SharedMemory)],
        from_task,
    ),
    ParallelCase::new(
        "cancel.prompt",
        "once cancelled, no more tasks are begun than were under way",
        &[],
        prompt,
    ),
    ParallelCase::new(
        "cancel.ends_tasks",
        "a backend that can ends running tasks when their call is cancelled",
        &[Need::Has(ParallelAbility::Preemptive)],
        ends_tasks,
    ),
];

fn is_cancelled<T>(outcome: larder_core::Result<T>) -> Checked {
    match outcome {
        Err(error) if error.is_cancelled() => Ok(()),
        Err(error) => Err(Failure(format!("a cancelled call returned {error:?}"))),
        Ok(_) => Err(Failure("a cancelled call returned results".into())),
    }
}

fn before(fixture: &Fixture) -> Checked {
    let token = CancelToken::new();
    token.cancel();
    let pulled = AtomicUsize::new(0);
    let tasks = (0..100).inspect(|_| _ = pulled.fetch_add(1, Ordering::Relaxed));
    let parallel = fixture.parallel().cancel_token(&token);
    is_cancelled(parallel.run(tasks.map(square::delayed)))?;
    ensure_eq!(pulled.into_inner(), 0, "how many tasks were taken");
    Ok(())
}

fn other_thread(fixture: &Fixture) -> Checked {
    let (token, pulled) = (CancelToken::new(), Arc::new(AtomicUsize::new(0)));
    let parallel = fixture.parallel().cancel_token(&token);
    let is_over = AtomicBool::new(false);
    let outcome = thread::scope(|scope| {
        scope.spawn(|| {
            while pulled.load(Ordering::Relaxed) < 100 && !is_over.load(Ordering::Relaxed) {
                thread::yield_now();
            }
            token.cancel();
        });
        let count = pulled.clone();
        let tasks = (0..).inspect(move |_| _ = count.fetch_add(1, Ordering::Relaxed));
        let outcome = parallel.run(tasks.map(square::delayed));
        is_over.store(true, Ordering::Relaxed);
        outcome
    });
    is_cancelled(outcome)?;
    ensure_eq!(Arc::strong_count(&pulled), 1, "who still has the iterator of tasks");
    Ok(())
}

fn from_task(fixture: &Fixture) -> Checked {
    for cancels in [0, 30] {
        let token = &CancelToken::new();
        let cancel = move |n| {
            if n == cancels {
                token.cancel()
            }
        };
        let tasks = (0..).map(|n| delayed(move || cancel(n)));
        is_cancelled(fixture.parallel().cancel_token(token).run(tasks))?;
    }
    Ok(())
}

fn prompt(fixture: &Fixture) -> Checked {
    const COUNT: u64 = 500;
    let (token, marks) = (CancelToken::new(), fixture.marks()?);
    let parallel = fixture.parallel().cancel_token(&token).batch_size(1).pre_dispatch("all");
    let outcome = thread::scope(|scope| {
        scope.spawn(|| {
            marks.wait_for("began-0");
            token.cancel();
            marks.set("go");
        });
        let task = |n| waits::delayed(marks.path(), n, Some("go".to_owned()));
        let outcome = parallel.run((0..COUNT).map(task));
        marks.set("began-0"); // also where no task has begun
        outcome
    });
    is_cancelled(outcome)?;
    let begun = marks.beginning_with("began-");
    ensure!(begun < 100, "{begun} of {COUNT} tasks were begun, the first of which was cancelled");
    Ok(())
}

fn ends_tasks(fixture: &Fixture) -> Checked {
    let (token, marks) = (CancelToken::new(), fixture.marks()?);
    let parallel = fixture.parallel().cancel_token(&token);
    let outcome = thread::scope(|scope| {
        scope.spawn(|| {
            marks.wait_for("began-0");
            token.cancel();
        });
        let never = Some("nobody sets this".to_owned());
        let outcome = parallel.run(iter::once(waits::delayed(marks.path(), 0, never)));
        marks.set("began-0"); // also where no task has begun
        outcome
    });
    is_cancelled(outcome)
}
