//! `check`: the conformance suite against a live store.

use std::collections::BTreeSet;

use crate::demo;
use crate::looking::everything;
use crate::run::{json, piped, stdout};

#[test]
fn a_live_store_passes_and_is_as_it_was() {
    let dir = demo::store();
    std::fs::write(dir.path().join(".larder/notes.txt"), "mine").unwrap();
    let paths = || everything(&dir.path().join(".larder")).into_keys().collect::<BTreeSet<_>>();
    // Leases bring the lock file into being, which is the store's own.
    let mut before = paths();
    before.insert(dir.path().join(".larder/.lock"));
    let text = stdout(dir.path(), &["check", ".larder"]);
    assert!(text.contains("passed   value.sizes"), "{text}");
    assert!(text.contains("skipped  key.longest"), "{text}");
    assert!(text.lines().last().unwrap().contains(" 0 failed"), "{text}");
    assert_eq!(paths(), before);
    let document = json(dir.path(), &["check", "memory:", "--json", "--case", "list."]);
    let cases = document["cases"].as_array().unwrap();
    assert!(cases.len() > 3 && cases.iter().all(|case| case["outcome"] == "passed"), "{document}");
    assert_eq!(document["failed"], 0);
}

#[cfg(unix)]
#[test]
fn a_store_that_cannot_be_written_fails() {
    use std::os::unix::fs::PermissionsExt;
    let dir = demo::store();
    let store = dir.path().join(".larder");
    // Whoever may do everything anyhow needs a file in the way instead.
    std::fs::set_permissions(&store, PermissionsExt::from_mode(0o500)).unwrap();
    if std::fs::write(store.join("probe"), "").is_ok() {
        std::fs::remove_file(store.join("probe")).unwrap();
        std::fs::remove_dir_all(store.join(".tmp")).unwrap();
        std::fs::write(store.join(".tmp"), "in the way").unwrap();
    }
    let ended = piped(dir.path(), &["check", ".larder", "--case", "list.empty"]);
    let put = piped(dir.path(), &["check", ".larder", "--case", "value.replaced", "--json"]);
    std::fs::set_permissions(&store, PermissionsExt::from_mode(0o700)).unwrap();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(put.code, 1, "{put:?}");
    let document: serde_json::Value = serde_json::from_str(&put.stdout).unwrap();
    assert_eq!(document["cases"][0]["outcome"], "failed");
}
