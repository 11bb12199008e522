use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use larder_core::parallel::{CancelToken, TaskErrorKind, TryError, repeatable};
use larder_core::{Error, Parallel, delayed};

use super::{two, watched};

fn refuse(number: u32) {
    panic!("{number} is too much");
}

#[test]
fn the_error_says_which_task_failed_where_and_how() {
    for parallel in [two(), Parallel::new()] {
        let tasks = (0..1000).map(|i| {
            delayed(move || {
                if i == 500 {
                    refuse(i)
                }
            })
        });
        let error = parallel.run(tasks).unwrap_err();
        let task = error.task().expect("it is about a task").clone();
        assert_eq!(task.kind(), TaskErrorKind::Panicked);
        assert_eq!((task.index(), task.message()), (500, "500 is too much"));
        assert!(task.task().worker.is_some_and(|worker| worker < 2));
        assert!(!task.task().host.is_empty());
        let location = task.location().unwrap();
        assert!(location.contains("failing.rs:"), "{location}");
        let text = error.to_string();
        assert!(text.contains("task 500") && text.contains("500 is too much"), "{text}");
        assert!(format!("{task:?}").contains("behaviour::failing::refuse"), "{task:?}");
    }
}

#[test]
fn a_failure_ends_the_call_and_everything_else_of_it() {
    // Without an end to the tasks, only cancelling them ends the call.
    let tasks = || (0u64..).map(|i| delayed(move || assert!(i != 3000)));
    for parallel in [two(), Parallel::new()] {
        let error = watched(move || parallel.run(tasks()).unwrap_err());
        assert_eq!(error.task().unwrap().index(), 3000);
    }
}

#[test]
fn a_failure_of_one_of_many_loses_no_other() {
    for parallel in [two(), Parallel::new()] {
        let tasks = (0..1000).map(|i| {
            delayed(move || {
                if i % 100 == 7 {
                    refuse(i)
                }
            })
        });
        let each = parallel.run_each(tasks).unwrap();
        let failed: Vec<_> =
            each.iter().filter_map(|result| Some(result.as_ref().err()?.index())).collect();
        assert_eq!(each.len(), 1000);
        assert_eq!(failed, (0..10).map(|i| 100 * i + 7).collect::<Vec<_>>());
    }
}

#[derive(Debug, PartialEq)]
struct Odd(u64);

impl std::fmt::Display for Odd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is odd", self.0)
    }
}

impl std::error::Error for Odd {}

#[test]
fn a_tasks_own_error_arrives_with_its_type() {
    let tasks = |first| {
        (first..).map(|i: u64| delayed(move || if i % 2 == 1 { Err(Odd(i)) } else { Ok(i) }))
    };
    for parallel in [two(), Parallel::new()] {
        match watched(move || parallel.try_run(tasks(6)).unwrap_err()) {
            TryError::Returned { error, task } => {
                assert_eq!((error.0, task.index), (task.index as u64 + 6, task.index));
                assert!(task.worker.is_some() && !task.host.is_empty());
            }
            other => panic!("{other}"),
        }
    }
    let evens = tasks(0).step_by(2).take(100);
    assert_eq!(two().try_run(evens).unwrap().len(), 100);
    fn convert(parallel: Parallel) -> Result<(), Error> {
        parallel.try_run([delayed(|| Err::<(), _>(Odd(1)))])?;
        Ok(())
    }
    let error = convert(two()).unwrap_err();
    assert_eq!(error.to_string().split(" failed").last(), Some(": 1 is odd"));
    assert_eq!(std::error::Error::source(&error).unwrap().downcast_ref(), Some(&Odd(1)));
    let panicked = two().try_run([delayed(|| -> Result<(), Odd> { panic!("no") })]).unwrap_err();
    assert!(matches!(panicked, TryError::Other(error) if error.task().is_some()));
}

