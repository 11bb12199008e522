//! What tasks find around them: the memory of their call, and their share of the processors.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use larder_core::store::MemoryStore;
use larder_core::{Builtin, Memory, MemoryBuilder, Parallel, StoreConfig, memoize, task};

use super::{mark, marks, two, watched};

// In workers as well: they do not get to the point where a test could register it.
inventory::submit!(Builtin(|registry| registry.register(larder_local::factory())));

#[task(crate = larder_core)]
#[memoize(crate = larder_core)]
fn slow_square(dir: PathBuf, n: u64) -> u64 {
    mark(&dir.join(n.to_string()));
    n * n
}

/// The seed's checkpoint of nested calls: each outer task asks for the same inner results.
#[task(crate = larder_core)]
fn sum_of_squares(dir: PathBuf, below: u64) -> u64 {
    let squares = (0..below).map(|n| slow_square::delayed(dir.clone(), n));
    Parallel::new().n_jobs(2).run(squares).unwrap().into_iter().sum()
}

/// A memoized function that has a process do its work, which asks for just that.
#[memoize(crate = larder_core)]
fn held(dir: PathBuf, n: u64) -> u64 {
    mark(&dir.join("held"));
    if larder_worker::is_worker() {
        return n;
    }
    two().run([asks_held::delayed(dir, n)]).unwrap()[0]
}

#[task(crate = larder_core)]
fn asks_held(dir: PathBuf, n: u64) -> u64 {
    held(dir, n)
}

#[task(crate = larder_core)]
fn threads_inside() -> usize {
    let threads = Parallel::new().n_jobs(-1).run((0..64).map(|_| thread_id::delayed()));
    threads.unwrap().into_iter().collect::<BTreeSet<_>>().len()
}

#[task(crate = larder_core)]
fn thread_id() -> String {
    format!("{:?}", std::thread::current().id())
}

fn local(dir: &Path) -> Memory {
    Memory::open(StoreConfig::new("local").at(dir.join("store").to_string_lossy())).unwrap()
}

#[test]
fn nested_calls_and_a_memory_compute_each_key_once() {
    watched(|| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().to_owned();
        let tasks = (0..10).map(|n| sum_of_squares::delayed(path.clone(), n));
        let sums = local(dir.path()).scope(|| two().batch_size(1).run(tasks)).unwrap();
        let wanted = (0..10).map(|below| (0..below).map(|n| n * n).sum::<u64>());
        assert!(sums.into_iter().eq(wanted));
        for n in 0..9 {
            assert_eq!(marks(&dir.path().join(n.to_string())), 1, "how often {n} was computed");
        }
    });
}

#[test]
fn what_the_caller_computes_is_not_waited_for() {
    watched(|| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().to_owned();
        let memory = local(dir.path());
        assert_eq!(memory.scope(|| held(path, 4)), 4);
        assert_eq!(marks(&dir.path().join("held")), 2, "once here and once there");
    });
}

#[test]
fn a_store_built_in_code_is_gone_without() {
    watched(|| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().to_owned();
        let memory = Memory::over(Arc::new(MemoryStore::new())).open().unwrap();
        for round in 1..=2 {
            let tasks = (0..4).map(|n| slow_square::delayed(path.clone(), n));
            assert_eq!(memory.scope(|| two().run(tasks)).unwrap(), [0, 1, 4, 9]);
            assert_eq!(marks(&dir.path().join("3")), round);
        }
    });
}

/// How often the square of 3 was computed, after a call in other processes over the memory that `secret` makes, and one
/// here over that of the same secret.
fn computed(secret: impl Fn(&Path, MemoryBuilder) -> MemoryBuilder) -> [u64; 2] {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_owned();
    let store = StoreConfig::new("local").at(dir.path().join("store").to_string_lossy());
    let builder = Memory::builder(store).unwrap();
    let memory = secret(dir.path(), builder).open().unwrap();
    let there = memory.scope(|| two().run([slow_square::delayed(path.clone(), 3)])).unwrap();
    let once = marks(&dir.path().join("3"));
    assert_eq!((there[0], memory.scope(|| slow_square(path, 3))), (9, 9));
    [once, marks(&dir.path().join("3"))]
}

#[test]
fn a_secret_in_a_file_serves_workers_too_and_another_does_not_reach_them() {
    const SECRET: &str = "a secret of sixteen bytes, or more";
    watched(|| {
        let in_file = computed(|dir, builder| {
            let file = dir.join("secret");
            std::fs::write(&file, SECRET).unwrap();
            builder.secret_file(file)
        });
        assert_eq!(in_file, [1, 1], "what the worker signed is a hit here");
        let in_code = computed(|_, builder| builder.secret(SECRET.into()));
        assert_eq!(in_code, [1, 2], "nothing that the worker could keep is a hit here");
    });
}

/// Works the third time.
#[task(crate = larder_core)]
fn third_time(file: PathBuf) -> u64 {
    mark(&file);
    assert_eq!(marks(&file), 3, "not yet");
    marks(&file)
}

#[task(crate = larder_core)]
fn calls(file: PathBuf) -> u64 {
    Parallel::new().run([third_time::delayed(file)]).unwrap()[0]
}

#[test]
fn options_in_scope_hold_in_tasks() {
    watched(|| {
        let dir = tempfile::tempdir().unwrap();
        let call = |file: &str| two().retries(0).run([calls::delayed(dir.path().join(file))]);
        assert!(call("none").is_err());
        // A backend of a name that the worker does not know does no harm.
        for scope in [Parallel::new().retries(2), Parallel::new().retries(2).backend("loky")] {
            let file = format!("{scope:?}").len().to_string();
            assert_eq!(scope.scope(|| call(&file)).unwrap(), [3]);
        }
        assert!(call("after").is_err());
    });
}

#[test]
fn calls_in_tasks_keep_to_their_share() {
    let share = (larder_core::cpu_count() / 2).max(1);
    let threads = watched(|| two().run((0..4).map(|_| threads_inside::delayed())).unwrap());
    assert!(threads.iter().all(|threads| *threads <= share), "{threads:?} of {share}");
}
