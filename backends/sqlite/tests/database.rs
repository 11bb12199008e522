//! The database: what is made, what is refused, and what happens when it is not what it was.

#[path = "../../local/tests/common/mod.rs"]
mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use common::{files, key, now, prefix};
use larder_core::store::{PutMode, PutOutcome, StoreBackend, StoreExt};
use larder_core::{Error, ErrorKind, Prefix};
use larder_sqlite::{SqliteOptions, SqliteStore};
use rusqlite::Connection;

fn fresh() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    (dir, path)
}

fn put(store: &SqliteStore, n: u64, value: &[u8]) {
    now(store.replace(&key("a/b", n), value.to_vec().into())).unwrap();
}

fn get(store: &SqliteStore, n: u64) -> Option<Vec<u8>> {
    now(store.get(&key("a/b", n))).unwrap().map(Vec::from)
}

/// A number that SQLite tells of the database, past the store.
fn number(path: &Path, sql: &str) -> i64 {
    Connection::open(path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

#[cfg(unix)]
#[test]
fn files_and_directories_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("new/newer/a.db");
    let store = SqliteStore::open(&path).unwrap();
    put(&store, 1, b"value");
    let _lease = now(store.lease(&key("a", 1))).unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let names = ["a.db", "a.db-lock", "a.db-shm", "a.db-wal"];
    let dir = path.parent().unwrap();
    assert_eq!(files(dir), names.map(PathBuf::from));
    assert_eq!([mode(dir), mode(dir.parent().unwrap())], [0o700; 2]);
    names.iter().for_each(|name| assert_eq!(mode(&dir.join(name)), 0o600, "{name}"));
    drop(store);
    assert_eq!(files(dir), ["a.db", "a.db-lock"].map(PathBuf::from));
}

fn refused(path: &Path) -> Error {
    let error = SqliteStore::open(path).unwrap_err();
    assert_eq!(error.get("path"), path.to_str(), "{error}");
    assert_eq!(error.get("operation"), Some("open"));
    error
}

#[test]
fn what_is_not_larders_is_refused_and_stays_as_it_is() {
    let (dir, path) = fresh();
    for journal in ["delete", "wal"] {
        let other = Connection::open(&path).unwrap();
        other.pragma_update_and_check(None, "journal_mode", journal, |_| Ok(())).unwrap();
        other.execute_batch("CREATE TABLE mine (a)").unwrap();
        drop(other);
        let before = fs::read(&path).unwrap();
        let error = refused(&path);
        assert!(error.is_invalid() && error.message().contains("another program's"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(files(dir.path()), [Path::new("a.db")]);
        fs::remove_file(&path).unwrap();
    }
    // A program that was killed leaves its log, which opening and closing the database would bring home.
    let (other_path, log) = (dir.path().join("b.db"), dir.path().join("a.db-wal"));
    let other = Connection::open(&other_path).unwrap();
    other.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())).unwrap();
    other.execute_batch("CREATE TABLE mine (a)").unwrap();
    fs::copy(&other_path, &path).unwrap();
    fs::copy(dir.path().join("b.db-wal"), &log).unwrap();
    let before = [fs::read(&path).unwrap(), fs::read(&log).unwrap()];
    assert!(refused(&path).is_invalid());
    assert_eq!([fs::read(&path).unwrap(), fs::read(&log).unwrap()], before);
    fs::remove_file(&path).unwrap();
    fs::remove_file(&log).unwrap();
    // Not even a table, but somebody's all the same.
    Connection::open(&path).unwrap().pragma_update(None, "application_id", 7).unwrap();
    assert!(refused(&path).is_invalid());

    fs::write(&path, "Dear diary, today it rained. ".repeat(100)).unwrap();
    let error = refused(&path);
    assert!(error.is_corrupt() && error.message().contains("not an SQLite database"), "{error}");
    assert!(fs::read(&path).unwrap().starts_with(b"Dear diary"));

    let error = refused(&path.join("below.db"));
    assert!(error.is_invalid() && error.message().contains("a part of the path"), "{error}");
    let error = refused(dir.path());
    assert!(error.is_invalid() && error.message().contains("a directory is there"), "{error}");
    let error = SqliteStore::open(":memory:").unwrap_err();
    assert!(error.is_invalid() && error.message().contains("`memory:`"), "{error}");
}

#[test]
fn a_newer_version_is_refused() {
    let (_dir, path) = fresh();
    put(&SqliteStore::open(&path).unwrap(), 1, b"value");
    let set = |version: i64| {
        Connection::open(&path).unwrap().pragma_update(None, "user_version", version).unwrap();
    };
    set(99);
    let error = refused(&path);
    assert!(error.is_invalid() && error.message().contains("version 99, made by a newer larder"));
    set(1);
    assert_eq!(get(&SqliteStore::open(&path).unwrap(), 1).unwrap(), b"value");
}

#[test]
fn any_name_will_do() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["what?mode=memory#x%20 y.db", "file:a.db", "ä \"'.db"] {
        let path = dir.path().join(name);
        put(&SqliteStore::open(&path).unwrap(), 1, b"value");
        assert_eq!(get(&SqliteStore::open(&path).unwrap(), 1).unwrap(), b"value");
        assert!(path.metadata().unwrap().len() > 0, "{name}");
        fs::remove_file(&path).unwrap();
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE mine (a)").unwrap();
        assert!(refused(&path).message().contains("another program's"));
    }
}