#[test]
fn what_can_run_again_is_tried_again() {
    let tries = AtomicUsize::new(0);
    let third_time = || assert!(tries.fetch_add(1, SeqCst) >= 2, "not yet");
    for parallel in [two(), Parallel::new()] {
        for (retries, tried) in [(0, 1), (1, 2), (2, 3), (5, 3)] {
            tries.store(0, SeqCst);
            let result = parallel.clone().retries(retries).run([repeatable(third_time)]);
            assert_eq!((result.is_ok(), tries.load(SeqCst)), (tried == 3, tried));
        }
        tries.store(0, SeqCst);
        assert!(parallel.clone().retries(5).run([delayed(third_time)]).is_err());
        assert_eq!(tries.load(SeqCst), 1, "a closure that runs once");
        tries.store(0, SeqCst);
        let odd_at_first = || if tries.fetch_add(1, SeqCst) == 0 { Err(Odd(1)) } else { Ok(2) };
        assert_eq!(parallel.retries(1).try_run([repeatable(odd_at_first)]).unwrap(), [2]);
    }
}

#[test]
fn a_task_that_took_too_long_is_reported() {
    let overrun = |limit: Duration| {
        let begun = Instant::now();
        while begun.elapsed() <= limit {}
    };
    let limit = Duration::from_millis(1);
    for parallel in [two(), Parallel::new()] {
        let tasks = [delayed(|| ()), delayed(|| overrun(limit))];
        let each = parallel.clone().timeout(limit).run_each(tasks).unwrap();
        let error = each[1].as_ref().unwrap_err();
        assert_eq!(error.kind(), TaskErrorKind::TimedOut);
        assert!(error.message().contains("1ms"), "{error}");
        let error = parallel.timeout(limit).run([delayed(|| overrun(limit))]).unwrap_err();
        assert!(error.is_timeout() && !error.is_transient());
    }
    let hour = Duration::from_secs(3600);
    assert!(two().timeout(hour).run((0..100).map(|i| delayed(move || i))).is_ok());
}

#[test]
fn a_token_ends_a_call_from_outside() {
    for parallel in [two(), Parallel::new()] {
        let token = CancelToken::new();
        let parallel = parallel.cancel_token(&token);
        let tasks = {
            let token = token.clone();
            move || {
                let token = token.clone();
                (0..).map(move |i| {
                    let token = token.clone();
                    delayed(move || {
                        if i == 100 {
                            token.cancel()
                        }
                    })
                })
            }
        };
        let (p, t) = (parallel.clone(), tasks.clone());
        assert!(watched(move || p.run(t()).unwrap_err()).is_cancelled());
        // Cancelled it stays.
        let pulled = Arc::new(AtomicUsize::new(0));
        let count = pulled.clone();
        let more = tasks().inspect(move |_| _ = count.fetch_add(1, SeqCst));
        assert!(parallel.run_each(more).unwrap_err().is_cancelled());
        assert_eq!(pulled.load(SeqCst), 0);
        let last = parallel.iter(tasks()).unwrap().last().unwrap().unwrap_err();
        assert_eq!(last.kind(), TaskErrorKind::Cancelled);
    }
}

#[test]
fn a_token_of_a_scope_ends_the_calls_in_it() {
    for parallel in [two(), Parallel::new()] {
        let token = CancelToken::new();
        token.cancel();
        let tasks = || (0..10).map(|i| delayed(move || i));
        watched(move || {
            Parallel::new().cancel_token(&token).scope(|| {
                assert!(parallel.run(tasks()).unwrap_err().is_cancelled());
                let last = parallel.iter(tasks()).unwrap().last().unwrap().unwrap_err();
                assert_eq!(last.kind(), TaskErrorKind::Cancelled);
                let call = parallel.run_async(tasks());
                assert!(futures::executor::block_on(call).unwrap_err().is_cancelled());
                let own = parallel.clone().cancel_token(&CancelToken::new());
                assert!(own.run(tasks()).is_ok(), "what a call says itself comes first");
            });
        });
    }
}
