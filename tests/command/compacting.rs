//! `compact`: room comes back, results stay.

use std::fs;

use larder::Memory;

use crate::demo;
use crate::run::{json, piped, stdout};

#[test]
fn a_database_gives_back_what_removed_results_took() {
    let dir = tempfile::tempdir().unwrap();
    let store = ["--store", "sqlite:results.db"];
    let path = dir.path().join("results.db");
    {
        let memory = Memory::open(format!("sqlite:{}", path.display()).as_str()).unwrap();
        for n in 0..100u64 {
            memory.get_or_compute(&n, || vec![n as u8; 20_000]).unwrap();
        }
    }
    let size = || path.metadata().unwrap().len();
    let full = size();
    stdout(dir.path(), &[&["prune", "--items", "3", "--yes"], &store[..]].concat());
    assert_eq!(size(), full, "SQLite keeps the room");
    let compact = [&["compact"], &store[..]].concat();
    let freed = json(dir.path(), &[&compact[..], &["--json"]].concat())["freed"].as_u64().unwrap();
    assert!(size() < full / 10, "{} of {full} bytes are left", size());
    assert_eq!(freed, full - size());
    let nothing = stdout(dir.path(), &compact);
    assert_eq!(nothing, "there is no room to give back in sqlite:results.db\n");
    let verified = stdout(dir.path(), &[&["verify"], &store[..]].concat());
    assert!(verified.starts_with("checked 3 entries"), "{verified}");
}

#[test]
fn what_killed_programs_left_goes_and_nothing_else() {
    let dir = demo::store();
    let temporary = dir.path().join(".larder/.tmp");
    fs::write(temporary.join("orphan"), [0; 2048]).unwrap();
    let before = json(dir.path(), &["stats", "--json"]);
    assert_eq!(stdout(dir.path(), &["compact"]), "gave back 2.00 KiB\n");
    assert_eq!(fs::read_dir(temporary).unwrap().count(), 0);
    assert_eq!(json(dir.path(), &["stats", "--json"]), before);
    let typo = piped(dir.path(), &["compact", "--store", "sqlite:typo.db"]);
    assert_eq!(typo.code, 1);
    assert!(!dir.path().join("typo.db").exists());
    let kept = piped(dir.path(), &["compact", "--store", "read-only:?store=.larder"]);
    assert_eq!(kept.code, 1, "{kept:?}");
}
