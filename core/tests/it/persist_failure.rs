//! A dump that fails leaves what was there, and nothing else.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use larder_core::{DumpOptions, dump, dump_to, dump_with, load};
use serde::{Deserialize, Serialize};

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Fails in the middle of being written.
#[derive(Debug, Deserialize)]
struct Half(#[expect(dead_code, reason = "only its type matters")] Vec<u8>);

impl Serialize for Half {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::{Error, SerializeSeq};
        let mut seq = serializer.serialize_seq(Some(1000))?;
        for byte in 0..200u8 {
            seq.serialize_element(&byte)?;
        }
        Err(S::Error::custom("the rest is gone"))
    }
}

#[test]
fn a_value_that_cannot_be_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("value");
    dump(&3u8, &path).unwrap();
    let error = dump(&Half(vec![]), &path).unwrap_err();
    assert!(error.is_encode() && error.to_string().contains("the rest is gone"), "{error:?}");
    assert_eq!(load::<u8>(&path).unwrap(), 3);
    let error = dump_with(&f64::NAN, &path, &DumpOptions::new().codec("json")).unwrap_err();
    assert!(error.is_encode() && error.get("path").is_some(), "{error:?}");
    assert_eq!(load::<u8>(&path).unwrap(), 3);
    assert_eq!(names(dir.path()), ["value"]);
}

/// The role of the child below: a process that may not write files above 8 KB.
const CHILD: &str = "LARDER_TEST_DUMP_INTO";

#[test]
fn a_disk_that_is_full() {
    if let Some(path) = std::env::var_os(CHILD) {
        let large: Vec<u64> = (0..1_000_000).collect();
        let error = dump(&large, Path::new(&path)).unwrap_err();
        assert!(error.is_storage_full(), "{error:?}");
        assert_eq!(error.get("path"), path.to_str());
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for name in ["value", "new"] {
        let path = dir.path().join(name);
        if name == "value" {
            dump(&3u8, &path).unwrap();
        }
        let script = "trap '' XFSZ; ulimit -f 16; exec \"$0\" --exact persist_failure::a_disk_that_is_full --nocapture";
        let output = Command::new("sh")
            .args(["-c", script])
            .arg(std::env::current_exe().unwrap())
            .env(CHILD, &path)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(load::<u8>(dir.path().join("value")).unwrap(), 3);
        assert_eq!(names(dir.path()), ["value"]);
    }
}

#[test]
fn a_place_that_is_no_file_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let sub = dir.path().join("sub");
    fs::create_dir(&sub).unwrap();
    for place in [&*sub, Path::new("/dev/null")] {
        let error = dump(&3u8, place).unwrap_err();
        assert!(error.is_invalid() && error.message().contains("dump_to"), "{error:?}");
    }
    assert!(sub.is_dir() && !fs::metadata("/dev/null").unwrap().is_file());
    assert_eq!(names(dir.path()), ["sub"]);
    let mut null = fs::OpenOptions::new().write(true).open("/dev/null").unwrap();
    dump_to(&3u8, &mut null, &DumpOptions::new()).unwrap();
}

#[test]
fn permissions_are_kept_and_links_followed() {
    let dir = tempfile::tempdir().unwrap();
    let [file, link] = ["file", "link"].map(|name| dir.path().join(name));
    dump(&1u8, &file).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&file, &link).unwrap();
    dump_with(&2u8, &link, &DumpOptions::new().sync(true)).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(load::<u8>(&file).unwrap(), 2);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(names(dir.path()), ["file", "link"]);
}

/// A reader sees the old value or the new one, whole, at any time.
#[test]
fn a_reader_never_sees_half_a_dump() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("value");
    dump(&vec![0u32; 50_000], &path).unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for round in 1..40u32 {
                dump(&vec![round; 50_000], &path).unwrap();
            }
        });
        while !writer.is_finished() {
            let value: Vec<u32> = load(&path).unwrap();
            assert!(value.len() == 50_000 && value.iter().all(|number| *number == value[0]));
        }
    });
}
