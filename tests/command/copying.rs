//! `copy`: byte for byte, resumable, and nothing damaged.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use larder::Memory;
use larder::store::EntryInfo;

use crate::demo;
use crate::run::{json, larder, piped, stdout};

const MANY: u64 = 3000;

pub(crate) fn contents(dir: &Path) -> (Memory, Vec<EntryInfo>) {
    let memory = Memory::open(dir).unwrap();
    let entries = memory.contents().unwrap();
    (memory, entries)
}

/// Both hold the same keys, each with the same bytes.
#[track_caller]
pub(crate) fn assert_same(one: &Path, other: &Path) {
    let ((one, ours), (other, theirs)) = (contents(one), contents(other));
    let keys = |entries: &[EntryInfo]| -> Vec<_> {
        entries.iter().map(|entry| entry.key.clone()).collect()
    };
    assert_eq!(keys(&ours), keys(&theirs));
    for entry in ours {
        let read = |memory: &Memory| std::fs::read(memory.local_path(&entry.key).unwrap()).unwrap();
        assert!(read(&one) == read(&other), "{} differs", entry.key);
    }
}

fn fill(path: &Path) {
    demo::fill(path);
    let memory = Memory::open(path).unwrap();
    for n in 0..MANY {
        memory.get_or_compute(&n, || vec![n; (n % 700) as usize]).unwrap();
    }
}

#[test]
fn killed_halfway_it_goes_on_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    fill(&from);
    let all = contents(&from).1.len() as u64;
    let mut command = larder(dir.path(), &["copy", "from", "to"]);
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    // Directories of two digits come into being while it copies.
    let shards = || {
        let versions = std::fs::read_dir(to.join("-value")).into_iter().flatten();
        let shards = versions.map(|version| std::fs::read_dir(version.unwrap().path()).unwrap());
        shards.map(Iterator::count).sum::<usize>()
    };
    while shards() < 50 && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let before = contents(&to).1.len() as u64;
    assert!((50..all).contains(&before), "killed when {before} of {all} were copied");
    let copied = json(dir.path(), &["copy", "from", "to", "--json"]);
    assert_eq!(copied["already_there"], before);
    assert_eq!(copied["new"], all - before);
    assert_same(&from, &to);
    assert!(stdout(dir.path(), &["verify", "--store", "to"]).ends_with("all sound\n"));
    let again = stdout(dir.path(), &["copy", "from", "to"]);
    assert_eq!(again, format!("copied 0 entries, 0 B; {all} there already\n"));
    // Copied once more, to a store of another kind.
    let memory = json(dir.path(), &["copy", "to", "memory:", "--json"]);
    assert_eq!(memory["new"], all);
}

#[test]
fn what_is_damaged_is_left_out_and_named() {
    let dir = demo::store();
    let (memory, entries) = contents(&dir.path().join(".larder"));
    let damaged = memory.local_path(&entries[4].key).unwrap();
    let mut bytes = std::fs::read(&damaged).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&damaged, bytes).unwrap();
    let ended = piped(dir.path(), &["copy", ".larder", "to"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stdout.starts_with("copied 8 entries, "), "{ended:?}");
    assert!(ended.stderr.contains(&format!("{} is not copied: damaged", entries[4].key)));
    std::fs::remove_file(damaged).unwrap();
    assert_same(&dir.path().join(".larder"), &dir.path().join("to"));
}

#[test]
fn another_entry_of_a_key_is_replaced_and_others_stay() {
    let dir = tempfile::tempdir().unwrap();
    let [from, to] = ["from", "to"].map(|name| dir.path().join(name));
    demo::fill(&from);
    demo::fill(&to);
    contents(&to).0.get_or_compute("only here", || 1).unwrap();
    // The same calls, computed at another time.
    let copied = json(dir.path(), &["copy", "from", "to", "--json"]);
    assert_eq!((&copied["new"], &copied["replaced"]), (&0.into(), &9.into()));
    assert_eq!(contents(&to).1.len(), 10);
    contents(&to).0.clear().unwrap();
    stdout(dir.path(), &["copy", "from", "to"]);
    assert_same(&from, &to);
}

#[test]
fn what_was_used_last_is_copied_last() {
    let dir = tempfile::tempdir().unwrap();
    let [from, to] = ["from", "to"].map(|name| dir.path().join(name));
    demo::fill(&from);
    let (memory, entries) = contents(&from);
    for (entry, days) in entries.iter().zip([5, 2, 9, 1, 7, 3, 8, 4, 6]) {
        let used = SystemTime::now() - Duration::from_secs(86_400 * days);
        let file = memory.local_path(&entry.key).unwrap();
        std::fs::File::options().write(true).open(file).unwrap().set_modified(used).unwrap();
    }
    stdout(dir.path(), &["copy", "from", "to"]);
    let mut before = contents(&from).1;
    before.sort_by_key(|entry| entry.last_used);
    let after = contents(&to).1;
    let used_there = |entry: &EntryInfo| {
        after.iter().find(|other| other.key == entry.key).unwrap().last_used.unwrap()
    };
    assert!(before.is_sorted_by_key(used_there));
}
