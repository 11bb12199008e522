//! Somebody is killed in the middle of a call.

use std::fs;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use larder_core::parallel::{CancelToken, ParallelBackend, TaskErrorKind};
use larder_core::{Error, ErrorKind, Parallel};
use larder_dask::Dask;
use rustix::process::Signal;

use crate::cluster::{Cluster, is_alive, signal, until};
use crate::tasks::{
    began, ends_its_process, go, holds, kills_its_worker, slow_square, square, wait_until_began,
};
use crate::warnings::{listen, warned_of};

/// Seconds, on a busy machine.
const SOON: Duration = Duration::from_secs(20);

#[test]
fn a_task_whose_process_is_killed_runs_again() {
    let (cluster, folder) = (Cluster::new(1), tempfile::tempdir().unwrap());
    let path = folder.path();
    let results = thread::scope(|scope| {
        let call = scope.spawn(|| {
            Parallel::new()
                .backend(cluster.dask())
                .batch_size(3)
                .run((0..3).map(|n| holds::delayed(path.into(), n)))
        });
        signal(wait_until_began(path, 0, 1), Signal::KILL);
        // Who is to blame goes to the end of the line.
        wait_until_began(path, 1, 1);
        go(path);
        call.join().unwrap()
    });
    assert_eq!(results.unwrap(), [0, 1, 2]);
    assert_eq!([0, 1, 2].map(|n| began(path, n).len()), [2, 1, 1], "how often each began");
}