#[test]
fn damage_is_an_error_that_names_the_file() {
    let (_dir, path) = fresh();
    let store = SqliteStore::open(&path).unwrap();
    (0..200).for_each(|n| put(&store, n, &[n as u8; 500]));
    drop(store);
    let mut bytes = fs::read(&path).unwrap();
    // Beyond the roots of the tables.
    bytes[3 * 4096..].fill(0xa5);
    fs::write(&path, &bytes).unwrap();
    let store = SqliteStore::open(&path).unwrap();
    let check = |error: Error| {
        assert!(error.is_corrupt(), "{error:?}");
        assert_eq!(error.get("path"), path.to_str());
        assert!(!error.is_transient());
    };
    check(now(store.get(&key("a/b", 1))).unwrap_err());
    check(now(store.replace(&key("a/b", 1), b"value".to_vec().into())).unwrap_err());
    check(now(store.entries(&Prefix::root())).unwrap_err());
    drop(store);
    bytes.fill(0xa5);
    fs::write(&path, &bytes).unwrap();
    check(refused(&path));
}

#[test]
fn an_entry_that_says_more_than_its_rows_hold_is_damage() {
    let (_dir, path) = fresh();
    let store = SqliteStore::with_options(&path, SqliteOptions::default().chunk_size(100)).unwrap();
    put(&store, 1, &[7; 250]);
    let raw = Connection::open(&path).unwrap();
    let wrongs = [
        "size = -1",
        "size = 1 << 62",
        "size = 301",
        "count = 2",
        "count = -1",
        "size = 1 << 60, count = 1 << 60",
    ];
    for wrong in wrongs {
        raw.execute_batch(&format!("UPDATE entries SET size = 250, count = 3, {wrong}")).unwrap();
        for error in [
            now(store.get(&key("a/b", 1))).unwrap_err(),
            now(store.get_range(&key("a/b", 1), 0..u64::MAX)).unwrap_err(),
        ] {
            assert!(error.is_corrupt(), "{wrong}: {error:?}");
        }
    }
}

#[test]
fn a_removed_database_is_made_again() {
    let (dir, path) = fresh();
    let store = SqliteStore::open(&path).unwrap();
    for names in [&["a.db"][..], &["a.db", "a.db-wal", "a.db-shm", "a.db-lock"]] {
        put(&store, 1, b"old");
        names.iter().for_each(|name| drop(fs::remove_file(dir.path().join(name))));
        assert_eq!(get(&store, 9), None);
        assert!(!now(store.delete(&key("a/b", 1))).unwrap(), "there is no database");
        assert_eq!(now(store.delete_prefix(&Prefix::root())).unwrap(), 0);
        assert_eq!(now(store.entries(&Prefix::root())).unwrap(), []);
        assert!(!path.exists(), "reading makes nothing");
        put(&store, 2, b"new");
        let other = SqliteStore::open(&path).unwrap();
        for store in [&store, &other] {
            assert_eq!((get(store, 1), get(store, 2)), (None, Some(b"new".to_vec())));
        }
        put(&other, 3, b"its");
        assert_eq!(get(&store, 3).unwrap(), b"its");
        assert_eq!(
            number(
                &path,
                "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"
            ),
            1
        );
    }
}

#[test]
fn a_replaced_database_is_used_in_the_place_of_the_old_one() {
    let (dir, path) = fresh();
    let other_path = dir.path().join("other.db");
    put(&SqliteStore::open(&other_path).unwrap(), 1, b"other");
    let store = SqliteStore::open(&path).unwrap();
    put(&store, 2, b"old");
    ["-wal", "-shm"]
        .iter()
        .for_each(|it| fs::remove_file(format!("{}{it}", path.display())).unwrap());
    fs::rename(&other_path, &path).unwrap();
    assert_eq!(get(&store, 1).unwrap(), b"other");
    assert_eq!(get(&store, 2), None);
    put(&store, 3, b"new");
    assert_eq!(get(&SqliteStore::open(&path).unwrap(), 3).unwrap(), b"new");
}

