//! Other processes: killed, stopped and forked in the middle of something, without rights, without room.
#![cfg(target_os = "linux")]

#[path = "../../local/tests/common/mod.rs"]
mod common;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Other, acquired, block_on, command, held, key, listen, now, say};
use larder_core::Prefix;
use larder_core::store::{LeaseAttempt, LeaseEnd, PutMode, PutOutcome, StoreBackend, StoreExt};
use larder_sqlite::{SqliteOptions, SqliteStore};
use rusqlite::Connection;

/// What the other processes do.
#[test]
fn child() {
    let Some((role, dir)) = common::role() else { return };
    match role.as_str() {
        "put" => put_forever(&dir),
        "hold" => hold(&dir),
        "fork" => fork(&dir),
        "late" => fork_too_late(&dir),
        "read-only" => without_rights(&dir),
        "full" => without_room(&dir),
        role => panic!("no such role: {role}"),
    }
}

fn database(dir: &Path) -> PathBuf {
    dir.join("a.db")
}

/// Rows of a few pages, so that a value is many of them.
fn open(dir: &Path) -> SqliteStore {
    let options = SqliteOptions::default().chunk_size(10_000);
    SqliteStore::with_options(database(dir), options).unwrap()
}

fn put(store: &SqliteStore, n: u64, value: &[u8]) {
    now(store.replace(&key("a/b", n), value.to_vec().into())).unwrap();
}

fn get(store: &SqliteStore, n: u64) -> Option<Vec<u8>> {
    now(store.get(&key("a/b", n))).unwrap().map(Vec::from)
}

fn assert_sound(dir: &Path) {
    let raw = Connection::open(database(dir)).unwrap();
    let sound: String = raw.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    let lost =
        "SELECT (SELECT count(*) FROM blobs) - (SELECT coalesce(sum(count), 0) FROM entries)";
    assert_eq!(raw.query_row(lost, [], |row| row.get(0)), Ok(0), "rows without an entry");
}

fn value(n: u64, round: u8) -> Vec<u8> {
    vec![round; 1_000_000 + n as usize]
}

fn put_forever(dir: &Path) {
    let store = open(dir);
    for round in (0..=u8::MAX).cycle() {
        for n in 0..3 {
            put(&store, n, &value(n, round));
        }
        if round == 0 {
            say("ready");
        }
    }
}

#[test]
fn a_killed_writer_leaves_whole_entries() {
    let dir = tempfile::tempdir().unwrap();
    for kill in 0..20 {
        let writer = Other::ready("put", dir.path());
        let store = open(dir.path());
        let check = || {
            for n in 0..3 {
                let found = get(&store, n).unwrap();
                assert!(found == value(n, found[0]), "a torn entry");
            }
        };
        // Another moment each time.
        (0..=kill).for_each(|_| check());
        writer.kill();
        check();
        drop(store);
        assert_sound(dir.path());
    }
    assert_eq!(now(open(dir.path()).entries(&Prefix::root())).unwrap().len(), 3);
}

fn hold(dir: &Path) {
    let store = open(dir);
    let a = key("a", 1);
    let lease = acquired(&store, &a);
    say("ready");
    listen();
    let put = now(store.put(&a, b"held all along".to_vec().into(), PutMode::Leased(&lease)));
    assert_eq!(put.unwrap(), PutOutcome::Written);
    drop(lease);
    say("written");
    listen();
}

fn acquired_soon(store: &SqliteStore) -> larder_core::store::Lease {
    loop {
        match now(store.lease(&key("a", 1))).unwrap() {
            LeaseAttempt::Acquired(lease) => return lease,
            LeaseAttempt::Held(wait) => drop(block_on(wait)),
        }
    }
}

#[test]
fn a_killed_holder_frees_its_lease() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let holder = Other::ready("hold", dir.path());
    let wait = held(&store, &key("a", 1));
    holder.kill();
    assert_eq!(block_on(wait), LeaseEnd::Free);
    let lease = acquired_soon(&store);
    let put = now(store.put(&key("a", 1), b"mine".to_vec().into(), PutMode::Leased(&lease)));
    assert_eq!(put.unwrap(), PutOutcome::Written);
}

