//! The directory: what is made in it, what is left alone, and what happens when it is not what it was.

mod common;

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use common::{files, key, now, prefix};
use larder_core::store::{PutMode, PutOutcome, StoreBackend, StoreExt};
use larder_core::{Key, Prefix};
use larder_local::{Durability, LocalOptions, LocalStore};

fn put(store: &LocalStore, key: &Key, value: &'static [u8]) {
    now(store.replace(key, value.into())).unwrap();
}

fn keys(store: &LocalStore, below: &Prefix) -> Vec<Key> {
    now(store.entries(below)).unwrap().into_iter().map(|entry| entry.key).collect()
}

#[test]
fn an_entry_is_a_plain_file_where_local_path_says() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("new/cache");
    for durability in [Durability::None, Durability::File, Durability::Full] {
        let store = LocalStore::with_options(&path, LocalOptions::default().durability(durability))
            .unwrap();
        let key = key("a/b", durability as u64);
        put(&store, &key, b"value");
        assert_eq!(fs::read(store.local_path(&key).unwrap()).unwrap(), b"value");
    }
    let store = LocalStore::open(&path).unwrap();
    let first = key("a/b", 0);
    assert_eq!(files(&path).len(), 4, "three entries and .gitignore");
    assert_eq!(fs::read(path.join(".gitignore")).unwrap(), b"*\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let entry = store.local_path(&first).unwrap();
        assert_eq!(mode(&entry), 0o600);
        for dir in entry.ancestors().skip(1).take(4) {
            assert_eq!(mode(dir), 0o700, "{dir:?}");
        }
    }
    assert_eq!(
        now(store.put(&first, b"x"[..].into(), PutMode::Create)).unwrap(),
        PutOutcome::Exists
    );
    assert_eq!(now(store.get_range(&first, 1..3)).unwrap().unwrap(), "al");
}

#[test]
fn a_gitignore_is_written_only_into_an_empty_directory() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("main.rs"), "").unwrap();
    LocalStore::open(dir.path()).unwrap();
    assert!(!dir.path().join(".gitignore").exists());
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(".gitignore"), "mine").unwrap();
    LocalStore::open(dir.path()).unwrap();
    assert_eq!(fs::read(dir.path().join(".gitignore")).unwrap(), b"mine");
}

#[test]
fn a_place_that_cannot_be_is_an_error_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "precious").unwrap();
    for path in [file.clone(), file.join("below")] {
        let error = LocalStore::open(&path).unwrap_err();
        assert!(error.is_invalid(), "{error:?}");
        assert_eq!(error.get("path"), path.to_str());
        assert!(error.message().contains("want a directory"), "{error}");
    }
    assert!(LocalStore::open("").unwrap_err().is_invalid());
    assert_eq!(fs::read(&file).unwrap(), b"precious");
}

#[test]
fn a_relative_path_is_absolute_from_the_start() {
    let dir = tempfile::tempdir_in(".").unwrap();
    let relative = Path::new(".").join(dir.path().file_name().unwrap());
    let store = LocalStore::open(&relative).unwrap();
    assert!(store.path().is_absolute());
    assert_eq!(store.path().canonicalize().unwrap(), dir.path().canonicalize().unwrap());
}

#[test]
fn a_directory_removed_while_in_use_is_a_miss_and_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache");
    let (store, other) = (LocalStore::open(&path).unwrap(), LocalStore::open(&path).unwrap());
    let key = key("a/b", 1);
    put(&store, &key, b"old");
    fs::remove_dir_all(&path).unwrap();
    assert_eq!(now(store.get(&key)).unwrap(), None);
    assert_eq!(now(store.head(&key)).unwrap(), None);
    assert!(!now(store.delete(&key)).unwrap());
    assert_eq!(keys(&store, &Prefix::root()), []);
    assert_eq!(now(store.delete_prefix(&Prefix::root())).unwrap(), 0);
    assert!(!now(store.touch(&key)).unwrap());
    put(&store, &key, b"new");
    assert_eq!(now(store.get(&key)).unwrap().unwrap(), "new");
    assert_eq!(now(other.get(&key)).unwrap().unwrap(), "new", "through a store opened before");
    fs::remove_dir_all(path.join(".tmp")).unwrap();
    fs::remove_dir_all(path.join("a")).unwrap();
    put(&store, &key, b"newer");
    assert_eq!(keys(&store, &prefix("a")), [key]);
}