#[test]
fn compacting_gives_room_back_while_others_read() {
    let (_dir, path) = fresh();
    let (store, other) = (SqliteStore::open(&path).unwrap(), SqliteStore::open(&path).unwrap());
    (0..200).for_each(|n| put(&store, n, &vec![n as u8; 20_000]));
    (1..200).for_each(|n| assert!(now(store.delete(&key("a/b", n))).unwrap()));
    assert_eq!(get(&other, 0).unwrap(), [0; 20_000]);
    let freed = now(store.compact()).unwrap();
    let len = path.metadata().unwrap().len();
    assert!(len < 100_000, "{len} bytes are left");
    assert!(freed > 190 * 20_000, "{freed} bytes came free");
    assert_eq!(get(&other, 0).unwrap(), [0; 20_000]);
    put(&other, 1, b"new");
    assert_eq!(get(&store, 1).unwrap(), b"new");
}

#[test]
fn compacting_while_another_program_writes_fails_in_time_and_changes_nothing() {
    let (_dir, path) = fresh();
    let options = SqliteOptions::default().busy_timeout(Duration::from_millis(50));
    let store = SqliteStore::with_options(&path, options).unwrap();
    put(&store, 1, b"value");
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = now(store.compact()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert_eq!((error.get("operation"), error.get("path")), (Some("compact"), path.to_str()));
    assert_eq!(get(&store, 1).unwrap(), b"value");
    other.execute_batch("COMMIT").unwrap();
    now(store.compact()).unwrap();
}

#[test]
fn no_row_is_left_behind() {
    let (_dir, path) = fresh();
    let options = SqliteOptions::default().chunk_size(1000);
    let store = SqliteStore::with_options(&path, options).unwrap();
    let is_consistent = |rows| {
        assert_eq!(number(&path, "SELECT count(*) FROM blobs"), rows);
        assert_eq!(number(&path, "SELECT coalesce(sum(count), 0) FROM entries"), rows);
    };
    put(&store, 1, &[1; 5000]);
    put(&store, 2, &[2; 10]);
    put(&store, 3, &[3; 2500]);
    is_consistent(5 + 1 + 3);
    put(&store, 1, &[4; 1001]);
    put(&store, 2, &[5; 3000]);
    is_consistent(2 + 3 + 3);
    let created = now(store.put(&key("a/b", 3), vec![6; 9000].into(), PutMode::Create)).unwrap();
    assert_eq!(created, PutOutcome::Exists);
    assert!(now(store.delete(&key("a/b", 1))).unwrap());
    is_consistent(3 + 3);
    assert_eq!(get(&store, 2).unwrap(), [5; 3000]);
    assert_eq!(now(store.delete_prefix(&prefix("a"))).unwrap(), 2);
    is_consistent(0);
}

#[test]
fn values_of_all_sizes_come_back() {
    let (_dir, path) = fresh();
    let store = SqliteStore::open(&path).unwrap();
    // Fast even where nothing is optimized: no two blocks of 251 bytes begin alike for long.
    let pattern = |len: usize| -> Vec<u8> {
        let block: Vec<u8> = (0..251).collect();
        let mut value = block.repeat(len / 251 + 1);
        value.truncate(len);
        value.iter_mut().step_by(4096).enumerate().for_each(|(n, byte)| *byte = (n >> 3) as u8);
        value
    };
    let row = 64 << 20;
    for len in [0, 100, 10_000, (256 << 10) - 1, 256 << 10, 1 << 20, row, row + 1, 100_000_000] {
        let value = pattern(len);
        put(&store, 1, &value);
        assert!(get(&store, 1).unwrap() == value, "{len} bytes");
        assert_eq!(now(store.head(&key("a/b", 1))).unwrap().unwrap().size, len as u64);
    }
    let (value, at) = (pattern(row + 100), row - 50);
    let part = now(store.get_range(&key("a/b", 1), at as u64..at as u64 + 150)).unwrap().unwrap();
    assert_eq!(part, value[at..], "across two rows");
    assert_eq!(number(&path, "SELECT count FROM entries"), 2);
}

#[test]
fn listings_go_on_page_by_page_beside_writers() {
    let (_dir, path) = fresh();
    let store = SqliteStore::open(&path).unwrap();
    let raw = Connection::open(&path).unwrap();
    raw.execute_batch(
        "BEGIN;
         WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 4999)
         INSERT INTO entries SELECT printf('a/b/%064x', n), 1, 0, n, n FROM n;
         INSERT INTO entries VALUES ('a/b/no key of ours', 1, 0, 1, 1);
         COMMIT;",
    )
    .unwrap();
    let entries = now(store.entries(&prefix("a/b"))).unwrap();
    assert_eq!(entries.len(), 5000);
    assert!(entries.iter().enumerate().all(|(n, entry)| entry.size == n as u64));
    assert_eq!(
        entries[7].last_used,
        Some(SystemTime::UNIX_EPOCH + Duration::from_millis(7)),
        "the last use in milliseconds"
    );
    // A listing under way keeps nobody from emptying the log.
    let mut listing = store.list(&Prefix::root());
    now(std::future::poll_fn(|cx| listing.as_mut().poll_next(cx))).unwrap().unwrap();
    let blocked: i64 =
        raw.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).unwrap();
    assert_eq!(blocked, 0);
}

