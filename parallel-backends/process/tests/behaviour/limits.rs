//! Time limits and cancelling.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use larder_core::parallel::{CancelToken, TaskErrorKind};
use larder_core::task;

use super::{mark, marks, square, two, watched};

#[task(crate = larder_core)]
fn hangs(n: u64, hang: bool) -> u64 {
    if hang {
        loop {
            thread::park();
        }
    }
    n
}

#[task(crate = larder_core)]
fn spins(duration: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < duration {
        std::hint::spin_loop();
    }
}

#[task(crate = larder_core)]
fn begins_and_hangs(file: PathBuf) {
    mark(&file);
    loop {
        std::hint::black_box(());
    }
}

#[test]
fn the_task_that_takes_too_long_is_told_and_no_other() {
    for at in [0, 7, 19] {
        let results = watched(move || {
            let limited = two().timeout(Duration::from_millis(300)).batch_size(20);
            limited.run_each((0..20).map(|n| hangs::delayed(n, n == at))).unwrap()
        });
        for (n, result) in (0..).zip(results) {
            match result {
                Err(error) if n == at => assert_eq!(error.kind(), TaskErrorKind::TimedOut),
                result => assert_eq!(result.unwrap(), n),
            }
        }
    }
}

#[test]
fn the_clock_of_a_task_starts_with_it() {
    // Ten of these take longer than each may.
    let (each, limit) = (Duration::from_millis(100), Duration::from_millis(900));
    watched(move || {
        two().n_jobs(1).timeout(limit).batch_size(10).run((0..10).map(|_| spins::delayed(each)))
    })
    .unwrap();
}

#[test]
fn a_short_limit_after_a_long_one_is_kept() {
    watched(|| {
        let one = two().n_jobs(1);
        one.clone().timeout(Duration::from_secs(3600)).run([square::delayed(1)]).unwrap();
        let error = one.timeout(Duration::from_millis(50)).run([hangs::delayed(1, true)]);
        assert!(error.unwrap_err().is_timeout());
    });
}

#[test]
fn cancelling_ends_tasks_that_never_end_and_the_next_call_works() {
    watched(|| {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("began");
        let token = CancelToken::new();
        let error = thread::scope(|scope| {
            scope.spawn(|| {
                while marks(&file) < 2 {
                    thread::yield_now();
                }
                token.cancel();
            });
            let tasks = (0..2).map(|_| begins_and_hangs::delayed(file.clone()));
            two().cancel_token(&token).batch_size(1).run(tasks).unwrap_err()
        });
        assert!(error.is_cancelled(), "{error}");
        assert_eq!(two().run((0..4).map(square::delayed)).unwrap(), [0, 1, 4, 9]);
    });
}
