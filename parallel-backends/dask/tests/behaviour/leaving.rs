//! Programs that use a cluster leave nothing there.

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
fn a_driver_that_is_killed_leaves_nothing() {
    let (cluster, folder) = (Cluster::new(1), tempfile::tempdir().unwrap());
    let mut driver = spawn_driver(&cluster, Some(folder.path()), None);
    let child = wait_until_began(folder.path(), 0, 1);
    assert!(!cluster.left_behind().is_empty(), "the program is nowhere");
    signal(driver.id(), Signal::KILL);
    driver.wait().unwrap();
    until("its task has ended", || !is_alive(child));
    until("nothing is left", || cluster.left_behind().is_empty());
}

#[test]
fn many_drivers_at_once_do_not_disturb_each_other() {
    let (cluster, folder) = (Cluster::new(2), tempfile::tempdir().unwrap());
    // As a program: the same. As a file: another.
    let other = folder.path().join("other");
    let mut bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    bytes.extend(b"another file");
    write_program(&other, &bytes);
    let drivers = [None, None, None, Some(&*other)].map(|exe| spawn_driver(&cluster, None, exe));
    for mut driver in drivers {
        assert!(driver.wait().unwrap().success());
    }
    until("nothing is left", || cluster.left_behind().is_empty());
}

#[test]
fn dropped_it_leaves_nothing_and_tasks_had_their_environment() {
    let cluster = Cluster::new(1);
    let backend =
        Dask::new(cluster.options().environment("LARDER_TEST_OF_TASKS", "there")).unwrap();
    let names = ["LARDER_TEST_OF_TASKS", "OMP_NUM_THREADS"].map(str::to_owned);
    let found = Parallel::new()
        .backend(backend)
        .run(names.into_iter().map(variable_there::delayed))
        .unwrap();
    assert_eq!(found, [Some("there".to_owned()), Some("1".to_owned())]);
    until("nothing is left", || cluster.left_behind().is_empty());
}

#[test]
fn a_cluster_of_this_machine_alone_ends_with_the_backend() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let child = thread::scope(|scope| {
        let backend = Dask::new(DaskOptions::new("local").python(python())).unwrap();
        let call = scope.spawn(|| {
            Parallel::new().backend(backend).n_jobs(-1).run([holds::delayed(path.into(), 0)])
        });
        let child = wait_until_began(path, 0, 1);
        go(path);
        assert_eq!(call.join().unwrap().unwrap(), [0]);
        child
    });
    until("its processes have ended", || !is_alive(child));
}
