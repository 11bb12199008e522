//! Single flight among processes, killed ones included.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use larder::{Memory, MissReason, memoize};

use crate::limits;
use crate::support::STORES;
use crate::support::children::{Other, listen, role, say};
use crate::support::waits::Waits;
use crate::support::watchdog::watched;

const PROCESSES: usize = 8;
const KEYS: u64 = 1000;

/// Where every computation leaves a line.
static LOG: OnceLock<PathBuf> = OnceLock::new();

fn log(dir: &Path) -> PathBuf {
    dir.join("log")
}

/// The memory that a role is played over: `all over sqlite`.
fn memory(dir: &Path, backend: &str) -> Memory {
    let store = format!("{backend}:{}", dir.join("cache").display());
    Memory::open(store.as_str()).unwrap()
}

pub(crate) fn write_down(line: impl std::fmt::Display) {
    let mut log = File::options().append(true).create(true).open(LOG.get().unwrap()).unwrap();
    // One write, so that lines of several processes do not mix.
    log.write_all(format!("{line}\n").as_bytes()).unwrap();
}

pub(crate) fn written(dir: &Path) -> Vec<String> {
    let mut lines: Vec<_> =
        fs::read_to_string(log(dir)).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// What the other processes do.
#[test]
fn child() {
    let Some((role, dir)) = role() else { return };
    LOG.set(log(&dir)).unwrap();
    if role == "limited" {
        return limits::write(&dir);
    }
    let (role, backend) = role.split_once(" over ").unwrap();
    let memory = memory(&dir, backend);
    match role {
        "all" => compute_all(&memory),
        "held" => tell_of_wait::<held>(|| assert_eq!(memory.cache::<held>().call(1).unwrap(), 10)),
        "fails" => tell_of_wait::<fails>(|| {
            let failed = memory.cache::<fails>().call(1).unwrap();
            assert_eq!(failed, Err("told to".to_owned()));
        }),
        "panics" => tell_of_wait::<panics>(|| {
            std::panic::set_hook(Box::new(|_| {}));
            let panicked = std::panic::catch_unwind(|| memory.cache::<panics>().call(1));
            assert!(panicked.is_err());
        }),
        role => panic!("no such role: {role}"),
    }
}

/// Long enough that a mixture of two would show.
#[memoize]
fn pattern(n: u64) -> Vec<u64> {
    write_down(n);
    (0..2_000).map(|i| n * 1_000_000 + i).collect()
}

fn compute_all(memory: &Memory) {
    say("ready");
    listen();
    let pattern = memory.cache::<pattern>();
    // Everybody begins somewhere else, and meets all the others.
    let first = u64::from(std::process::id()) % KEYS;
    for n in (0..KEYS).map(|n| (first + n) % KEYS) {
        let value = pattern.call(n).unwrap();
        assert_eq!(value.len(), 2_000);
        assert!(value.iter().zip(0..).all(|(value, i)| *value == n * 1_000_000 + i));
    }
    let stats = memory.stats();
    assert_eq!(stats.hits + stats.computed, KEYS);
    assert_eq!(stats.misses(MissReason::Never), stats.computed, "no torn entry, no failure");
    assert_eq!(stats.store_errors, 0);
    say(&format!("computed {}", stats.computed));
}

#[test]
fn eight_processes_compute_each_of_a_thousand_keys_once() {
    watched(|| STORES.iter().for_each(|backend| compute_each_once(backend)));
}

fn compute_each_once(backend: &str) {
    let dir = tempfile::tempdir().unwrap();
    let role = format!("all over {backend}");
    let mut all: Vec<_> = (0..PROCESSES).map(|_| Other::ready(&role, dir.path())).collect();
    for other in &mut all {
        other.tell("go");
    }
    all.into_iter().for_each(Other::finish);
    let mut expected: Vec<_> = (0..KEYS).map(|n| n.to_string()).collect();
    expected.sort();
    assert_eq!(written(dir.path()), expected, "{backend}");
    assert_eq!(memory(dir.path(), backend).entries().unwrap().len() as u64, KEYS);
    match backend {
        "sqlite" => assert_eq!(left_beside_database(dir.path()), ["cache", "cache-lock", "log"]),
        _ => assert_eq!(leftovers(&dir.path().join("cache")), [".gitignore", ".lock"]),
    }

    let mut again = Other::ready(&role, dir.path());
    again.tell("go");
    again.hears("computed 0");
    again.finish();
}

/// Every file there is, with nothing opened any more.
fn left_beside_database(dir: &Path) -> Vec<String> {
    let files = fs::read_dir(dir).unwrap();
    let mut names: Vec<_> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Every file that is no entry.
fn leftovers(dir: &Path) -> Vec<String> {
    let entries = Memory::open(dir).unwrap().entries().unwrap();
    assert_eq!(entries.len() as u64, KEYS);
    let mut files = Vec::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        for found in fs::read_dir(dir).unwrap() {
            let path = found.unwrap().path();
            if path.is_dir() { dirs.push(path) } else { files.push(path) }
        }
    }
    let mut others: Vec<_> = files
        .iter()
        .map(|file| file.strip_prefix(dir).unwrap())
        .filter(|file| file.components().count() < 3)
        .map(|file| file.to_str().unwrap().to_owned())
        .collect();
    // The entries, and the record of the function's one version.
    assert_eq!(files.len() - others.len(), entries.len() + 1);
    others.sort();
    others
}

/// Says "waiting" when the call waits, and "done" after it.
fn tell_of_wait<F: larder::Memoize + std::ops::Deref<Target = larder::Handle<F>>>(
    call: impl FnOnce(),
) {
    let waits = Waits::of::<F>();
    std::thread::spawn(move || {
        waits.reach(1);
        say("waiting");
    });
    call();
    say("done");
}

/// Ends when told to.
#[memoize]
fn held(n: u64) -> u64 {
    write_down(n);
    say("computing");
    listen();
    n * 10
}

#[test]
fn one_waiter_takes_over_from_a_killed_holder() {
    watched(|| {
        for backend in STORES {
            let dir = tempfile::tempdir().unwrap();
            let role = format!("held over {backend}");
            let mut holder = Other::start(&role, dir.path());
            holder.hears("computing");
            let mut waiters: Vec<_> = (0..5).map(|_| Other::start(&role, dir.path())).collect();
            waiters.iter_mut().for_each(|waiter| waiter.hears("waiting"));
            holder.kill();
            // Whoever computes now is told to go on; the others do not listen, and once it has, they end.
            waiters.iter_mut().for_each(|waiter| waiter.tell_if_there("go on"));
            waiters.into_iter().for_each(Other::finish);
            assert_eq!(written(dir.path()), ["1", "1"], "{backend}");
        }
    });
}

#[memoize]
fn fails(n: u64) -> Result<u64, String> {
    write_down(n);
    say("computing");
    Err(listen())
}

#[memoize]
fn panics(n: u64) -> u64 {
    write_down(n);
    say("computing");
    panic!("{}", listen())
}

/// All wait for one; once it has failed, all compute before any of them is let go on.
fn released_together(role: &str, backend: &str) {
    let dir = tempfile::tempdir().unwrap();
    let role = &format!("{role} over {backend}");
    let mut holder = Other::start(role, dir.path());
    holder.hears("computing");
    let mut waiters: Vec<_> = (0..5).map(|_| Other::start(role, dir.path())).collect();
    waiters.iter_mut().for_each(|waiter| waiter.hears("waiting"));
    holder.tell("told to");
    holder.finish();
    waiters.iter_mut().for_each(|waiter| waiter.hears("computing"));
    waiters.iter_mut().for_each(|waiter| waiter.tell("told to"));
    waiters.into_iter().for_each(Other::finish);
    assert_eq!(written(dir.path()).len(), 6);
}

#[test]
fn an_error_releases_the_waiting_processes_together() {
    watched(|| STORES.iter().for_each(|backend| released_together("fails", backend)));
}

#[test]
fn a_panic_releases_the_waiting_processes_together() {
    watched(|| STORES.iter().for_each(|backend| released_together("panics", backend)));
}
