//! Programs whose workers come up hard: they are killed as soon as they start, or there is no room for them.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;

use larder_core::parallel::TaskErrorKind;
use larder_core::{Array, Result, task};
use larder_process::Process;
use libtest_mimic::Trial;
use rustix::process::{
    Pid, Resource, Rlimit, Signal, getpid, getrlimit, kill_process, prlimit, setrlimit,
};

use super::own::{children, open_files};
use super::{output, said, square, trial, two};

/// Marks that it began, and ends when it may.
#[task(crate = larder_core)]
fn begins_and_waits(dir: PathBuf) {
    mark(&dir.join("begun"));
    while !dir.join("go").exists() {
        thread::yield_now();
    }
}

#[task(crate = larder_core)]
fn large(n: u64) -> Array<u64> {
    vec![n; 200_000].into()
}

/// In a worker of a program whose first `so many` are killed: the end of those.
pub(crate) fn end_early(role: &str) {
    let is_worker = std::env::args().next().is_some_and(|name| name == larder_worker::MARK);
    if is_worker && marks(&killed()) < many(role) {
        mark(&killed());
        kill_process(getpid(), Signal::KILL).unwrap();
    }
}

/// Calls while the first workers are killed. Prints the squares or the error, and how many workers were.
pub(crate) fn killed_early() {
    match two().n_jobs(1).run((0..4).map(square::delayed)) {
        Ok(squares) => println!("{squares:?}"),
        Err(error) => println!("{error}"),
    }
    println!("killed: {}", marks(&killed()));
    fs::remove_file(killed()).unwrap();
}

/// Two workers, with ever more room for files: first there is none for either, then for one, at last for both.
pub(crate) fn crowded() {
    // Workers have none of these: they may open as many files.
    let _files: Vec<_> = (0..50).map(|_| File::open("/dev/null").unwrap()).collect();
    // Counting them takes one.
    let (open, _) = open_files();
    let warnings = Warnings::default();
    tracing::subscriber::set_global_default(warnings.clone()).unwrap();
    let mut seen = Vec::new();
    while seen.last() != Some(&2) {
        let (ran, workers) = both_begin(open - 1 + seen.len(), &warnings);
        match ran {
            Ok(()) => assert_eq!(workers + warnings.count(), 2, "who has none is told of, once"),
            Err(error) => {
                assert_eq!(workers, 0);
                let error = error.to_string();
                assert!(error.contains("no worker could be started"), "{error}");
                assert!(error.contains("open files"), "{error}");
            }
        }
        seen.push(workers);
        Process::new().unwrap().shut_down();
        assert_eq!((open_files().0, children().len()), (open, 0), "what is left");
    }
    seen.dedup();
    assert_eq!(seen, [0, 1, 2]);
}

/// Four tasks of a program that may have so many files open. The first of them end only when every driver has a worker, or
/// was told that there is none for it. How many workers there were.
fn both_begin(files: usize, warnings: &Warnings) -> (Result<()>, usize) {
    let dir = tempfile::tempdir().unwrap();
    let begun = || marks(&dir.path().join("begun"));
    let maximum = getrlimit(Resource::Nofile).maximum;
    let limit = |current| setrlimit(Resource::Nofile, Rlimit { current, maximum }).unwrap();
    let is_over = AtomicBool::new(false);
    warnings.0.store(0, SeqCst);
    thread::scope(|scope| {
        let workers = scope.spawn(|| {
            while begun() + warnings.count() < 2 && !is_over.load(SeqCst) {
                thread::yield_now();
            }
            let workers = begun();
            // Other than a file, it need not be opened.
            fs::create_dir(dir.path().join("go")).unwrap();
            workers
        });
        limit(Some(files as u64));
        let tasks = (0..4).map(|_| begins_and_waits::delayed(dir.path().to_owned()));
        let ran = two().batch_size(1).run(tasks).map(drop);
        limit(maximum);
        is_over.store(true, SeqCst);
        (ran, workers.join().unwrap())
    })
}

