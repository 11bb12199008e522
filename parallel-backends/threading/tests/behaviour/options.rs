use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use larder_core::parallel::{NJobs, ParallelBackend, ProgressUpdate, repeatable};
use larder_core::{Parallel, cpu_count, delayed};
use larder_threading::Threading;

use super::{two, watched};

#[test]
fn what_cannot_be_meant_is_an_error_of_the_call() {
    let refused = [
        (two().n_jobs(0), "n_jobs = 0"),
        (two().batch_size(0), "batch_size = 0"),
        (two().pre_dispatch(0), "pre_dispatch = 0"),
        (two().pre_dispatch("2 + n_jobs"), "a number `* n_jobs`"),
        (two().pre_dispatch("-1 * n_jobs"), "above 0"),
        (two().inner_max_num_threads(0), "inner_max_num_threads = 0"),
        (two().initializer(delayed(|| ())), "`repeatable`"),
        (two().backend("no-such-backend"), "`no-such-backend`"),
    ];
    for (parallel, about) in refused {
        let asked = AtomicUsize::new(0);
        let tasks =
            || (0..3).inspect(|_| _ = asked.fetch_add(1, SeqCst)).map(|i| delayed(move || i));
        let error = parallel.run(tasks()).unwrap_err();
        assert!(error.is_invalid() && error.to_string().contains(about), "{error}");
        assert!(parallel.run_each(tasks()).unwrap_err().is_invalid());
        assert!(parallel.scoped_iter(tasks(), |_| ()).unwrap_err().is_invalid());
        assert!(parallel.open().unwrap_err().is_invalid());
        assert_eq!(asked.load(SeqCst), 0);
    }
}

#[test]
fn jobs_are_counted_as_in_joblib() {
    let workers = |n| Threading.workers(NJobs::new(n).unwrap()).unwrap();
    assert_eq!([workers(1), workers(7)], [1, 7]);
    assert_eq!(workers(-1), cpu_count());
    assert_eq!(workers(-1000), 1);
}

/// So do those that a cgroup leaves out: the standard library sees to both.
#[cfg(target_os = "linux")]
#[test]
fn processors_this_process_may_not_use_do_not_count() {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    // In a process of its own, which has not counted them yet.
    if std::env::var_os("LARDER_TEST_ONE_CPU").is_none() {
        let name = "options::processors_this_process_may_not_use_do_not_count";
        let mut own = std::process::Command::new(std::env::current_exe().unwrap());
        own.args([name, "--exact"]).env("LARDER_TEST_ONE_CPU", "1");
        assert!(own.output().unwrap().status.success());
        return;
    }
    let allowed = sched_getaffinity(None).unwrap();
    let mut one = CpuSet::new();
    one.set((0..CpuSet::MAX_CPU).find(|cpu| allowed.is_set(*cpu)).unwrap());
    sched_setaffinity(None, &one).unwrap();
    assert_eq!(cpu_count(), 1);
    let tasks = (0..9).map(|_| delayed(|| thread::current().id()));
    let threads = two().n_jobs(-1).run(tasks).unwrap();
    assert!(threads.iter().all(|thread| *thread == threads[0]));
}

#[test]
fn the_initializer_runs_once_on_every_worker_before_its_tasks() {
    thread_local!(static READY: AtomicUsize = const { AtomicUsize::new(0) });
    for parallel in [two(), Parallel::new()] {
        READY.with(|ready| ready.store(0, SeqCst));
        let runs = Arc::new(AtomicUsize::new(0));
        let count = runs.clone();
        let ready = repeatable(move || {
            count.fetch_add(1, SeqCst);
            READY.with(|ready| ready.store(1, SeqCst));
        });
        let tasks = (0..500).map(|_| delayed(|| READY.with(|ready| ready.load(SeqCst))));
        let seen = parallel.initializer(ready).run(tasks).unwrap();
        assert!(seen.iter().all(|ready| *ready == 1));
        assert!((1..=2).contains(&runs.load(SeqCst)));
    }
}