/// A stopped holder holds: the lock is the kernel's, and has no time to run out. So there is never a second holder, and
/// nothing to refuse when the first one goes on.
#[test]
fn a_stopped_holder_keeps_its_lease() {
    use rustix::process::{Signal, kill_process};
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut holder = Other::ready("hold", dir.path());
    let wait = held(&store, &key("a", 1));
    kill_process(holder.pid(), Signal::STOP).unwrap();
    for _ in 0..1000 {
        drop(held(&store, &key("a", 1)));
    }
    assert_eq!(now(store.get(&key("a", 1))).unwrap(), None);
    kill_process(holder.pid(), Signal::CONT).unwrap();
    holder.tell("go on");
    holder.hears("written");
    assert_eq!(block_on(wait), LeaseEnd::Free);
    assert_eq!(now(store.get(&key("a", 1))).unwrap().unwrap(), "held all along");
    drop(acquired_soon(&store));
    holder.finish();
}

/// Runs `child` in a forked process, and ends it there; then `parent` here.
fn forked(child: impl FnOnce(), parent: impl FnOnce()) {
    // SAFETY: this process has one thread, which the harness was told to run its one test on.
    match unsafe { nix::unistd::fork() }.unwrap() {
        nix::unistd::ForkResult::Child => {
            // Each side has its own end of whatever connects them, and hears when the other is gone.
            drop(parent);
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child));
            // SAFETY: ends the process without running what belongs to the parent.
            unsafe { nix::libc::_exit(i32::from(done.is_err())) }
        }
        nix::unistd::ForkResult::Parent { child: process } => {
            drop(child);
            parent();
            let status = nix::sys::wait::waitpid(process, None).unwrap();
            assert_eq!(status, nix::sys::wait::WaitStatus::Exited(process, 0));
        }
    }
}

fn fork(dir: &Path) {
    let (store, a) = (open(dir), key("a", 1));
    put(&store, 1, b"parent");
    let lease = &acquired(&store, &a);
    let a = &a;
    let (mut mine, mut its) = UnixStream::pair().unwrap();
    let shared = std::cell::RefCell::new(Some(store));
    let store = &shared;
    forked(
        move || {
            let store = store.borrow();
            let store = store.as_ref().unwrap();
            drop(held(store, a));
            assert_eq!(
                now(store.put(a, b"x".to_vec().into(), PutMode::Leased(lease))).unwrap(),
                PutOutcome::LeaseLost
            );
            assert_eq!(get(store, 1).unwrap(), b"parent");
            put(store, 2, b"child");
            // The parent closes the database meanwhile, and a third process opens and closes it.
            its.write_all(b"x").unwrap();
            its.read_exact(&mut [0]).unwrap();
            assert_eq!(get(store, 3).unwrap(), b"third");
            put(store, 4, b"child");
        },
        move || {
            mine.read_exact(&mut [0]).unwrap();
            assert_eq!(get(store.borrow().as_ref().unwrap(), 2).unwrap(), b"child");
            drop(store.borrow_mut().take());
            say("closed");
            listen();
            mine.write_all(b"x").unwrap();
        },
    );
}

#[test]
fn a_forked_child_goes_on_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let mut other = Other::start(command("fork", dir.path()));
    other.hears("closed");
    put(&open(dir.path()), 3, b"third");
    other.tell("go on");
    other.finish();
    let store = open(dir.path());
    let found = [1, 2, 3, 4].map(|n| get(&store, n).map(|value| String::from_utf8(value).unwrap()));
    assert_eq!(found, ["parent", "child", "third", "child"].map(|it| Some(it.to_owned())));
    drop(store);
    assert_sound(dir.path());
}

fn fork_too_late(dir: &Path) {
    let shared = std::cell::RefCell::new(Some(open(dir)));
    let store = &shared;
    put(store.borrow().as_ref().unwrap(), 1, b"parent");
    let (mut mine, mut its) = UnixStream::pair().unwrap();
    forked(
        move || {
            its.read_exact(&mut [0]).unwrap();
            let store = store.borrow();
            let error = now(store.as_ref().unwrap().get(&key("a/b", 1))).unwrap_err();
            assert!(error.is_transient() && error.message().contains("forked"), "{error:?}");
        },
        move || {
            drop(store.borrow_mut().take());
            // Somebody else uses the database now.
            let _other = open(dir);
            mine.write_all(b"x").unwrap();
        },
    );
}

