//! A database gone bad in mid-run: every call returns what it must, statistics tell, and service resumes.

#[allow(dead_code, reason = "shared with the tests of the facade")]
#[path = "../../../tests/behaviour/common.rs"]
mod common;

use std::fs;
use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
use common::{after, again, passes, role};
use common::{note_run, runs};
use larder::{Memory, MissReason, memoize};
use rusqlite::Connection;
use tempfile::TempDir;

#[memoize]
fn square(n: u64) -> u64 {
    note_run();
    n * n
}

fn database() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("results.db");
    (dir, path)
}

fn over(path: &Path) -> Memory {
    Memory::open(format!("sqlite:{}?busy_timeout=100ms", path.display()).as_str()).unwrap()
}

/// Calls for each of `keys`; says how many were computed.
fn computed(memory: &Memory, keys: std::ops::Range<u64>) -> u32 {
    for n in keys {
        assert_eq!(memory.cache::<square>().call(n).unwrap(), n * n);
    }
    runs()
}

#[test]
fn a_database_that_another_program_locks() {
    let (_dir, path) = database();
    let memory = over(&path);
    assert_eq!(computed(&memory, 0..10), 10);
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(computed(&memory, 0..10), 0, "what is kept can be read");
    // Few enough that the store is not left alone for a while.
    assert_eq!(computed(&memory, 10..12), 2);
    assert_eq!(memory.stats().store_errors, 2);
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(computed(&memory, 10..12), 2);
    assert_eq!(computed(&memory, 0..12), 0);
    assert_eq!(memory.stats().store_errors, 2);
}

#[test]
fn a_database_that_is_damaged() {
    let (_dir, path) = database();
    computed(&over(&path), 0..200);
    let whole = fs::read(&path).unwrap();
    let mut damaged = whole.clone();
    // Beyond the roots of the tables.
    damaged[3 * 4096..].fill(0xa5);
    fs::write(&path, &damaged).unwrap();
    let memory = over(&path);
    assert_eq!(computed(&memory, 0..50), 50);
    let stats = memory.stats();
    assert_eq!(stats.misses(MissReason::StoreFailed), 50);
    assert!(stats.store_errors >= 50);
    // Moved away, as the error says: a new one is made, and used.
    fs::remove_file(&path).unwrap();
    assert_eq!(computed(&memory, 0..50), 50);
    assert_eq!(computed(&memory, 0..50), 0);
}

#[test]
fn a_database_whose_values_are_others() {
    let (_dir, path) = database();
    let memory = over(&path);
    assert_eq!(computed(&memory, 0..10), 10);
    let other = Connection::open(&path).unwrap();
    let last = "SELECT max(first) FROM entries";
    other
        .execute_batch(&format!(
            "UPDATE blobs SET bytes = (SELECT bytes FROM blobs WHERE id = ({last})) WHERE id < ({last});"
        ))
        .unwrap();
    assert_eq!(computed(&memory, 0..10), 9, "an entry in another's place is a miss");
    other.execute_batch("UPDATE blobs SET bytes = substr(bytes, 1, 40)").unwrap();
    assert_eq!(computed(&memory, 0..10), 10, "so is a part of one");
    assert_eq!(computed(&memory, 0..10), 0);
}

#[test]
fn a_database_that_is_removed() {
    let (dir, path) = database();
    let memory = over(&path);
    for _round in 0..3 {
        assert_eq!(computed(&memory, 0..10), 10);
        assert_eq!(computed(&over(&path), 0..10), 0, "another process finds them");
        for file in fs::read_dir(dir.path()).unwrap() {
            fs::remove_file(file.unwrap().path()).unwrap();
        }
        // What was found a moment ago may be found a moment longer; what was not is computed and kept.
        assert_eq!(computed(&memory, 10..11), 1);
        assert_eq!(memory.cache::<square>().clear().unwrap(), 1);
    }
    assert_eq!(memory.stats().store_errors, 0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_database_that_finds_no_more_room() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    if role().is_none() {
        // The limit to the size of files stands in for a full disk; its signal ignored, the write fails.
        let child = again("a_database_that_finds_no_more_room", "full");
        return passes(after(r#"trap "" XFSZ"#, &child));
    }
    let limit = |bytes| setrlimit(Resource::Fsize, Rlimit { current: bytes, maximum: None });
    let (dir, path) = database();
    let memory = over(&path);
    assert_eq!(computed(&memory, 0..10), 10);
    let log = dir.path().join("results.db-wal");
    limit(Some(log.metadata().unwrap().len())).unwrap();
    assert_eq!(computed(&memory, 10..12), 2);
    assert_eq!(computed(&memory, 10..12), 2, "nothing was kept");
    assert_eq!(computed(&memory, 0..10), 0, "what is kept can be read");
    assert_eq!((memory.stats().store_errors, memory.stats().stored), (4, 10));
    limit(None).unwrap();
    assert_eq!(computed(&memory, 10..12), 2);
    assert_eq!(computed(&memory, 0..12), 0);
    assert_eq!((memory.stats().store_errors, memory.stats().stored), (4, 12));
}

#[cfg(target_os = "linux")]
#[test]
fn a_database_that_permission_is_lost_for() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    if role().is_none() {
        let mut child = again("a_database_that_permission_is_lost_for", "nobody");
        if rustix::process::geteuid().is_root() {
            // Nothing is forbidden to root.
            child.uid(65534).gid(65534);
        }
        return passes(child);
    }
    let (dir, path) = database();
    let allow = |mode| fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode)).unwrap();
    let memory = over(&path);
    assert_eq!(computed(&memory, 0..10), 10);
    allow(0o000);
    assert_eq!(computed(&memory, 10..12), 2);
    let stats = memory.stats();
    assert_eq!(stats.misses(MissReason::StoreFailed), 2);
    assert!(stats.store_errors >= 2 && stats.stored == 10, "{stats:?}");
    allow(0o700);
    // Whether what was put meanwhile is there, nobody could see then.
    computed(&memory, 10..12);
    assert_eq!(computed(&memory, 12..14), 2);
    assert_eq!(computed(&memory, 0..14), 0);
    assert_eq!(memory.stats().store_errors, stats.store_errors);
}
