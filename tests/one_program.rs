//! One program, on whichever backend a word in its configuration names: results, their order and errors are the same.

use std::time::Duration;

use larder::parallel::{TaskErrorKind, TryError};
use larder::{Parallel, task};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

larder::test_worker!();

const BACKENDS: [&str; 3] = ["sequential", "threading", "process"];

/// Two workers of each.
fn on_each(program: impl Fn(Parallel)) {
    for backend in BACKENDS {
        program(Parallel::new().backend(backend).n_jobs(2));
    }
}

#[task]
fn square(n: u64) -> u64 {
    n * n
}

#[task]
fn refuse(n: u64, limit: u64) -> u64 {
    assert!(n != limit, "{n} is too much");
    n
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Odd(u64);

#[task]
fn half(n: u64) -> Result<u64, Odd> {
    if n % 2 == 1 { Err(Odd(n)) } else { Ok(n / 2) }
}

/// With threads of its own.
#[task]
fn sum_below(n: u64) -> u64 {
    (0..n).into_par_iter().sum()
}

/// The later ones end first.
#[task]
fn early_is_slow(n: u64) -> u64 {
    std::thread::sleep(Duration::from_millis(20 - n));
    n
}

/// The sum of squares, by calls inside of calls.
#[task]
fn deep(depth: u64, below: u64) -> u64 {
    if depth == 0 {
        let squares = Parallel::new().n_jobs(2).run((0..below).map(square::delayed));
        return squares.unwrap().into_iter().sum();
    }
    let parts = (0..2).map(|_| deep::delayed(depth - 1, below));
    Parallel::new().n_jobs(2).run(parts).unwrap().into_iter().sum()
}

#[test]
fn results_are_in_order() {
    on_each(|parallel| {
        let found = parallel.clone().batch_size(1).run((0..20).map(early_is_slow::delayed));
        assert!(found.unwrap().into_iter().eq(0..20));
        let squares = parallel.run((0..5000).map(square::delayed)).unwrap();
        assert!(squares.into_iter().eq((0..5000).map(|n| n * n)));
    });
}

#[test]
fn an_error_says_which_task_failed_where_and_how() {
    on_each(|parallel| {
        let error = parallel.run((0..1000).map(|n| refuse::delayed(n, 500))).unwrap_err();
        let failed = error.task().expect("it is about a task");
        assert_eq!(failed.kind(), TaskErrorKind::Panicked);
        assert_eq!((failed.index(), failed.message()), (500, "500 is too much"));
        let task = failed.task();
        let arguments: Vec<_> =
            task.arguments.iter().map(|one| (&*one.name, &*one.value)).collect();
        assert_eq!(arguments, [("n", "500"), ("limit", "500")]);
        assert!(task.function.ends_with("::refuse") && !task.host.is_empty(), "{task:?}");
        assert!(task.worker.is_some_and(|worker| worker < 2), "{task:?}");
        assert!(failed.location().unwrap().contains("one_program.rs:"), "{failed}");
        assert!(failed.backtrace().unwrap().to_string().contains("one_program::refuse"));
    });
}

#[test]
fn a_failure_of_one_of_many_loses_no_other() {
    on_each(|parallel| {
        let each = parallel.run_each((0..1000).map(|n| refuse::delayed(n, 500))).unwrap();
        for (n, result) in (0..).zip(each) {
            match result {
                Err(error) => assert_eq!((n, error.index()), (500, 500)),
                Ok(result) => assert_eq!(result, n),
            }
        }
    });
}

#[test]
fn a_tasks_own_error_arrives_with_its_type() {
    on_each(|parallel| {
        let halves = parallel.try_run((0..100).map(|n| half::delayed(2 * n))).unwrap();
        assert!(halves.into_iter().eq(0..100));
        match parallel.try_run((0..100).map(half::delayed)) {
            Err(TryError::Returned { error, task }) => assert_eq!(error, Odd(task.index as u64)),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn streams_beside_each_other_whose_tasks_have_threads_of_their_own() {
    on_each(|parallel| {
        let sums = || parallel.iter((0..3000).map(sum_below::delayed)).unwrap();
        for (n, (one, other)) in (0..3000u64).zip(sums().zip(sums())) {
            let sum = n * n.saturating_sub(1) / 2;
            assert_eq!((one.unwrap(), other.unwrap()), (sum, sum));
        }
    });
}

#[test]
fn what_is_not_asked_for_is_not_made() {
    on_each(|parallel| {
        let mut made = 0;
        let tasks = (0..1_000_000).map(|n| {
            made += 1;
            square::delayed(n)
        });
        let some = parallel.scoped_iter(tasks, |squares| squares.take(10).count()).unwrap();
        assert_eq!(some, 10);
        assert!(made < 1000, "{made} tasks for 10 results");
    });
}

#[test]
fn calls_inside_of_calls_inside_of_calls() {
    on_each(|parallel| {
        let sums = parallel.run((0..4).map(|_| deep::delayed(2, 100))).unwrap();
        assert_eq!(sums, [4 * 328_350; 4]);
    });
}
