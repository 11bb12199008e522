//! `verify`: every byte counts, and only what is damaged goes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use larder::store::{MemoryStore, StoreExt};
use larder::{Condition, Memory};

use crate::demo;
use crate::run::{json, larder, piped, stdout};

fn flip(file: &Path, at: usize) {
    let mut bytes = std::fs::read(file).unwrap();
    bytes[at] ^= 0x10;
    std::fs::write(file, bytes).unwrap();
}

/// The first result of `weather::load`: with metadata, a table, a payload, and an array beside it.
fn load(dir: &Path) -> (String, PathBuf) {
    let key = json(dir, &["ls", "load", "--json"])[0]["key"].as_str().unwrap().to_owned();
    let memory = Memory::open(dir.join(".larder")).unwrap();
    let file = memory.local_path(&key.parse().unwrap()).unwrap();
    (key, file)
}

#[test]
fn a_flipped_byte_anywhere_is_found() {
    let dir = demo::store();
    let (key, file) = load(dir.path());
    let whole = std::fs::read(file).unwrap();
    let store = Arc::new(MemoryStore::new());
    let memory = Memory::over(store.clone()).open().unwrap();
    let key: larder::Key = key.parse().unwrap();
    let condition_of = |bytes: Vec<u8>| {
        futures::executor::block_on(store.replace(&key, bytes.into())).unwrap();
        let mut found = Condition::Gone;
        let entries = memory.contents().unwrap();
        memory.verify(&entries, &mut |_, condition| found = condition).unwrap();
        found
    };
    assert_eq!(condition_of(whole.clone()), Condition::Sound);
    // Prelude, metadata, table, payload and gap byte by byte; the array behind them now and then.
    let array = whole.len() - 8000;
    for at in (0..array).chain((array..whole.len()).step_by(97)).chain([whole.len() - 1]) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        let found = condition_of(bytes);
        // Magic and format version: it may be a newer larder's.
        let foreign = matches!(found, Condition::Foreign(_)) && at < 10;
        assert!(foreign || matches!(found, Condition::Damaged(_)), "byte {at}: {found:?}");
    }
    for more in [b"\0".repeat(64), b"more".to_vec()] {
        let longer = condition_of([&whole[..], &more].concat());
        assert!(matches!(longer, Condition::Damaged(_)), "{longer:?}");
    }
}

#[test]
fn a_truncated_and_a_misplaced_entry_are_found() {
    let dir = demo::store();
    let (_, file) = load(dir.path());
    let memory = Memory::open(dir.path().join(".larder")).unwrap();
    let bytes = std::fs::read(&file).unwrap();
    for len in [0, 1, 127, 128, bytes.len() - 1] {
        std::fs::write(&file, &bytes[..len]).unwrap();
        let ended = piped(dir.path(), &["verify"]);
        assert_eq!(ended.code, 1, "{len}: {ended:?}");
    }
    let other = memory.contents().unwrap().into_iter().find(|entry| {
        memory.local_path(&entry.key).unwrap() != file && entry.key.as_str().contains("load")
    });
    std::fs::copy(memory.local_path(&other.unwrap().key).unwrap(), &file).unwrap();
    let ended = piped(dir.path(), &["verify"]);
    assert!(ended.stdout.contains("damaged: it is another key's"), "{ended:?}");
}

#[test]
fn delete_removes_just_what_is_damaged() {
    let dir = demo::store();
    let (key, file) = load(dir.path());
    let len = std::fs::read(&file).unwrap().len();
    flip(&file, len - 1);
    let foreign = stdout(dir.path(), &["show", "--json", &crate::looking::fit(dir.path())]);
    let foreign: serde_json::Value = serde_json::from_str(&foreign).unwrap();
    let foreign = PathBuf::from(foreign["file"].as_str().unwrap());
    std::fs::write(&foreign, "another program's").unwrap();

    let ended = piped(dir.path(), &["verify"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stdout.contains(&format!("{key}\n  damaged: a buffer's checksum is wrong\n")));
    assert!(ended.stdout.ends_with(": 1 damaged, 1 foreign\n"), "{ended:?}");
    let found: serde_json::Value =
        serde_json::from_str(&piped(dir.path(), &["verify", "--json"]).stdout).unwrap();
    assert_eq!((&found["checked"], found["problems"].as_array().unwrap().len()), (&9.into(), 2));
    assert_eq!(piped(dir.path(), &["verify", "value"]).code, 0, "of one function only");

    let refused = piped(dir.path(), &["verify", "--delete"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("--yes") && file.exists(), "{refused:?}");
    let ended = piped(dir.path(), &["verify", "--delete", "--yes"]);
    assert_eq!(ended.code, 1, "the foreign one is still there: {ended:?}");
    assert!(!file.exists() && foreign.exists());
    assert_eq!(Memory::open(dir.path().join(".larder")).unwrap().contents().unwrap().len(), 8);
    std::fs::remove_file(foreign).unwrap();
    assert_eq!(piped(dir.path(), &["verify"]).code, 0);
}

#[test]
fn when_all_that_is_wrong_was_removed_all_is_well() {
    let dir = demo::store();
    let (_, file) = load(dir.path());
    flip(&file, 200);
    let ended = larder(dir.path(), &["verify", "--delete", "--yes"]).output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert!(String::from_utf8(ended.stdout).unwrap().ends_with("1 damaged, 1 removed\n"));
}

#[test]
fn compressed_entries_are_opened() {
    let dir = tempfile::tempdir().unwrap();
    let memory = Memory::builder(dir.path().join(".larder")).unwrap();
    let memory = memory.compress("zlib:3".parse().unwrap()).open().unwrap();
    memory.get_or_compute("zeros", || vec![0_u64; 10_000]).unwrap();
    assert!(stdout(dir.path(), &["verify"]).ends_with("all sound\n"));
    let shown = stdout(dir.path(), &["ls", "value"]);
    let key = shown.lines().nth(1).unwrap().split_whitespace().nth(1).unwrap();
    let shown = stdout(dir.path(), &["show", key]);
    assert!(shown.contains("compressed by zlib from 78.1"), "{shown}");
}