/// Large results of workers that are up, in a program that may open no further file: their files do not arrive.
pub(crate) fn full() {
    // Two are warm: one for the file that does not arrive, and one for all that comes afterwards.
    let dir = tempfile::tempdir().unwrap();
    let one_thread = two().inner_max_num_threads(1).batch_size(1);
    let begun = dir.path().join("begun");
    one_thread.run((0..2).map(|_| waits_for_others::delayed(begun.clone(), 2))).unwrap();
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: Some(64), maximum }).unwrap();
    let files: Vec<_> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    let arrays = one_thread.n_jobs(1).run((0..20).map(large::delayed)).unwrap();
    assert!((0..).zip(arrays).all(|(n, array)| array.len() == 200_000 && array[199_999] == n));
    drop(files);
    Process::new().unwrap().shut_down();
}

/// Sees to it that no worker follows this one, and ends.
#[task(crate = larder_core)]
fn leaves_no_room(file: PathBuf) -> u64 {
    mark(&file);
    let parent = i32::try_from(std::os::unix::process::parent_id()).ok().and_then(Pid::from_raw);
    let maximum = getrlimit(Resource::Nofile).maximum;
    prlimit(parent, Resource::Nofile, Rlimit { current: Some(3), maximum }).unwrap();
    std::process::abort()
}

/// A task takes its worker with it, and there is no room for another one: it goes from driver to driver.
pub(crate) fn doomed() {
    let dir = tempfile::tempdir().unwrap();
    let (file, begun) = (dir.path().join("tries"), dir.path().join("begun"));
    let limit = getrlimit(Resource::Nofile);
    let wait = (0..4).map(|_| waits_for_others::delayed(begun.clone(), 4));
    // So that the others have something to do meanwhile.
    let tasks = wait.chain([leaves_no_room::delayed(file.clone())]);
    let tasks = tasks.chain((0..2000).map(square::delayed));
    let results = two().n_jobs(4).batch_size(1).run_each(tasks).unwrap();
    setrlimit(Resource::Nofile, limit).unwrap();
    let died = results[4].as_ref().unwrap_err();
    assert_eq!((died.kind(), marks(&file)), (TaskErrorKind::WorkerDied, 3), "{died}");
    assert!(results[5..].iter().zip(0..).all(|(square, n)| *square.as_ref().unwrap() == n * n));
    Process::new().unwrap().shut_down();
}

/// Ends when there are so many of them, so that each has a worker of its own.
#[task(crate = larder_core)]
fn waits_for_others(begun: PathBuf, all: usize) -> u64 {
    mark(&begun);
    while marks(&begun) < all {
        thread::yield_now();
    }
    0
}

/// How many of larder's warnings there were.
#[derive(Debug, Clone, Default)]
struct Warnings(Arc<AtomicUsize>);

impl Warnings {
    fn count(&self) -> usize {
        self.0.load(SeqCst)
    }
}

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "larder::parallel" && *metadata.level() == tracing::Level::WARN
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, SeqCst);
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("workers_killed_while_they_start_are_replaced", || {
            assert_eq!(said(&output("killed early 2")), "[0, 1, 4, 9]\nkilled: 2\n");
        }),
        trial("workers_that_never_start_end_the_call", || {
            let said = said(&output("killed early 100"));
            assert!(said.contains("before they are ready") && said.contains("SIGKILL"), "{said}");
            assert!(said.ends_with("killed: 3\n"), "{said}");
        }),
        trial("where_there_is_no_room_there_are_fewer_workers", || {
            output("crowded");
        }),
        trial("a_task_that_ends_workers_has_three_attempts_whoever_has_it", || {
            output("doomed");
        }),
        trial("results_whose_files_find_no_room_come_without", || {
            output("full");
        }),
    ]
}

fn killed() -> PathBuf {
    std::env::temp_dir().join("killed")
}

fn many(role: &str) -> usize {
    role.rsplit(' ').next().and_then(|many| many.parse().ok()).unwrap()
}

fn mark(file: &Path) {
    OpenOptions::new().create(true).append(true).open(file).unwrap().write_all(b"x").unwrap();
}

fn marks(file: &Path) -> usize {
    fs::metadata(file).map_or(0, |file| file.len() as usize)
}
