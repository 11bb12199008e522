//! A task takes its worker with it: nobody else is harmed.

use std::path::PathBuf;
use std::process;

use larder_core::parallel::{TaskError, TaskErrorKind};
use larder_core::{Parallel, task};
use larder_process::Process;
use rustix::process::{Signal, getpid, kill_process};

use super::{mark, marks, two, watched};

#[task(crate = larder_core)]
fn ends(n: u64, how: &str, file: PathBuf) -> u64 {
    if !how.is_empty() {
        mark(&file);
    }
    match how {
        "" => {}
        "abort" => process::abort(),
        "exit" => process::exit(0),
        "kill" => kill_process(getpid(), Signal::KILL).unwrap(),
        "stop listening" => stop_listening(),
        "overflow" => {
            overflow(n);
        }
        other => panic!("{other}"),
    }
    n
}

#[expect(unconditional_recursion, reason = "that is what it is for")]
fn overflow(n: u64) -> u64 {
    let large = std::hint::black_box([n; 1024]);
    overflow(n + 1) + large[0]
}

/// Replaces the worker by another program, which knows nothing of tasks.
fn stop_listening() {
    use std::os::unix::process::CommandExt;
    let error = process::Command::new("sleep").arg("600").exec();
    panic!("{error}");
}

/// What became of task 13, of twenty, that ends like this; all others are right. And how often it ran.
fn of_13(parallel: &Parallel, how: &'static str) -> (TaskError, u64) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ran");
    let how_of = |n| if n == 13 { how } else { "" };
    let tasks = (0..20).map(|n| ends::delayed(n, how_of(n), file.clone()));
    let mut lost = None;
    for (n, result) in (0..).zip(parallel.run_each(tasks).unwrap()) {
        match result {
            Err(error) if n == 13 => lost = Some(error),
            result => assert_eq!(result.unwrap(), n, "{how}"),
        }
    }
    let lost = lost.unwrap_or_else(|| panic!("{how}: nothing was lost"));
    assert_eq!(lost.index(), 13);
    (lost, marks(&file))
}

#[test]
fn whatever_ends_a_worker_ends_one_task() {
    let cases = [
        ("abort", "SIGABRT"),
        ("exit", "exit status: 0"),
        ("kill", "SIGKILL"),
        ("overflow", "SIGABRT"),
        ("stop listening", "SIGKILL"),
    ];
    for (how, told) in cases {
        for batch_size in [1, 4, 20] {
            let (lost, tries) = watched(move || of_13(&two().batch_size(batch_size), how));
            assert_eq!(lost.kind(), TaskErrorKind::WorkerDied, "{lost}");
            assert!(lost.message().contains(told), "{how}: {lost}");
            assert_eq!(tries, 3, "{how}: a task is tried three times");
        }
    }
}

#[test]
fn a_task_may_be_given_fewer_chances_or_more() {
    for attempts in [1, 5] {
        let options = format!("process?attempts={attempts}").parse().unwrap();
        let registry = larder_core::Registry::new();
        registry.register_parallel_factory(larder_process::factory()).unwrap();
        let once = Parallel::new().backend(registry.open_parallel(&options).unwrap()).n_jobs(2);
        assert_eq!(watched(move || of_13(&once.batch_size(20), "abort").1), attempts);
    }
}

#[test]
fn many_deaths_are_many_failures_and_no_more() {
    let results = watched(|| {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ran");
        let how = |n| if n % 10 == 3 { "abort" } else { "" };
        two().run_each((0..60).map(|n| ends::delayed(n, how(n), file.clone()))).unwrap()
    });
    for (n, result) in (0..).zip(results) {
        match result {
            Err(error) => assert_eq!((n % 10, error.kind()), (3, TaskErrorKind::WorkerDied)),
            Ok(result) => assert_eq!((result, n % 10 == 3), (n, false)),
        }
    }
}

#[task(crate = larder_core)]
fn dies_before() {
    process::abort();
}

#[test]
fn an_initializer_that_takes_its_worker_with_it_fails_the_call() {
    let error = watched(|| {
        let parallel = two().initializer(dies_before::delayed());
        parallel.run((0..4).map(super::square::delayed)).unwrap_err()
    });
    let error = error.to_string();
    assert!(error.contains("initializer takes its worker with it"), "{error}");
    assert!(error.contains("SIGABRT"), "{error}");
}

/// Prepares one worker, and no other.
#[task(crate = larder_core)]
fn is_the_first(file: PathBuf) {
    std::fs::File::create_new(file).unwrap();
}

#[task(crate = larder_core)]
fn never_ends() {
    loop {
        std::thread::park();
    }
}

#[test]
fn a_call_that_fails_does_not_wait_for_the_tasks_of_others() {
    let error = watched(|| {
        let dir = tempfile::tempdir().unwrap();
        let parallel = two().initializer(is_the_first::delayed(dir.path().join("first")));
        parallel.batch_size(1).run_each((0..2).map(|_| never_ends::delayed())).unwrap_err()
    });
    assert!(error.to_string().contains("initializer panicked"), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_task_started_goes_with_it() {
    #[task(crate = larder_core)]
    fn starts_and_hangs(file: PathBuf) {
        let mut child = process::Command::new("sleep").arg("600").spawn().unwrap();
        std::fs::write(file, child.id().to_string()).unwrap();
        child.wait().unwrap();
    }

    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("child");
    let path = file.clone();
    let limit = std::time::Duration::from_secs(1);
    let error = watched(move || {
        let processes = Process::new().unwrap();
        let parallel = Parallel::new().backend(processes).timeout(limit);
        parallel.run([starts_and_hangs::delayed(path)]).unwrap_err()
    });
    assert!(error.is_timeout(), "{error}");
    let child = std::fs::read_to_string(file).unwrap().parse().unwrap();
    // Not ours to wait for: it may be there a moment longer.
    while super::is_running(child) {
        std::thread::yield_now();
    }
}
