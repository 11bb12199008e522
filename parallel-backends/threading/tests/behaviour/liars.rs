//! Backends that break the contract: an error that names them, never a wrong or missing result.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use larder_core::parallel::{
    Call, NJobs, Outcome, ParallelBackend, ParallelCapabilities, repeatable,
};
use larder_core::{Parallel, Result, delayed};

use super::watched;

type Lie = fn(&dyn Call);

#[derive(Debug)]
struct Liar(Lie);

impl ParallelBackend for Liar {
    fn capabilities(&self) -> ParallelCapabilities {
        ParallelCapabilities::shared_memory()
    }

    fn workers(&self, _: NJobs) -> Result<usize> {
        Ok(2)
    }

    fn run(&self, call: &dyn Call) -> Result<()> {
        (self.0)(call);
        Ok(())
    }
}

fn run_the_rest(call: &dyn Call) {
    while let Some(batch) = call.next_batch(0) {
        batch.run_here();
    }
}

#[test]
fn lies_are_found_out() {
    let lies: [(Lie, &str); 5] = [
        (|_| (), "returned before all tasks were done"),
        (|call| call.next_batch(0).unwrap().run_here(), "returned before all tasks were done"),
        (
            |call| {
                std::mem::forget(call.next_batch(0).unwrap());
                run_the_rest(call);
            },
            "lost the results",
        ),
        (
            |call| {
                let mut batch = call.next_batch(0).unwrap();
                let gone = || Outcome::WorkerDied("it was tired".to_owned());
                batch.set(0, gone(), "").unwrap();
                assert!(batch.set(0, gone(), "").unwrap_err().is_bug());
                drop(batch);
                run_the_rest(call);
            },
            "twice",
        ),
        (
            |call| {
                let mut batch = call.next_batch(0).unwrap();
                let _ = batch.set(9, Outcome::TimedOut, "");
                drop(batch);
                run_the_rest(call);
            },
            "task 9 of 1",
        ),
    ];
    for (lie, found) in lies {
        let parallel = Parallel::new().backend(Liar(lie)).n_jobs(2);
        let tasks = || (0..100).map(|i| delayed(move || i));
        let error = parallel.run_each(tasks()).unwrap_err();
        assert!(error.is_bug() && error.to_string().contains(found), "{error}");
        assert!(error.get("backend").unwrap().contains("Liar"), "{error}");
        let last = watched(move || parallel.iter_unordered(tasks()).unwrap().last());
        let last = last.unwrap().1.unwrap_err();
        assert!(last.message().contains(found), "{last}");
    }
}

#[test]
fn what_a_backend_lets_fall_is_cancelled_and_what_it_cannot_do_is_its_error() {
    let drop_one = Liar(|call| {
        drop(call.next_batch(0).unwrap());
        run_the_rest(call);
    });
    let each =
        Parallel::new().backend(drop_one).run_each((0..10).map(|i| delayed(move || i))).unwrap();
    assert_eq!(each.iter().filter(|result| result.is_err()).count(), 1);
    assert!(each[0].is_err());

    #[derive(Debug)]
    struct Broken;
    impl ParallelBackend for Broken {
        fn capabilities(&self) -> ParallelCapabilities {
            ParallelCapabilities::shared_memory()
        }
        fn workers(&self, _: NJobs) -> Result<usize> {
            Ok(1)
        }
        fn run(&self, _: &dyn Call) -> Result<()> {
            Err(larder_core::Error::new(larder_core::ErrorKind::Unavailable, "the cable is cut"))
        }
    }
    let broken: Arc<dyn ParallelBackend> = Arc::new(Broken);
    let error = Parallel::new().backend(broken).run([delayed(|| ())]).unwrap_err();
    assert!(
        error.is_transient() && error.to_string().contains("the cable is cut (backend: Broken)")
    );
}

#[test]
fn what_is_not_known_of_a_batch_may_be_run_here() {
    let some_here = |call: &dyn Call| {
        while let Some(mut batch) = call.next_batch(0) {
            for i in (0..batch.len()).filter(|i| i % 3 == 1) {
                batch.set(i, Outcome::WorkerDied("it was tired".to_owned()), "").unwrap();
            }
            batch.run_here();
        }
    };
    for retries in [0, 2] {
        let parallel = Parallel::new().backend(Liar(some_here)).batch_size(7).retries(retries);
        let runs: Vec<_> = (0..100).map(|_| AtomicUsize::new(0)).collect();
        let tasks = (0..100).map(|i| {
            let runs = &runs;
            repeatable(move || {
                runs[i].fetch_add(1, SeqCst);
                i
            })
        });
        for (i, result) in parallel.run_each(tasks).unwrap().into_iter().enumerate() {
            let died = retries == 0 && i % 7 % 3 == 1;
            assert_eq!(result.ok(), (!died).then_some(i));
            assert_eq!(runs[i].load(SeqCst), usize::from(!died), "task {i}");
        }
    }
}

#[test]
fn what_is_given_back_is_pulled_again() {
    let every_other_time = |call: &dyn Call| {
        let mut is_odd = false;
        while let Some(mut batch) = call.next_batch(0) {
            is_odd = !is_odd;
            if is_odd && batch.len() > 1 {
                for i in (0..batch.len()).filter(|i| i % 3 == 1) {
                    batch.set(i, Outcome::WorkerDied("it was tired".to_owned()), "").unwrap();
                }
                batch.give_back();
            } else {
                batch.run_here();
            }
        }
    };
    let parallel = Parallel::new().backend(Liar(every_other_time)).batch_size(8);
    let runs: Vec<_> = (0..100).map(|_| AtomicUsize::new(0)).collect();
    let tasks = runs.iter().map(|runs| delayed(move || runs.fetch_add(1, SeqCst)));
    let results = parallel.run_each(tasks).unwrap();
    assert!(results.iter().any(Result::is_err) && results.iter().any(Result::is_ok));
    for (result, runs) in results.into_iter().zip(&runs) {
        assert_eq!(runs.load(SeqCst), usize::from(result.is_ok()));
        if let Err(error) = result {
            assert!(error.message().contains("it was tired"), "{error}");
        }
    }
}
