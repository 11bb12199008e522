//! With a secret: what nobody put who has it is told of, left out, and not shown.

use std::path::Path;

use larder::Memory;

use crate::demo;
use crate::run::{Ended, json, larder, piped, stdout};

const SECRET: &str = "the secret of these tests";

/// A store with five signed results, of which one is then replaced by one that is not signed: its key.
fn store() -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join(".larder");
    let memory = Memory::builder(at.as_path()).unwrap().secret(SECRET.into()).open().unwrap();
    for n in 0..5u32 {
        memory.get_or_compute(&n, || n).unwrap();
    }
    let key = memory.entries().unwrap()[0].key.clone();
    let file = memory.local_path(&key).unwrap();
    std::fs::remove_file(&file).unwrap();
    let plain = Memory::open(at).unwrap();
    for n in 0..5u32 {
        plain.get_or_compute(&n, || 100u32).unwrap();
    }
    std::fs::write(dir.path().join("secret"), format!("{SECRET}\n")).unwrap();
    std::fs::write(dir.path().join("other"), "the secret of somebody else\n").unwrap();
    (dir, key.to_string())
}

fn with_secret(dir: &Path, arguments: &[&str]) -> Ended {
    larder(dir, arguments).env("LARDER_SECRET", SECRET).output().unwrap().into()
}

#[test]
fn verify_names_what_is_not_to_be_trusted() {
    let (dir, key) = store();
    assert!(stdout(dir.path(), &["verify"]).ends_with("all sound\n"), "nobody has a secret");
    for ended in [
        with_secret(dir.path(), &["verify"]),
        with_secret(dir.path(), &["verify", "--store", ".larder"]),
        piped(dir.path(), &["verify", "--secret-file", "secret"]),
    ] {
        assert_eq!(ended.code, 1, "{ended:?}");
        assert!(
            ended.stdout.contains(&format!("{key}\n  untrusted: it is not signed")),
            "{ended:?}"
        );
        assert!(ended.stdout.ends_with("1 untrusted\n"), "{ended:?}");
    }
    let other = piped(dir.path(), &["verify", "--secret-file", "other", "--json"]);
    let found: serde_json::Value = serde_json::from_str(&other.stdout).unwrap();
    assert_eq!((other.code, found["problems"].as_array().unwrap().len()), (1, 5));
    assert!(found["problems"].to_string().contains("holder of the secret"), "{found}");
}

#[test]
fn copy_leaves_out_what_is_not_to_be_trusted() {
    let (dir, key) = store();
    let ended = with_secret(dir.path(), &["copy", ".larder", "copied"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stderr.contains(&format!("{key} is not copied: untrusted")), "{ended:?}");
    let all = ["verify", "--store", "copied", "--secret-file", "secret", "--json"];
    let checked = json(dir.path(), &all);
    assert_eq!(
        (&checked["checked"], checked["problems"].as_array().unwrap().len()),
        (&4.into(), 0)
    );

    // What somebody put into the target in the meantime, beginning as it should, is no reason to leave it there.
    let target = Memory::open(dir.path().join("copied")).unwrap();
    let file = target.local_path(&target.entries().unwrap()[0].key).unwrap();
    let mut forged = std::fs::read(&file).unwrap();
    *forged.last_mut().unwrap() ^= 1;
    std::fs::write(&file, forged).unwrap();
    with_secret(dir.path(), &["copy", ".larder", "copied"]);
    assert_eq!(json(dir.path(), &all)["problems"].as_array().unwrap().len(), 0);
}

#[test]
fn show_shows_nothing_that_is_not_to_be_trusted() {
    let (dir, key) = store();
    let digest = key.rsplit('/').next().unwrap();
    assert_eq!(piped(dir.path(), &["show", digest]).code, 0);
    let refused = with_secret(dir.path(), &["show", digest]);
    assert_ne!(refused.code, 0, "{refused:?}");
    assert!(refused.stderr.contains("not to be trusted: it is not signed"), "{refused:?}");
    let demo = demo::store();
    let missing = piped(demo.path(), &["ls", "--secret-file", "nowhere"]);
    assert!(missing.code != 0 && missing.stderr.contains("nowhere"), "{missing:?}");
}

#[test]
fn no_secret_is_printed() {
    let (dir, _) = store();
    std::fs::write(
        dir.path().join("larder.toml"),
        format!("[memory]\nsecret = \"{SECRET}\"\nold_secrets = [\"hunter2hunter2hunter2\"]\n"),
    )
    .unwrap();
    for arguments in
        [&["verify"][..], &["ls"], &["stats"], &["backends"], &["copy", ".larder", "x"]]
    {
        let said = format!("{:?}", piped(dir.path(), arguments));
        assert!(!said.contains(SECRET) && !said.contains("hunter2"), "{said}");
    }
    for (name, text) in [
        ("LARDER_SECRET", "hunter2"),
        ("LARDER_OLD_SECRETS", "hunter2"),
        ("LARDER_OLD_SECRETS", "[\"hunter2\", 7"),
    ] {
        let ended: Ended = larder(dir.path(), &["ls", "--store", ".larder"])
            .env(name, text)
            .output()
            .unwrap()
            .into();
        assert_ne!(ended.code, 0, "{name}: {ended:?}");
        assert!(!format!("{ended:?}").contains("hunter2"), "{ended:?}");
    }
}
