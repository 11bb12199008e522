//! How evenly work is spread over the workers.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use larder_core::{Delayed, Parallel, delayed};

use super::{two, watched};

const SHORT: (usize, Duration) = (1000, Duration::from_micros(20));
const LONG: (usize, Duration) = (20, Duration::from_millis(5));

/// How much longer a call takes than the ideal: both workers busy with nothing but tasks until the end.
fn overhead(run: impl FnOnce(Vec<Delayed<'_, ()>>)) -> f64 {
    let busy = AtomicU64::new(0);
    let task = |length: Duration| {
        let busy = &busy;
        delayed(move || {
            let begun = Instant::now();
            while begun.elapsed() < length {
                std::hint::spin_loop();
            }
            // With what it waited for a processor, on a busy machine.
            busy.fetch_add(begun.elapsed().as_nanos() as u64, Relaxed);
        })
    };
    let lengths = [SHORT, LONG].into_iter().flat_map(|(tasks, length)| vec![length; tasks]);
    let tasks: Vec<_> = lengths.map(task).collect();
    let begun = Instant::now();
    run(tasks);
    begun.elapsed().as_secs_f64() / Duration::from_nanos(busy.load(Relaxed) / 2).as_secs_f64()
}

#[test]
fn long_tasks_after_short_ones_end_together() {
    let known = |parallel: &Parallel| overhead(|tasks| drop(parallel.run(tasks).unwrap()));
    let unknown = |parallel: &Parallel| {
        overhead(|tasks| drop(parallel.run(tasks.into_iter().filter(|_| true)).unwrap()))
    };
    watched(move || {
        // A disturbed round says nothing; where the spread is uneven, every round is.
        assert!((0..50).any(|_| known(&two()) <= 1.2), "the number of tasks is known");
        assert!((0..50).any(|_| unknown(&two()) <= 1.2), "the number of tasks is not known");
        // As it is seen here: with half of the tasks a batch, one worker gets all the long ones.
        let halves = two().batch_size((SHORT.0 + LONG.0) / 2);
        assert!(known(&halves) > 1.2, "one batch has all long tasks");
    });
}
