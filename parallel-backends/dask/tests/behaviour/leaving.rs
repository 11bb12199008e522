//! Programs that use a cluster leave nothing there.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use larder_core::Parallel;
use larder_dask::{Dask, DaskOptions};
use rustix::process::Signal;

use crate::cluster::{Cluster, is_alive, python, signal, until, write_program};
use crate::tasks::{go, holds, square, variable_there, wait_until_began};

/// Tells a program that is started again what to do.
const ENDPOINT: &str = "LARDER_TEST_DRIVER_ENDPOINT";
const FOLDER: &str = "LARDER_TEST_DRIVER_FOLDER";
const EXE: &str = "LARDER_TEST_DRIVER_EXE";

/// What another process does that this program starts; as one of many tests, nothing.
#[test]
fn driver() {
    let Ok(endpoint) = std::env::var(ENDPOINT) else { return };
    let mut options = DaskOptions::new(endpoint).python(python());
    if let Ok(exe) = std::env::var(EXE) {
        options = options.exe(exe);
    }
    let parallel = Parallel::new().backend(Dask::new(options).unwrap()).n_jobs(-1);
    if let Ok(folder) = std::env::var(FOLDER) {
        parallel.run([holds::delayed(folder.into(), 0)]).unwrap();
    }
    let squares = parallel.run((0..300).map(square::delayed)).unwrap();
    assert!(squares.into_iter().eq((0..300).map(|n| n * n)));
}

fn spawn_driver(cluster: &Cluster, folder: Option<&Path>, exe: Option<&Path>) -> Child {
    let mut driver = Command::new(std::env::current_exe().unwrap());
    driver
        .args(["leaving::driver", "--exact", "--nocapture", "--quiet"])
        .env(ENDPOINT, &cluster.address);
    driver.envs(folder.map(|folder| (FOLDER, folder))).envs(exe.map(|exe| (EXE, exe)));
    driver.stdout(Stdio::null()).spawn().unwrap()
}

#[test]
fn ten_drivers_do_not_disturb_each_other_and_leave_nothing_however_they_end() {
    let (cluster, folder) = (Cluster::with_threads(2), tempfile::tempdir().unwrap());
    let path = folder.path();
    // As a program: the same. As a file: another.
    let other = path.join("other");
    let mut bytes = fs::read(std::env::current_exe().unwrap()).unwrap();
    bytes.extend(b"another file");
    write_program(&other, &bytes);
    let drivers = [None, None, None, Some(&*other)].map(|exe| spawn_driver(&cluster, None, exe));
    for mut driver in drivers {
        assert!(driver.wait().unwrap().success());
    }
    let mut children = Vec::new();
    for round in 1..=3 {
        // On the other thread.
        let mut well = spawn_driver(&cluster, None, None);
        let mut killed = spawn_driver(&cluster, Some(path), None);
        children.push(wait_until_began(path, 0, round));
        if round == 1 {
            assert!(!cluster.left_behind().is_empty(), "the program is nowhere");
        }
        signal(killed.id(), Signal::KILL);
        killed.wait().unwrap();
        assert!(well.wait().unwrap().success());
    }
    until("all tasks have ended", || !children.iter().any(|child| is_alive(*child)));
    until("nothing is left", || cluster.left_behind().is_empty());
    let known =
        "len(dask_scheduler.tasks), [name for name in dask_scheduler.clients if 'larder' in name]";
    until("the scheduler knows nothing of them", || cluster.ask_scheduler(known) == "(0, [])");
}

#[test]
fn options_for_tasks_and_results_hold_and_dropped_it_leaves_nothing() {
    let (cluster, scratch) = (Cluster::new(1), tempfile::tempdir().unwrap());
    let options = cluster
        .uploading()
        .environment("LARDER_TEST_OF_TASKS", "there")
        .scratch(scratch.path().to_str().unwrap())
        .direct(true);
    let parallel = Parallel::new().backend(Dask::new(options).unwrap());
    let names = ["LARDER_TEST_OF_TASKS", "OMP_NUM_THREADS"].map(str::to_owned);
    let found = parallel.run(names.into_iter().map(variable_there::delayed)).unwrap();
    assert_eq!(found, [Some("there".to_owned()), Some("1".to_owned())]);
    let programs = || fs::read_dir(scratch.path()).unwrap().count();
    assert_eq!(programs(), 1, "in the directory for programs");
    // Had a result come through the scheduler, that would have been an event there.
    let gathered =
        "any(event['action'] == 'gather' for _, event in dask_scheduler.get_events('all'))";
    assert_eq!(cluster.ask_scheduler(gathered), "False");
    Parallel::new().backend(cluster.dask()).run([square::delayed(1)]).unwrap();
    assert_eq!(cluster.ask_scheduler(gathered), "True");
    drop(parallel);
    until("nothing is left", || cluster.left_behind().is_empty() && programs() == 0);
}

#[test]
fn a_cluster_of_this_machine_alone_ends_with_the_backend() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let temporary = path.join("temporary");
    fs::create_dir(&temporary).unwrap();
    let script = format!("#!/bin/sh\nTMPDIR={} exec {} \"$@\"\n", temporary.display(), python());
    write_program(&path.join("python"), script.as_bytes());
    let options = DaskOptions::new("local").python(path.join("python"));
    let child = thread::scope(|scope| {
        let backend = Dask::new(options).unwrap();
        let call = scope.spawn(|| {
            Parallel::new().backend(backend).n_jobs(-1).run([holds::delayed(path.into(), 0)])
        });
        let child = wait_until_began(path, 0, 1);
        go(path);
        assert_eq!(call.join().unwrap().unwrap(), [0]);
        child
    });
    until("its processes have ended", || !is_alive(child));
    let left: Vec<_> = fs::read_dir(temporary).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}