#[test]
fn foreign_files_are_neither_listed_nor_removed() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::open(dir.path()).unwrap();
    let digest = "cd".repeat(32);
    let foreign = [
        "README".to_owned(),
        "a/notes.txt".to_owned(),
        format!("a/b/ee/{digest}"),
        format!("a/b/cd/{}", &digest[1..]),
        format!("a/b/{digest}"),
        format!("a/B/cd/{digest}"),
        format!(".hidden/cd/{digest}"),
        format!("cd/{digest}"),
        "a/b/cd/.cd".to_owned(),
    ];
    for file in &foreign {
        let file = dir.path().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "foreign").unwrap();
    }
    fs::create_dir_all(dir.path().join("empty/foreign")).unwrap();
    let mut ours: Vec<Key> = ["a", "a/b", "a/b/cd", "a/bc", "x/y/z"]
        .into_iter()
        .flat_map(|version| [key(version, 0xcd), key(version, 7)])
        .collect();
    ours.sort();
    ours.iter().for_each(|key| put(&store, key, b"ours"));
    let all = files(dir.path());

    assert_eq!(keys(&store, &Prefix::root()), ours);
    assert_eq!(keys(&store, &prefix("a/b")).len(), 4);
    assert_eq!(keys(&store, &prefix("a/b/cd")).len(), 2, "not the shard cd of a/b");
    assert_eq!(now(store.delete_prefix(&prefix("a/b/cd"))).unwrap(), 2);
    assert_eq!(now(store.delete_prefix(&prefix("a/b"))).unwrap(), 2);
    assert_eq!(now(store.delete_prefix(&Prefix::root())).unwrap(), 6);
    assert_eq!(keys(&store, &Prefix::root()), []);
    assert_eq!(files(dir.path()).len(), all.len() - 10);
    assert!(foreign.iter().all(|file| dir.path().join(file).exists()));
    assert!(dir.path().join("empty/foreign").exists(), "not a directory of ours");
    assert!(!dir.path().join("x").exists(), "directories left empty are gone");
}

#[cfg(unix)]
#[test]
fn what_is_not_a_file_of_ours_is_not_followed() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    let (inside, outside) = (dir.path().join("in"), dir.path().join("out"));
    let (store, target) = (LocalStore::open(&inside).unwrap(), LocalStore::open(&outside).unwrap());
    let (linked_dir, linked_file, pipe) = (key("a/b", 1), key("c", 2), key("d", 3));
    for key in [&linked_dir, &linked_file] {
        put(&target, key, b"secret");
    }
    put(&store, &pipe, b"");
    fs::remove_file(store.local_path(&pipe).unwrap()).unwrap();
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    let kind = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, store.local_path(&pipe).unwrap(), kind, mode, 0).unwrap();
    symlink(outside.join("a"), inside.join("a")).unwrap();
    let place = store.local_path(&linked_file).unwrap();
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    symlink(target.local_path(&linked_file).unwrap(), &place).unwrap();

    for key in [&linked_dir, &linked_file, &pipe] {
        assert_eq!(now(store.get(key)).unwrap(), None, "{key}");
        assert_eq!(now(store.get_range(key, 0..1)).unwrap(), None, "{key}");
        assert_eq!(now(store.head(key)).unwrap(), None, "{key}");
        assert!(!now(store.delete(key)).unwrap(), "{key}");
    }
    assert_eq!(keys(&store, &Prefix::root()), []);
    assert_eq!(keys(&store, &prefix("a/b")), []);
    assert_eq!(now(store.delete_prefix(&Prefix::root())).unwrap(), 0);
    let error = now(store.replace(&linked_dir, b"x"[..].into())).unwrap_err();
    assert_eq!(error.get("key"), Some(linked_dir.as_str()));
    put(&store, &linked_file, b"own");
    assert_eq!(now(store.get(&linked_file)).unwrap().unwrap(), "own");
    for key in [&linked_dir, &linked_file] {
        assert_eq!(now(target.get(key)).unwrap().unwrap(), "secret");
    }
    assert_eq!(files(&outside).len(), 3, "two entries and .gitignore");
    assert_eq!(fs::read_dir(inside.join(".tmp")).unwrap().count(), 0);
}