#[test]
fn an_initializer_that_panics_fails_the_call() {
    for parallel in [two(), Parallel::new()] {
        let parallel = parallel.initializer(repeatable(|| panic!("not today")));
        let error = parallel.run((0..10).map(|i| delayed(move || i))).unwrap_err();
        assert!(error.to_string().contains("the initializer panicked: not today"), "{error}");
        let last = parallel.iter((0..10).map(|i| delayed(move || i))).unwrap().last();
        assert!(last.unwrap().unwrap_err().message().contains("not today"));
    }
}

#[test]
fn progress_is_told_in_order_to_its_end() {
    for parallel in [two(), Parallel::new()] {
        let updates = Arc::new(Mutex::new(Vec::<ProgressUpdate>::new()));
        let told = updates.clone();
        let parallel = parallel.on_progress(move |update| told.lock().unwrap().push(*update));
        let tasks = (0..1000).map(|i| delayed(move || assert!(i % 100 != 0)));
        parallel.run_each(tasks).unwrap();
        let updates = std::mem::take(&mut *updates.lock().unwrap());
        assert!(updates.is_sorted_by_key(|update| (update.done, update.failed, update.elapsed)));
        let (last, before) = updates.split_last().unwrap();
        assert_eq!(
            (last.done, last.failed, last.total, last.finished),
            (1000, 10, Some(1000), true)
        );
        assert!(before.iter().all(|update| !update.finished));
        assert_eq!(last.remaining().unwrap().as_nanos(), 0);
    }
}

#[test]
fn a_listener_that_panics_ends_the_call_as_its_iterator_would() {
    for parallel in [two(), Parallel::new()] {
        for at in [3, 100] {
            let parallel = parallel.clone().on_progress(move |update| {
                assert!(update.done < at && !update.finished, "enough of this")
            });
            let tasks = || (0..100).map(|i| delayed(move || i));
            let (ran, streamed) = watched(move || {
                let run = AssertUnwindSafe(|| parallel.run(tasks()).map(|results| results.len()));
                let stream = AssertUnwindSafe(|| parallel.iter(tasks()).map(Iterator::count));
                (catch_unwind(run), catch_unwind(stream))
            });
            for panic in [ran.unwrap_err(), streamed.unwrap_err()] {
                assert_eq!(panic.downcast_ref(), Some(&"enough of this"));
            }
        }
    }
}

#[test]
fn what_remains_is_told_only_where_it_can_be() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = told.clone();
    let parallel = two().on_progress(move |update| tell.lock().unwrap().push(*update));
    let tasks = (0..u64::MAX).map(|i| delayed(move || i));
    assert_eq!(parallel.iter(tasks).unwrap().take(5).count(), 5);
    let mut update = told.lock().unwrap()[0];
    assert_eq!(update.total, Some(usize::MAX));
    update.elapsed = Duration::from_secs(u64::MAX);
    assert_eq!(update.remaining(), None, "more than can be said");
}

#[test]
fn lines_go_to_standard_error_only_when_asked_for() {
    if std::env::var_os("LARDER_TEST_VERBOSE").is_some() {
        two().run([delayed(|| ())]).unwrap();
        two().verbose(5).run((0..20).map(|i| delayed(move || i))).unwrap();
        return;
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["options::lines_go_to_standard_error_only_when_asked_for", "--exact", "--nocapture"])
        .env("LARDER_TEST_VERBOSE", "1")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<_> =
        said.lines().filter(|line| line.starts_with("[Parallel(n_jobs=2)]:")).collect();
    assert_eq!(
        lines[0],
        "[Parallel(n_jobs=2)]: Using backend Threading with 2 concurrent workers."
    );
    assert!(lines.last().unwrap().contains("Done  20 out of  20 | elapsed:"), "{said}");
    assert_eq!(lines.iter().filter(|line| line.contains("Using")).count(), 1);
}

#[test]
fn batches_are_of_the_size_asked_for() {
    let threads =
        two().batch_size(25).run((0..100).map(|_| delayed(|| thread::current().id()))).unwrap();
    assert!(threads.chunks(25).all(|batch| batch.iter().all(|thread| *thread == batch[0])));
}
