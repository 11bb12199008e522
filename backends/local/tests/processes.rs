//! Other processes: killed in the middle of a put, without rights, without room.
#![cfg(unix)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use common::{Other, command, files, key, now};
use larder_core::store::{StoreBackend, StoreExt};
use larder_core::{Key, Prefix};
use larder_local::{LocalOptions, LocalStore};

const LEN: usize = 200_000;

fn value(n: u64) -> Vec<u8> {
    vec![n as u8; LEN + n as usize]
}

/// What the other processes do.
#[test]
fn child() {
    let Some((role, dir)) = common::role() else { return };
    match role.as_str() {
        "put" => put_forever(&dir),
        "read-only" => without_rights(&dir),
        "full" => without_room(&dir),
        role => panic!("no such role: {role}"),
    }
}

fn put_forever(dir: &Path) {
    let store = LocalStore::open(dir).unwrap();
    common::say("ready");
    for n in (0..5).cycle() {
        now(store.replace(&key("a/b", n), value(n).into())).unwrap();
    }
}

#[test]
fn a_killed_writer_leaves_whole_entries_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let mut orphans = 0;
    for round in 0..500 {
        if round >= 20 && orphans > 0 {
            break;
        }
        let writer = Other::ready("put", dir.path());
        let store = LocalStore::open(dir.path()).unwrap();
        // Kill it at another moment each time.
        for n in 0..5 + round % 20 * 3 {
            if let Some(bytes) = now(store.get(&key("a/b", n % 5))).unwrap() {
                assert_eq!(bytes, value(n % 5), "a torn entry");
            }
        }
        writer.kill();
        let temps = || fs::read_dir(dir.path().join(".tmp")).map_or(0, Iterator::count);
        orphans += temps();
        let store = LocalStore::open(dir.path()).unwrap();
        assert_eq!(temps(), 0, "an orphan was not swept");
        for entry in now(store.entries(&Prefix::root())).unwrap() {
            let n = (0..5).find(|n| key("a/b", *n) == entry.key).unwrap();
            assert_eq!(now(store.get(&entry.key)).unwrap().unwrap(), value(n), "a torn entry");
        }
    }
    assert!(orphans > 0, "no writer was ever killed in the middle of a put");
}

#[test]
fn a_living_writers_file_is_never_swept() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join(".tmp")).unwrap();
    let living = fs::File::create(dir.path().join(".tmp/living")).unwrap();
    living.lock().unwrap();
    fs::write(dir.path().join(".tmp/orphan"), "").unwrap();
    LocalStore::open(dir.path()).unwrap();
    assert_eq!(files(dir.path()), [Path::new(".tmp/living")]);
    fs::write(dir.path().join(".tmp/orphan"), "left").unwrap();
    let store = LocalStore::open_existing(dir.path(), LocalOptions::default()).unwrap();
    assert_eq!(files(dir.path()).len(), 2, "opening to look sweeps nothing");
    assert_eq!(now(store.compact()).unwrap(), 4);
    assert_eq!(files(dir.path()), [Path::new(".tmp/living")]);
}

fn without_rights(dir: &Path) {
    let path = dir.join("cache");
    let store = LocalStore::open(&path).unwrap();
    let kept = key("a", 1);
    now(store.replace(&kept, b"kept".to_vec().into())).unwrap();
    let shard = store.local_path(&kept).unwrap().parent().unwrap().to_owned();
    let set = |dir: &Path, mode| {
        fs::set_permissions(dir, fs::Permissions::from_mode(mode)).unwrap();
    };
    let dirs = [path.as_path(), &path.join(".tmp"), shard.parent().unwrap(), &shard];
    dirs.iter().for_each(|dir| set(dir, 0o500));
    let store = LocalStore::open(&path).expect("what can be read can be opened");
    assert_eq!(now(store.get(&kept)).unwrap().unwrap(), "kept");
    assert!(now(store.touch(&kept)).unwrap());
    let denied = |key: &Key, error: larder_core::Error| {
        assert!(error.is_permission_denied(), "{error:?}");
        assert_eq!(error.get("key"), Some(key.as_str()));
        assert_eq!(error.get("path"), store.local_path(key).unwrap().to_str());
    };
    denied(&kept, now(store.delete(&kept)).unwrap_err());
    for key in [kept.clone(), key("a", 2), key("b/c", 1)] {
        denied(&key, now(store.replace(&key, b"new".to_vec().into())).unwrap_err());
    }
    assert!(now(store.delete_prefix(&Prefix::root())).unwrap_err().is_permission_denied());
    #[cfg(target_os = "linux")]
    assert!(now(store.lease(&kept)).unwrap_err().is_permission_denied());
    set(&path, 0o000);
    let error = LocalStore::open(&path).unwrap_err();
    assert!(error.is_permission_denied(), "{error:?}");
    assert_eq!(error.get("path"), path.to_str());
    assert!(LocalStore::open(path.join("below")).unwrap_err().is_permission_denied());
    dirs.iter().for_each(|dir| set(dir, 0o700));
    assert_eq!(files(&path).len(), 2, "the entry and .gitignore");
}

#[test]
fn a_directory_without_write_permission_reads_and_says_so_on_writes() {
    use std::os::unix::process::CommandExt;
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let mut command = command("read-only", dir.path());
    if rustix::process::geteuid().is_root() {
        // Nothing is forbidden to root; "nobody" has no rights anywhere.
        command.uid(65534).gid(65534);
    }
    Other::start(command).finish();
}

fn without_room(dir: &Path) {
    let store = LocalStore::open(dir).unwrap();
    let (small, large) = (key("a", 1), key("a", 2));
    now(store.replace(&small, b"fits".to_vec().into())).unwrap();
    for key in [&small, &large] {
        let pieces = [&b"head"[..], &[7; 100_000]].map(bytes::Bytes::from_static);
        let error = now(store.replace(key, pieces.into_iter().collect())).unwrap_err();
        assert!(error.is_storage_full(), "{error:?}");
        assert_eq!(error.get("key"), Some(key.as_str()));
        assert_eq!(error.get("path"), store.local_path(key).unwrap().to_str());
    }
    assert_eq!(now(store.get(&small)).unwrap().unwrap(), "fits");
    assert_eq!(now(store.get(&large)).unwrap(), None);
    assert_eq!(files(dir).len(), 2, "the entry and .gitignore, nothing temporary");
}

#[test]
fn where_no_room_is_left_nothing_changes() {
    let dir = tempfile::tempdir().unwrap();
    let inner = command("full", dir.path());
    let mut limited = std::process::Command::new("sh");
    // The size limit of files stands in for a full disk; ignored, its signal becomes an error of the write.
    limited.args(["-c", r#"trap "" XFSZ; ulimit -f 64; exec "$0" "$@""#]);
    limited.arg(inner.get_program()).args(inner.get_args());
    limited.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Other::start(limited).finish();
}