/// Whoever can write the directory replaces a part of it by a link to a place that is none of the store's, where the very
/// same entry lies.
#[cfg(unix)]
#[test]
fn no_verb_goes_through_a_link() {
    use std::os::unix::fs::symlink;
    let key = key("a/b", 0xcd);
    let entry = {
        let dir = tempfile::tempdir().unwrap();
        let store = LocalStore::open(dir.path()).unwrap();
        let path = store.local_path(&key).unwrap();
        path.strip_prefix(dir.path()).unwrap().to_str().unwrap().to_owned()
    };
    let steps = entry.split('/').count();
    assert_eq!(steps, 4, "{entry}");
    for depth in 1..=steps {
        let linked: String = entry.split('/').take(depth).collect::<Vec<_>>().join("/");
        let dir = tempfile::tempdir().unwrap();
        let (inside, outside) = (dir.path().join("in"), dir.path().join("out"));
        let (store, target) =
            (LocalStore::open(&inside).unwrap(), LocalStore::open(&outside).unwrap());
        put(&target, &key, b"theirs");
        let before = outside_of(&outside);
        fs::create_dir_all(inside.join(&linked).parent().unwrap()).unwrap();
        symlink(outside.join(&linked), inside.join(&linked)).unwrap();

        assert_eq!(now(store.get(&key)).unwrap(), None, "{linked}");
        assert_eq!(now(store.get_range(&key, 0..3)).unwrap(), None, "{linked}");
        assert_eq!(now(store.head(&key)).unwrap(), None, "{linked}");
        assert!(!now(store.delete(&key)).unwrap(), "{linked}");
        // A link in the place of the file itself may be touched itself.
        let touched = now(store.touch(&key)).unwrap();
        assert!(!touched || depth == steps, "{linked}");
        for below in [Prefix::root(), prefix("a"), prefix("a/b")] {
            assert_eq!(keys(&store, &below), [], "{linked}");
            assert_eq!(now(store.delete_prefix(&below)).unwrap(), 0, "{linked}");
        }
        now(store.compact()).unwrap();
        LocalStore::open(&inside).unwrap();
        // All that a put may do is to take the place of the link.
        for mode in [PutMode::Create, PutMode::Replace] {
            let _refused_or_done = now(store.put(&key, b"ours"[..].into(), mode));
        }
        assert_eq!(outside_of(&outside), before, "{linked}");
        assert_eq!(now(target.get(&key)).unwrap().unwrap(), "theirs", "{linked}");
    }
}

/// The directory of temporary files, and the file of leases.
#[cfg(unix)]
#[test]
fn what_the_store_has_for_itself_may_be_no_link_either() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    let (inside, outside) = (dir.path().join("in"), dir.path().join("out"));
    fs::create_dir_all(&outside).unwrap();
    fs::create_dir_all(&inside).unwrap();
    // To a sweep it looks like one whose writer was killed.
    fs::write(outside.join("0123456789abcdef"), "theirs").unwrap();
    symlink(&outside, inside.join(".tmp")).unwrap();
    symlink(outside.join("lock"), inside.join(".lock")).unwrap();
    let before = outside_of(&outside);
    let store = LocalStore::open(&inside).unwrap();
    let key = key("a", 1);
    assert_eq!(now(store.compact()).unwrap(), 0);
    now(store.replace(&key, b"value"[..].into())).unwrap_err();
    if store.capabilities().lease.is_some() {
        let error = now(store.lease(&key)).map(drop).unwrap_err();
        assert_eq!(error.get("key"), Some(key.as_str()));
    }
    assert_eq!(outside_of(&outside), before);
}

/// What there is below a directory, with the time of its last change.
#[cfg(unix)]
fn outside_of(dir: &Path) -> Vec<(std::path::PathBuf, Vec<u8>, SystemTime)> {
    let mut found: Vec<_> = files(dir)
        .into_iter()
        .map(|path| {
            let file = dir.join(&path);
            let modified = fs::metadata(&file).unwrap().modified().unwrap();
            (path, fs::read(file).unwrap(), modified)
        })
        .collect();
    found.sort();
    found
}

#[test]
fn a_map_outlives_its_entry() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::with_options(dir.path(), LocalOptions::default().map_from(4)).unwrap();
    let key = key("a", 1);
    put(&store, &key, b"0123456789");
    let whole = now(store.get(&key)).unwrap().unwrap();
    let part = now(store.get_range(&key, 3..8)).unwrap().unwrap();
    let short = now(store.get_range(&key, 8..u64::MAX)).unwrap().unwrap();
    put(&store, &key, b"replaced");
    assert!(now(store.delete(&key)).unwrap());
    fs::remove_dir_all(dir.path()).unwrap();
    assert_eq!(
        (&whole[..], &part[..], &short[..]),
        (&b"0123456789"[..], &b"34567"[..], &b"89"[..])
    );
}

#[test]
fn a_use_is_noted_and_told() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::open(dir.path()).unwrap();
    let key = key("a", 1);
    put(&store, &key, b"value");
    let long_ago = SystemTime::now() - Duration::from_secs(1000);
    let file = fs::File::options().write(true).open(store.local_path(&key).unwrap()).unwrap();
    let last_used = || now(store.entries(&Prefix::root())).unwrap()[0].last_used.unwrap();
    for _every_time in 0..2 {
        file.set_modified(long_ago).unwrap();
        assert_eq!(last_used(), long_ago);
        assert!(now(store.touch(&key)).unwrap());
        assert!(last_used() > long_ago + Duration::from_secs(500));
    }
    assert_eq!(now(store.head(&key)).unwrap().unwrap().last_used, Some(last_used()));
    assert!(now(store.delete(&key)).unwrap());
    assert!(!now(store.touch(&key)).unwrap());
}