#[test]
fn prefixes_are_no_patterns() {
    let (_dir, path) = fresh();
    let store = SqliteStore::open(&path).unwrap();
    let places = ["a_b", "axb", "a_b.c", "a_b/c", "a_b0", "a_", "a-b"];
    for place in places {
        now(store.replace(&key(place, 1), b"value".to_vec().into())).unwrap();
    }
    assert_eq!(now(store.entries(&prefix("a_b"))).unwrap().len(), 2);
    assert_eq!(now(store.delete_prefix(&prefix("a_b"))).unwrap(), 2);
    assert_eq!(now(store.entries(&Prefix::root())).unwrap().len(), places.len() - 2);
}

#[test]
fn a_database_that_is_locked_too_long_is_unavailable_and_comes_back() {
    let (_dir, path) = fresh();
    let wait = Duration::from_millis(300);
    let store =
        SqliteStore::with_options(&path, SqliteOptions::default().busy_timeout(wait)).unwrap();
    put(&store, 1, b"value");
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = now(store.replace(&key("a/b", 2), b"new".to_vec().into())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert!(error.is_transient());
    assert_eq!(error.get("path"), path.to_str());
    assert_eq!(error.get("key"), Some(key("a/b", 2).as_str()));
    assert_eq!(get(&store, 1).unwrap(), b"value", "readers do not wait for writers");
    assert_eq!(get(&store, 2), None);
    // Locked for less than that, it is waited for.
    let patient = SqliteStore::open(&path).unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| put(&patient, 2, b"new"));
        other.execute_batch("COMMIT").unwrap();
        waiting.join().unwrap();
    });
    put(&store, 3, b"again");
    assert_eq!((get(&store, 2), get(&store, 3)), (Some(b"new".into()), Some(b"again".into())));
}

#[test]
fn uses_are_noted_and_told() {
    let (_dir, path) = fresh();
    let store = SqliteStore::open(&path).unwrap();
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    for n in 0..200 {
        put(&store, n, b"value");
    }
    let make_old = || {
        Connection::open(&path)
            .unwrap()
            .execute_batch("UPDATE entries SET used = 1000000000")
            .unwrap();
    };
    let old = |store: &SqliteStore| {
        let entries = now(store.entries(&Prefix::root())).unwrap();
        entries.iter().filter(|entry| entry.last_used == Some(long_ago)).count()
    };
    make_old();
    assert!(now(store.touch(&key("a/b", 1))).unwrap());
    assert_eq!(old(&store), 199);
    let other = SqliteStore::open(&path).unwrap();
    for n in 0..100 {
        assert!(now(other.touch(&key("a/b", n))).unwrap());
    }
    assert!(!now(other.touch(&key("a/b", 1000))).unwrap());
    // Many are written down at once, and a listing writes the rest.
    assert!((100..200).contains(&old(&store)), "{} are still old", old(&store));
    assert_eq!(old(&other), 100);
    let last = SqliteStore::open(&path).unwrap();
    assert!(now(last.touch(&key("a/b", 150))).unwrap());
    assert_eq!(old(&other), 100);
    drop(last);
    assert_eq!(old(&other), 99, "a store that is dropped writes what it has noted");
}

/// Who looks into a file that another is just making finds it empty, and then with tables in it.
#[test]
fn many_open_a_database_that_is_not_there_yet() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..100 {
        let path = dir.path().join(round.to_string());
        let start = std::sync::Barrier::new(4);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    start.wait();
                    SqliteStore::open(&path).unwrap();
                });
            }
        });
    }
}
