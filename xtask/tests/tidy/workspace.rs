//! What there is to look at.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

pub(crate) fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files of the repository that end in `extension`, relative to its root and sorted; not what cargo builds, nor
/// what lies in hidden directories.
pub(crate) fn files(extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(root(), extension, &mut found);
    found.sort();
    assert!(!found.is_empty(), "no *.{extension} anywhere");
    found
}

fn collect(directory: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            if !hidden && !path.join("CACHEDIR.TAG").exists() {
                collect(&path, extension, found);
            }
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path.strip_prefix(root()).unwrap().to_owned());
        }
    }
}

/// One crate of the workspace.
pub(crate) struct Member {
    pub(crate) name: String,
    /// Relative to the root, `/` between the parts; empty for the facade.
    pub(crate) directory: String,
}

/// All crates of the workspace.
pub(crate) fn members() -> Vec<Member> {
    let packages = metadata(&["--no-deps"]);
    packages
        .iter()
        .map(|package| {
            let manifest = Path::new(package["manifest_path"].as_str().unwrap());
            let directory = manifest.parent().unwrap().strip_prefix(root()).unwrap();
            Member {
                name: package["name"].as_str().unwrap().to_owned(),
                directory: directory.to_str().unwrap().replace('\\', "/"),
            }
        })
        .collect()
}

/// `packages` of `cargo metadata`.
pub(crate) fn metadata(arguments: &[&str]) -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--offline"])
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    match metadata["packages"].take() {
        Value::Array(packages) => packages,
        other => panic!("packages: {other}"),
    }
}

/// Fails with all complaints at once.
#[track_caller]
pub(crate) fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n  {}\n", complaints.join("\n  "));
}