#[test]
fn a_task_that_always_ends_its_process_is_told_and_harms_no_other() {
    let cluster = Cluster::new(1);
    let backend = Dask::new(cluster.options().attempts(2)).unwrap();
    let tasks = (0..40).map(|n| ends_its_process::delayed(n, n % 10 == 3));
    let each = Parallel::new().backend(backend).batch_size(20).run_each(tasks).unwrap();
    for (n, result) in (0..).zip(each) {
        match result {
            Ok(result) => assert!(n % 10 != 3 && result == n),
            Err(error) => {
                assert_eq!(
                    (error.kind(), error.index() as u64, n % 10),
                    (TaskErrorKind::WorkerDied, n, 3)
                );
                let text = error.to_string();
                assert!(
                    text.contains("SIGABRT") && text.contains(&format!("last words of {n}")),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn a_worker_that_is_killed_loses_nothing() {
    let (cluster, folder) = (Cluster::new(2), tempfile::tempdir().unwrap());
    let path = folder.path();
    let results = thread::scope(|scope| {
        let call = scope.spawn(|| {
            let tasks = (0..2).map(|n| holds::delayed(path.into(), n));
            Parallel::new().backend(cluster.dask()).n_jobs(2).batch_size(1).run(tasks)
        });
        let children = [wait_until_began(path, 0, 1), wait_until_began(path, 1, 1)];
        signal(cluster.worker(0), Signal::KILL);
        until("its child has ended with it", || children.iter().any(|child| !is_alive(*child)));
        assert!(children.iter().any(|child| is_alive(*child)), "and the other one's not");
        go(path);
        call.join().unwrap()
    });
    assert_eq!(results.unwrap(), [0, 1]);
}

/// Kills somebody while a task runs that never ends by itself, and gives the error of the call.
fn error_after(
    cluster: &Cluster,
    backend: &Arc<dyn ParallelBackend>,
    kill: impl FnOnce(),
) -> Error {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    thread::scope(|scope| {
        let call = scope.spawn(|| {
            Parallel::new().backend(backend.clone()).run([holds::delayed(path.into(), 0)])
        });
        let child = wait_until_began(path, 0, 1);
        kill();
        let begun = Instant::now();
        let error = call.join().unwrap().unwrap_err();
        assert!(begun.elapsed() < SOON, "after {:?}: {error}", begun.elapsed());
        until("the task has ended", || !is_alive(child));
        assert!(error.to_string().contains(&cluster.address), "{error}");
        error
    })
}

#[test]
fn a_bridge_that_is_killed_is_an_error_and_the_next_call_has_another() {
    let cluster = Cluster::new(1);
    let (options, pid) = cluster.with_known_bridge();
    let backend: Arc<dyn ParallelBackend> = Arc::new(Dask::new(options).unwrap());
    let bridge = || fs::read_to_string(&pid).unwrap().trim().parse().unwrap();
    let error = error_after(&cluster, &backend, || signal(bridge(), Signal::KILL));
    assert!(error.to_string().contains("the bridge to Dask"), "{error}");
    assert_eq!(Parallel::new().backend(backend).run([square::delayed(3)]).unwrap(), [9]);
    until("nothing is left", || cluster.left_behind().is_empty());
}

#[test]
fn a_scheduler_that_is_killed_is_an_error() {
    let cluster = Cluster::new(1);
    let backend = cluster.shared();
    let error = error_after(&cluster, &backend, || signal(cluster.scheduler(), Signal::KILL));
    assert!(
        error.kind() == ErrorKind::Unavailable && error.to_string().contains("scheduler"),
        "{error}"
    );
}

#[test]
fn a_scheduler_that_is_stopped_for_a_while_is_warned_of_and_loses_nothing() {
    listen();
    let cluster = Cluster::new(1);
    let backend = cluster.dask();
    backend.connect().unwrap();
    signal(cluster.scheduler(), Signal::STOP);
    let results = thread::scope(|scope| {
        let tasks = (0..200).map(slow_square::delayed);
        let call = scope.spawn(|| Parallel::new().backend(backend).run(tasks));
        until("a warning of the silence", || warned_of("does not answer", &cluster.address));
        assert!(!call.is_finished());
        signal(cluster.scheduler(), Signal::CONT);
        call.join().unwrap()
    });
    assert!(results.unwrap().into_iter().eq((0..200).map(|n| n * n)));
}

#[test]
fn cancelling_frees_the_workers() {
    let (cluster, folder) = (Cluster::new(1), tempfile::tempdir().unwrap());
    let (backend, token) = (cluster.shared(), CancelToken::new());
    let path = folder.path();
    thread::scope(|scope| {
        let parallel = Parallel::new().backend(backend.clone()).cancel_token(&token);
        let call =
            scope.spawn(move || parallel.run((0..50).map(|n| holds::delayed(path.into(), n))));
        let child = wait_until_began(path, 0, 1);
        // Somebody else waits for the only thread there is.
        let other =
            scope.spawn(|| Parallel::new().backend(cluster.dask()).run([square::delayed(5)]));
        let known = "any('square' in str(key) for key in dask_scheduler.tasks)";
        until("the other's task is there", || cluster.ask_scheduler(known) == "True");
        token.cancel();
        assert!(call.join().unwrap().unwrap_err().is_cancelled());
        assert!(!is_alive(child), "the call is over, but its task runs");
        assert_eq!(other.join().unwrap().unwrap(), [25]);
    });
    assert_eq!(Parallel::new().backend(backend).run([square::delayed(4)]).unwrap(), [16]);
}

#[test]
fn a_task_that_always_kills_its_dask_worker_is_told_and_harms_no_other() {
    // One more than Dask gives to a task.
    let cluster = Cluster::new(5);
    let tasks = (0..3).map(|n| kills_its_worker::delayed(n, n == 1));
    let parallel = Parallel::new().backend(cluster.dask()).n_jobs(1).batch_size(1);
    let each = parallel.run_each(tasks).unwrap();
    let [Ok(0), Err(error), Ok(2)] = &each[..] else { panic!("{each:?}") };
    assert_eq!((error.kind(), error.index()), (TaskErrorKind::WorkerDied, 1));
    assert!(error.to_string().contains("kills_its_worker"), "{error}");
}

#[test]
fn a_child_that_nobody_uses_ends() {
    let (cluster, folder) = (Cluster::new(1), tempfile::tempdir().unwrap());
    let path = folder.path();
    go(path);
    let backend = Dask::new(cluster.options().idle(Duration::from_millis(300))).unwrap();
    let parallel = Parallel::new().backend(backend);
    for round in 1..=2 {
        assert_eq!(parallel.run([holds::delayed(path.into(), 0)]).unwrap(), [0]);
        let child = wait_until_began(path, 0, round);
        until("it has ended", || !is_alive(child));
    }
}
