//! Bad input gets an error that names it, and says what is allowed.

use larder::{Config, Memory, memoize};

use crate::common::{error_of, faulty, local};

/// Each of `parts` is in the text.
#[track_caller]
fn says(error: &str, parts: &[&str]) {
    for part in parts {
        assert!(error.contains(part), "{part:?} is not in: {error}");
    }
}

fn open(text: &str) -> String {
    error_of(Memory::open(text))
}

#[test]
fn an_unknown_backend_lists_what_there_is() {
    says(&open("locl:cache"), &["`locl`", "did you mean `local`", "`memory`"]);
    says(&open("quantum:cache"), &["`quantum`", "known:", "`local`", "`memory`"]);
    says(&open("gopher://host/path"), &["`gopher`", "known:", "`local`"]);
}

#[test]
fn an_unknown_option_lists_the_real_ones() {
    says(
        &open("local:cache?durabilty=full"),
        &["`durabilty`", "did you mean `durability`", "known:"],
    );
    says(&open("local:cache?durability=total"), &["durability", "total", "`none`", "`full`"]);
    says(&open("memory:?size=7"), &["`size`"]);
}

#[test]
fn a_location_that_cannot_be_one() {
    says(&open(""), &["invalid"]);
    says(&open("memory:somewhere"), &["somewhere", "memory"]);
    says(&open("local:"), &["local", "location"]);
}

#[test]
fn a_file_where_a_directory_should_be() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "x").unwrap();
    says(&error_of(Memory::open(file.as_path())), &[file.to_str().unwrap(), "directory"]);
    let below = file.join("cache");
    says(&error_of(Memory::open(below.as_path())), &[below.to_str().unwrap(), "directory"]);
    assert_eq!(std::fs::read(&file).unwrap(), b"x");
}

#[test]
fn a_configuration_that_cannot_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        error_of(Config::from_file(&path))
    };
    says(
        &error_of(Config::from_file(dir.path().join("absent.json"))),
        &["not found", "absent.json"],
    );
    says(&file("a.yaml", b""), &["a.yaml", ".toml", ".json"]);
    says(&file("b.json", b"{"), &["b.json", "line: 1"]);
    says(&file("c.json", b"\xff"), &["c.json", "UTF-8"]);
    says(&file("d.json", br#"{"memry": {}}"#), &["`memry`", "`memory`", "d.json"]);
    says(
        &file("e.json", br#"{"memory": {"on_store_error": "explode"}}"#),
        &["on_store_error", "explode", "compute", "fail"],
    );
    says(&file("f.json", br#"{"memory": {"verbosity": 1}}"#), &["`verbosity`", "`verbose`"]);
    says(&error_of(Config::from_file(dir.path())), &[".toml", ".json"]);
}

#[memoize(codec = "postcart")]
fn misspelt_codec(n: u64) -> u64 {
    n
}

#[memoize(compress = "zip")]
fn unknown_compressor(n: u64) -> u64 {
    n
}

#[test]
fn an_unknown_codec_or_compressor() {
    let dir = tempfile::tempdir().unwrap();
    let builder = || Memory::builder(dir.path()).unwrap();
    says(
        &error_of(builder().codec("jason").open()),
        &["`jason`", "known:", "`cbor`", "`postcard`"],
    );
    let (_store, memory) = faulty();
    says(
        &error_of(memory.try_cache::<misspelt_codec>()),
        &["`postcart`", "did you mean `postcard`"],
    );
    says(&error_of(memory.try_cache::<unknown_compressor>()), &["zip"]);
    // A transparent call has nobody to tell: it computes.
    assert_eq!(memory.scope(|| misspelt_codec(3) + unknown_compressor(4)), 7);
}

#[test]
fn what_is_wrong_leaves_nothing_behind() {
    let (dir, _memory) = local();
    let wrong = dir.path().join("elsewhere");
    let text = format!("local:{}?nonsense=1", wrong.display());
    open(&text);
    assert!(!wrong.exists());
}
