//! What killed processes leave beside entries, and who takes it away.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use common::{key, now, registry};
use larder_core::store::{StoreBackend, StoreExt};

/// The files in a directory whose names have a dot: values beside their entries, and what is not ours.
fn beside(dir: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path());
    let mut beside: Vec<_> = files.filter(|path| path.extension().is_some()).collect();
    beside.sort();
    beside
}

fn set_age(file: &Path, hours: u64) {
    let then = SystemTime::now() - Duration::from_secs(hours * 3600);
    fs::File::options().write(true).open(file).unwrap().set_modified(then).unwrap();
}

#[test]
fn compacting_removes_what_nothing_points_to_for_a_day() {
    let dir = tempfile::tempdir().unwrap();
    let text = format!("object-store:file://{}?multipart_from=1", dir.path().display());
    let store = registry().open_store(&text.parse().unwrap()).unwrap();
    let store: &dyn StoreBackend = &*store;
    for n in 0..3 {
        now(store.replace(&key(n), vec![n; 1000].into())).unwrap();
    }
    assert_eq!(now(store.compact()).unwrap(), 0);
    let entries = dir.path().join("a/b");
    let kept = beside(&entries);
    assert_eq!(kept.len(), 3);
    kept.iter().for_each(|file| set_age(file, 48));
    let left = |of: u8, hours| {
        let nonce = uuid::Uuid::new_v4().simple().to_string();
        let file = entries.join(format!("{}.{nonce}", key(of).digest()));
        fs::write(&file, vec![0; 700]).unwrap();
        set_age(&file, hours);
        file
    };
    // One beside an entry, one beside none, one that somebody may be about to point to, and one that is not ours.
    let orphans = [left(1, 25), left(9, 25)];
    let young = left(2, 23);
    let foreign = entries.join("notes.txt");
    fs::write(&foreign, "mine").unwrap();
    set_age(&foreign, 48);
    assert_eq!(now(store.compact()).unwrap(), 1400);
    assert!(orphans.iter().all(|file| !file.exists()));
    let mut wanted = [&kept[..], &[young, foreign]].concat();
    wanted.sort();
    assert_eq!(beside(&entries), wanted);
    for n in 0..3 {
        assert_eq!(now(store.get(&key(n))).unwrap().unwrap(), vec![n; 1000]);
    }
}

/// Whoever can write the bucket may say of a value beside that it is as long as they like.
#[test]
fn a_pointer_that_says_more_than_there_is_points_to_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let text = format!("object-store:file://{}?multipart_from=1", dir.path().display());
    let store = registry().open_store(&text.parse().unwrap()).unwrap();
    let store: &dyn StoreBackend = &*store;
    now(store.replace(&key(1), vec![7; 1000].into())).unwrap();
    let pointer = dir.path().join("a/b").join(key(1).digest());
    let good = fs::read(&pointer).unwrap();
    for size in [1001, 9 << 20, 1 << 60, u64::MAX] {
        let bad = [&good[..64], &u64::to_le_bytes(size)].concat();
        fs::write(&pointer, bad).unwrap();
        assert_eq!(now(store.get(&key(1))).unwrap(), None, "{size}");
    }
    fs::write(&pointer, good).unwrap();
    assert_eq!(now(store.get(&key(1))).unwrap().unwrap(), vec![7; 1000]);
}

#[cfg(unix)]
#[test]
fn a_directory_that_is_made_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("new/bucket");
    let text = format!("object-store:file://{}", path.display());
    registry().open_store(&text.parse().unwrap()).unwrap();
    for dir in [&path, path.parent().unwrap()] {
        assert_eq!(dir.metadata().unwrap().permissions().mode() & 0o777, 0o700, "{dir:?}");
    }
}
