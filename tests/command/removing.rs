//! `clear` and `prune`: they ask, and remove what they say.

use std::time::{Duration, SystemTime};

use larder::Memory;

use crate::demo;
use crate::looking::everything;
use crate::run::{json, piped, stdout};

fn results(dir: &std::path::Path) -> u64 {
    json(dir, &["stats", "--json"])["results"].as_u64().unwrap()
}

#[test]
fn who_cannot_be_asked_must_say_yes() {
    let dir = demo::store();
    let before = everything(dir.path());
    for arguments in [&["clear"][..], &["clear", "mean"], &["prune", "--items", "1"]] {
        let ended = piped(dir.path(), arguments);
        assert_eq!((ended.code, &ended.stdout[..]), (2, ""), "{ended:?}");
        assert!(ended.stderr.contains("`--yes`"), "{ended:?}");
    }
    assert_eq!(everything(dir.path()), before);
}

#[cfg(target_os = "linux")]
#[test]
fn who_sits_at_a_terminal_is_asked() {
    use crate::run::{at_terminal, larder};
    let dir = demo::store();
    let before = everything(dir.path());
    for arguments in [&["clear"][..], &["clear", "mean"], &["prune", "--items", "1"]] {
        for answer in ["n\n", "\n", "what\n", "\x04"] {
            let (code, shown) = at_terminal(larder(dir.path(), arguments), answer);
            assert_eq!(code, 1, "{shown}");
            assert!(shown.contains("? [y/N]") && shown.contains("nothing was removed"), "{shown}");
        }
    }
    assert_eq!(everything(dir.path()), before);
    let (code, shown) = at_terminal(larder(dir.path(), &["clear", "mean"]), "y\n");
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("Remove 2 results of larder::weather::mean"), "{shown}");
    assert!(shown.ends_with("removed 2 results\n"), "{shown}");
    let (code, _) = at_terminal(larder(dir.path(), &["prune", "--items", "1"]), "YES\n");
    assert_eq!((code, results(dir.path())), (0, 1));
}

#[test]
fn clear_removes_what_larder_wrote_and_nothing_else() {
    let dir = demo::store();
    let store = dir.path().join(".larder");
    std::fs::write(store.join("notes.txt"), "mine").unwrap();
    std::fs::create_dir_all(store.join("larder/6e")).unwrap();
    std::fs::write(store.join("larder/weather.mean/notes.txt"), "mine").unwrap();
    assert_eq!(stdout(dir.path(), &["clear", "mean", "-y"]), "removed 2 results\n");
    assert_eq!(results(dir.path()), 4);
    assert_eq!(stdout(dir.path(), &["clear", "--yes"]), "removed 4 results\n");
    let left: Vec<_> = everything(&store).into_keys().collect();
    let left: Vec<_> = left.iter().map(|path| path.strip_prefix(&store).unwrap()).collect();
    let ours = [".gitignore", ".lock", ".tmp"].map(std::path::Path::new);
    let left: Vec<_> = left.into_iter().filter(|path| !ours.contains(path)).collect();
    let wanted = [
        "larder",
        "larder/6e",
        "larder/weather.mean",
        "larder/weather.mean/notes.txt",
        "notes.txt",
    ];
    assert_eq!(left, wanted.map(std::path::Path::new));
    let nothing = piped(dir.path(), &["clear"]);
    assert_eq!(nothing.code, 0);
    assert!(nothing.stderr.contains("nothing is kept"), "{nothing:?}");
}

#[test]
fn prune_keeps_what_was_used_last() {
    let dir = demo::store();
    let memory = Memory::open(dir.path().join(".larder")).unwrap();
    let entries = memory.entries().unwrap();
    let days = |days: u64| SystemTime::now() - Duration::from_secs(86_400 * days + 3600);
    for (entry, age) in entries.iter().zip(1..) {
        let file = memory.local_path(&entry.key).unwrap();
        std::fs::File::options().write(true).open(file).unwrap().set_modified(days(age)).unwrap();
    }
    let kept =
        || -> Vec<_> { memory.entries().unwrap().into_iter().map(|entry| entry.key).collect() };
    let first =
        |n: usize| -> Vec<_> { entries[..n].iter().map(|entry| entry.key.clone()).collect() };
    let dry = stdout(dir.path(), &["prune", "--age", "4d12h", "--dry-run"]);
    assert!(dry.starts_with("would remove 2 of 6 results"), "{dry}");
    assert_eq!(kept(), first(6));
    assert_eq!(stdout(dir.path(), &["prune", "--age", "4d12h", "-y"]), "removed 2 results\n");
    assert_eq!(kept(), first(4));
    let bytes: u64 = entries[..2].iter().map(|entry| entry.size).sum();
    stdout(dir.path(), &["prune", "--items", "3", "--bytes", &bytes.to_string(), "--yes"]);
    assert_eq!(kept(), first(2));
    let fits = stdout(dir.path(), &["prune", "--items", "3"]);
    assert_eq!(fits, "nothing to remove of 2 results\n");
}

#[test]
fn prune_removes_stale_versions_with_their_records() {
    let dir = demo::store();
    let memory = Memory::open(dir.path().join(".larder")).unwrap();
    // What an edited function would have left: the same results under another version.
    let store = larder::registry()
        .open_store(&dir.path().join(".larder").as_path().try_into().unwrap())
        .unwrap();
    let old = |key: &larder::Key| {
        let text = format!("larder/weather.mean/0ld/{}", key.digest());
        text.parse::<larder::Key>().unwrap()
    };
    let mean = larder::Prefix::new("larder/weather.mean").unwrap();
    for entry in memory.contents().unwrap().iter().filter(|entry| mean.contains(&entry.key)) {
        let (from, to) = (store.local_path(&entry.key), store.local_path(&old(&entry.key)));
        let (from, to) = (from.unwrap(), to.unwrap());
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(from, &to).unwrap();
        let used = SystemTime::now() - Duration::from_secs(86_400 * 9);
        std::fs::File::options().write(true).open(to).unwrap().set_modified(used).unwrap();
    }
    assert_eq!(json(dir.path(), &["stats", "--json"])["versions"], 5);
    let none = stdout(dir.path(), &["prune", "--stale=10d"]);
    assert_eq!(none, "nothing to remove of 8 results\n");
    let dry = stdout(dir.path(), &["prune", "--stale", "--dry-run"]);
    assert!(dry.starts_with("would remove 2 of 8 results"), "{dry}");
    assert!(dry.ends_with(", 2 of them of 1 stale version\n"), "{dry}");
    let both = ["prune", "--stale", "--items", "5"];
    let dry = stdout(dir.path(), &[&both[..], &["--dry-run"]].concat());
    assert!(dry.starts_with("would remove 3 of 8 results"), "what is stale counts once: {dry}");
    let both = stdout(dir.path(), &[&both[..], &["--yes"]].concat());
    assert_eq!(both, "removed 3 results\n");
    assert_eq!(results(dir.path()), 5);
    let old = memory.contents().unwrap();
    assert!(!old.iter().any(|entry| entry.key.as_str().contains("0ld")), "{old:?}");
}
