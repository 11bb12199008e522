//! Results that are taken one by one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::failure::{Checked, Failure, ensure, ensure_eq};
use crate::need::Need;
use crate::parallel::case::{ParallelAbility, ParallelCase};
use crate::parallel::fixture::Fixture;
use crate::parallel::tasks::{square, unlucky, waits};

pub(super) const CASES: &[ParallelCase] = &[
    ParallelCase::new("stream.in_order", "iter gives the results in order", &[], in_order),
    ParallelCase::new(
        "stream.as_they_come",
        "iter_unordered gives each result once",
        &[],
        unordered,
    ),
    ParallelCase::new(
        "stream.fastest_first",
        "iter_unordered does not wait for a slow task",
        &[Need::Has(ParallelAbility::Concurrent)],
        fastest_first,
    ),
    ParallelCase::new(
        "stream.slow_consumer",
        "who takes few results has few tasks made",
        &[],
        slow_consumer,
    ),
    ParallelCase::new(
        "stream.dropped",
        "dropping results ends a call without end, and frees its tasks",
        &[],
        dropped,
    ),
    ParallelCase::new("stream.failure", "a failure is that of one item", &[], failure),
    ParallelCase::new("stream.stages", "the results of one call feed another", &[], stages),
];

fn in_order(fixture: &Fixture) -> Checked {
    let squares = fixture.parallel().iter((0..3000).map(square::delayed))?;
    let mut count = 0;
    for (n, square) in (0..).zip(squares) {
        ensure_eq!(square?, n * n, "result {n} of a stream");
        count += 1;
    }
    ensure_eq!(count, 3000, "the number of results");
    Ok(())
}

fn unordered(fixture: &Fixture) -> Checked {
    let mut seen = vec![0; 3000];
    for (index, square) in fixture.parallel().iter_unordered((0..3000).map(square::delayed))? {
        ensure_eq!(square?, (index * index) as u64, "the result of task {index}");
        seen[index] += 1;
    }
    ensure!(seen.iter().all(|count| *count == 1), "some results came twice, or never");
    Ok(())
}

fn fastest_first(fixture: &Fixture) -> Checked {
    let marks = fixture.marks()?;
    let (path, until) = (marks.path(), |n| (n == 0).then(|| "go".to_owned()));
    let tasks = (0..10).map(move |n| waits::delayed(path.clone(), n, until(n)));
    let parallel = fixture.parallel().batch_size(1).pre_dispatch("all");
    let mut results = parallel.iter_unordered(tasks)?;
    for _ in 0..9 {
        let next = results.next().ok_or_else(|| Failure("the stream ended early".into()))?;
        ensure!(next.0 != 0, "the slow task's result came early");
    }
    marks.set("go");
    ensure_eq!(results.next().map(|next| next.0), Some(0), "the last task");
    ensure!(results.next().is_none(), "the stream goes on after its last task");
    Ok(())
}

fn slow_consumer(fixture: &Fixture) -> Checked {
    let bound = 10 + 2 * fixture.workers(2)?.max(5);
    let pulled = Arc::new(AtomicUsize::new(0));
    let count = pulled.clone();
    let tasks = (0..1_000_000).inspect(move |_| _ = count.fetch_add(1, Ordering::Relaxed));
    let mut results = fixture.parallel().iter(tasks.map(square::delayed))?;
    for n in 0..10 {
        let next = results.next().ok_or_else(|| Failure("the stream ended early".into()))?;
        ensure_eq!(next?, n * n, "result {n} of a stream");
    }
    drop(results);
    let pulled = pulled.load(Ordering::Relaxed);
    ensure!(pulled <= bound, "for 10 results, {pulled} tasks were made");
    Ok(())
}

fn dropped(fixture: &Fixture) -> Checked {
    for taken in [0, 1, 20] {
        let alive = Arc::new(());
        let guard = alive.clone();
        let tasks = (0..).map(move |n| {
            let _ = &guard;
            square::delayed(n)
        });
        let mut results = fixture.parallel().iter_unordered(tasks)?;
        for _ in 0..taken {
            let next = results.next().ok_or_else(|| Failure("the stream ended early".into()))?;
            next.1?;
        }
        drop(results);
        ensure_eq!(Arc::strong_count(&alive), 1, "who still has the iterator of tasks");
    }
    Ok(())
}

fn failure(fixture: &Fixture) -> Checked {
    let how = |n| if n == 50 { "unlucky" } else { "" };
    let tasks = (0..100).map(move |n| unlucky::delayed(n, how(n)));
    let results: Vec<_> = fixture.parallel().batch_size(6).iter(tasks)?.collect();
    ensure_eq!(results.len(), 100, "the number of results");
    for (n, result) in (0..).zip(results) {
        match result {
            Ok(result) if n != 50 => ensure_eq!(result, n, "the result of task {n}"),
            Err(error) if n == 50 => ensure_eq!(error.index(), 50, "the task that {error}"),
            other => ensure!(false, "task 50 fails, and task {n} came to {other:?}"),
        }
    }
    Ok(())
}

fn stages(fixture: &Fixture) -> Checked {
    let squares = fixture.parallel().iter((0..300).map(square::delayed))?;
    let fourths = squares.map(|square| square::delayed(square.unwrap_or(u64::MAX)));
    for (n, fourth) in (0u64..).zip(fixture.parallel().iter(fourths)?) {
        ensure_eq!(fourth?, n.pow(4), "result {n} of the second stage");
    }
    Ok(())
}
