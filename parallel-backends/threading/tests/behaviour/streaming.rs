use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, mpsc};

use larder_core::parallel::TaskErrorKind;
use larder_core::{Parallel, delayed};

use super::order::Live;
use super::{two, watched};

#[test]
fn unordered_gives_the_fastest_first() {
    watched(|| {
        let (open, gate) = mpsc::channel::<()>();
        let mut gate = Some(gate);
        let tasks = (0..10).map(move |i| {
            let gate = gate.take();
            delayed(move || gate.is_none_or(|gate| gate.recv().is_ok()).then_some(i))
        });
        let mut results = two().batch_size(1).pre_dispatch("all").iter_unordered(tasks).unwrap();
        let first: Vec<_> =
            results.by_ref().take(9).map(|(i, result)| (i, result.unwrap())).collect();
        assert!(first.iter().all(|(i, result)| Some(*i) == *result && *i > 0), "{first:?}");
        open.send(()).unwrap();
        assert_eq!(results.next().unwrap().0, 0);
        assert!(results.next().is_none());
    });
}

#[test]
fn ordered_results_are_in_order() {
    let results = two().iter((0..20_000).map(|i| delayed(move || i))).unwrap();
    assert!(results.map(Result::unwrap).eq(0..20_000));
}

#[test]
fn a_slow_consumer_bounds_what_is_taken_from_the_iterator() {
    for (parallel, bound) in [(two(), 24), (two().pre_dispatch(3), 13), (Parallel::new(), 10)] {
        let pulled = Arc::new(AtomicUsize::new(0));
        let count = pulled.clone();
        let tasks = (0..1_000_000).inspect(move |_| _ = count.fetch_add(1, SeqCst));
        let mut results = parallel.iter(tasks.map(|i| delayed(move || i))).unwrap();
        assert!(results.by_ref().take(10).map(Result::unwrap).eq(0..10));
        drop(results);
        let pulled = pulled.load(SeqCst);
        assert!((10..=bound).contains(&pulled), "{pulled} of at most {bound}");
    }
}

#[test]
fn what_is_dropped_is_cancelled_and_nothing_of_it_lives_on() {
    let counts = Arc::default();
    for taken in [0, 1, 7, 100] {
        let live = Arc::clone(&counts);
        let tasks = (0..).map(move |i| {
            let live = Live::new(&live);
            delayed(move || (i, drop(live)))
        });
        let results = two().iter_unordered(tasks).unwrap().take(taken).count();
        assert_eq!(results, taken);
        assert_eq!(counts.0.load(SeqCst), 0, "tasks are left");
        assert_eq!(Arc::strong_count(&counts), 1, "the iterator is left");
    }
}

#[test]
fn borrowed_tasks_stream_in_a_scope() {
    let words: Vec<String> = (0..2000).map(|n| n.to_string()).collect();
    let tasks = || words.iter().map(|word| delayed(|| word.as_str()));
    let in_order = two().scoped_iter(tasks(), |results| {
        results.map(Result::unwrap).eq(words.iter().map(String::as_str))
    });
    assert!(in_order.unwrap());
    let some = two().scoped_iter_unordered(tasks(), |results| results.take(5).count());
    assert_eq!(some.unwrap(), 5);
    let gone = std::panic::catch_unwind(|| {
        two().scoped_iter(tasks(), |results| {
            results.next();
            panic!("of the consumer");
        })
    });
    assert_eq!(gone.map(drop).unwrap_err().downcast_ref(), Some(&"of the consumer"));
}

#[test]
fn a_failure_is_that_of_one_item() {
    let tasks = || (0..100).map(|i| delayed(move || assert!(i != 50, "fifty")));
    for parallel in [two(), Parallel::new()] {
        let results: Vec<_> = parallel.iter(tasks()).unwrap().collect();
        assert_eq!(results.len(), 100);
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 99);
        let error = results[50].as_ref().unwrap_err();
        assert_eq!((error.index(), error.message()), (50, "fifty"));
    }
}

#[test]
fn a_stage_may_feed_the_next_one() {
    let sum: u64 = watched(|| {
        let squares = two().iter((0..5000u64).map(|i| delayed(move || i * i))).unwrap();
        let halves = squares.map(|square| delayed(move || square.unwrap() / 2));
        two().iter(halves).unwrap().map(Result::unwrap).sum()
    });
    assert_eq!(sum, (0..5000).map(|i| i * i / 2).sum::<u64>());
}

#[test]
fn results_asked_for_by_their_own_tasks_are_refused() {
    type Shared = Arc<Mutex<Option<larder_core::parallel::Results<'static, ()>>>>;
    for from_the_iterator in [true, false] {
        let kinds = watched(move || {
            let shared = Shared::default();
            let (started, start) = mpsc::channel::<()>();
            let start = Arc::new(Mutex::new(start));
            let (report, reports) = mpsc::channel();
            let (own, ask) = (shared.clone(), move |shared: &Shared| {
                let _ = start.lock().unwrap().recv();
                let asked = shared.lock().unwrap().as_mut().unwrap().next();
                let _ = report.send(asked.map(|result| result.map_err(|error| error.kind())));
            });
            let ask = Arc::new(ask);
            let tasks = (0..1).map(move |_| {
                let (own, ask) = (own.clone(), ask.clone());
                if from_the_iterator {
                    ask(&own);
                }
                delayed(move || {
                    if !from_the_iterator {
                        ask(&own);
                    }
                })
            });
            *shared.lock().unwrap() = Some(two().iter(tasks).unwrap());
            drop(started);
            let asked = reports.recv().unwrap();
            // Here, it is waited for as usual.
            drop(shared.lock().unwrap().take());
            asked
        });
        assert_eq!(kinds, Some(Err(TaskErrorKind::Failed)));
    }
}