#[test]
fn a_child_that_comes_too_late_is_told() {
    let dir = tempfile::tempdir().unwrap();
    Other::start(command("late", dir.path())).finish();
    assert_sound(dir.path());
}

fn without_rights(dir: &Path) {
    let path = database(dir);
    let store = open(dir);
    put(&store, 1, b"kept");
    let set = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let denied = |error: larder_core::Error, at: &Path| {
        assert!(error.is_permission_denied(), "{error:?}");
        assert_eq!(error.get("path"), at.to_str());
    };
    drop(store);
    set(&path, 0o400);
    let store = SqliteStore::open(&path).expect("what can be read can be opened");
    assert_eq!(get(&store, 1).unwrap(), b"kept");
    assert!(now(store.touch(&key("a/b", 1))).unwrap());
    denied(now(store.replace(&key("a/b", 1), b"new".to_vec().into())).unwrap_err(), &path);
    denied(now(store.delete(&key("a/b", 1))).unwrap_err(), &path);
    drop(store);
    set(&path, 0o600);
    // SQLite made these with the rights of the database, and a mere reader leaves them.
    for name in ["a.db-shm", "a.db-wal"] {
        fs::remove_file(dir.join(name)).unwrap();
    }
    set(dir, 0o500);
    denied(SqliteStore::open(&path).unwrap_err(), &path);
    denied(SqliteStore::open(dir.join("new.db")).unwrap_err(), &dir.join("new.db"));
    set(dir, 0o700);
    let store = open(dir);
    assert_eq!(get(&store, 1).unwrap(), b"kept");
    // What is open stays usable whatever becomes of the rights; only leases need to make their file.
    fs::remove_file(dir.join("a.db-lock")).unwrap_or_default();
    set(dir, 0o500);
    put(&store, 2, b"new");
    assert_eq!(get(&store, 2).unwrap(), b"new");
    denied(now(store.lease(&key("a", 1))).unwrap_err(), &dir.join("a.db-lock"));
    set(dir, 0o700);
    drop(acquired(&store, &key("a", 1)));
}

#[test]
fn missing_rights_are_named() {
    use std::os::unix::process::CommandExt;
    let dir = tempfile::tempdir().unwrap();
    let inner = dir.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let mut command = command("read-only", &inner);
    if rustix::process::geteuid().is_root() {
        // Nothing is forbidden to root; "nobody" has no rights anywhere.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::chown(&inner, Some(65534), Some(65534)).unwrap();
        command.uid(65534).gid(65534);
    }
    Other::start(command).finish();
}

fn without_room(dir: &Path) {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let limit =
        |bytes| setrlimit(Resource::Fsize, Rlimit { current: bytes, maximum: None }).unwrap();
    let store = open(dir);
    put(&store, 1, b"fits");
    limit(Some(64 << 10));
    for n in [1, 2] {
        let error = now(store.replace(&key("a/b", n), vec![7; 200_000].into())).unwrap_err();
        assert!(error.is_storage_full(), "{error:?}");
        assert_eq!(error.get("path"), database(dir).to_str());
    }
    assert_eq!(get(&store, 1).unwrap(), b"fits");
    assert_eq!(get(&store, 2), None);
    limit(None);
    put(&store, 2, &[7; 200_000]);
    assert_eq!(get(&store, 2).unwrap(), [7; 200_000]);
    drop(store);
    assert_sound(dir);
    // Not even room for the memory that processes share.
    limit(Some(16 << 10));
    let error = SqliteStore::open(database(dir)).unwrap_err();
    assert!(error.is_storage_full(), "{error:?}");
    limit(None);
    assert_eq!(get(&open(dir), 1).unwrap(), b"fits");
}

#[test]
fn where_no_room_is_left_nothing_changes() {
    let dir = tempfile::tempdir().unwrap();
    let inner = command("full", dir.path());
    let mut limited = Command::new("sh");
    // The size limit of files stands in for a full disk; ignored, its signal becomes an error of the write.
    limited.args(["-c", r#"trap "" XFSZ; exec "$0" "$@""#]);
    limited.arg(inner.get_program()).args(inner.get_args());
    limited.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Other::start(limited).finish();
}
