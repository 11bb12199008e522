//! The quickstart as a person runs it: cold, warm, with a changed parameter, with a mistake.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The example as `cargo run --release -p quickstart` builds it: unoptimized, a cold run takes minutes.
fn example() -> &'static Path {
    static EXAMPLE: OnceLock<PathBuf> = OnceLock::new();
    EXAMPLE.get_or_init(|| {
        let build = Command::new(env!("CARGO"))
            .args(["build", "--release", "--message-format", "json-render-diagnostics"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo runs");
        assert!(build.status.success(), "{}", String::from_utf8_lossy(&build.stderr));
        let messages = String::from_utf8(build.stdout).expect("cargo writes UTF-8");
        let executable = messages.lines().find_map(|message| {
            let message: serde_json::Value = serde_json::from_str(message).ok()?;
            let is_example = message["target"]["name"] == "quickstart";
            message["executable"].as_str().filter(|_| is_example).map(PathBuf::from)
        });
        executable.expect("cargo names the executable")
    })
}

fn command(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(example());
    command.current_dir(dir).args(arguments);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LARDER_") {
            command.env_remove(name);
        }
    }
    command
}

fn text(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("the example writes UTF-8")
}

fn run(dir: &Path, arguments: &[&str]) -> String {
    text(command(dir, arguments).output().expect("the example runs"))
}

/// How often each function was computed, and how often its result came from the store.
fn counts(output: &str) -> [(u64, u64); 3] {
    let (_, table) = output.split_once("\nfunction ").expect("a table of functions");
    ["fold_error", "fit", "importance"].map(|function| {
        let row = table.lines().find_map(|line| line.strip_prefix(function));
        let row = row.unwrap_or_else(|| panic!("no row of {function} in\n{output}"));
        let mut cells = row.split_whitespace().map(|cell| cell.parse().expect("a count"));
        (cells.next().expect("computed"), cells.next().expect("from store"))
    })
}

/// What the run found out, without what it took.
fn findings(output: &str) -> Vec<String> {
    let candidates = output.lines().filter(|line| line.starts_with("depth "));
    let name_and_error = |line: &str| line[..33].to_owned();
    let (_, rest) = output.split_once("\nBest: ").expect("a best candidate");
    let sentences = rest.lines().take(3).map(str::to_owned);
    candidates.map(name_and_error).chain(sentences).collect()
}

fn last(output: &str, line_from_end: usize) -> &str {
    output.lines().nth_back(line_from_end).expect("a line")
}

#[test]
fn computes_once_and_again_only_what_changed() {
    let dir = tempfile::tempdir().unwrap();
    let cold = run(dir.path(), &[]);
    assert_eq!(counts(&cold), [(45, 0), (1, 0), (11, 0)], "{cold}");
    assert!(
        cold.contains(
            "Best: depth 2, rate 0.03.\nIt is off by 0.676 (RMSE), predicting the mean by 0.815."
        ),
        "{cold}"
    );
    assert!(dir.path().join(".larder").is_dir());
    assert!(last(&cold, 0).contains("run it again"), "{cold}");

    let warm = run(dir.path(), &[]);
    assert_eq!(counts(&warm), [(0, 45), (0, 1), (0, 11)], "{warm}");
    assert_eq!(findings(&warm), findings(&cold));
    assert_eq!(findings(&cold).len(), 9 + 3);
    assert!(last(&warm, 0).contains("only what depends on it is computed"), "{warm}");

    // Depth 3 instead of 4: three candidates, five folds of each. The best is still the best.
    let changed = run(dir.path(), &["--depths", "2,3,6"]);
    assert_eq!(counts(&changed), [(15, 30), (0, 1), (0, 11)], "{changed}");
    // Now it is not: its successor has to be fitted, and to be asked what it goes by.
    let other = run(dir.path(), &["--depths=4,6"]);
    assert_eq!(counts(&other), [(0, 30), (1, 0), (11, 0)], "{other}");
}

#[test]
fn keeps_results_where_it_is_told() {
    let (dir, store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = store.path().to_str().expect("a temporary directory has a plain name");
    let quick = ["--trees", "5", "--depths", "1", "--rates", "0.1"];
    let cold = run(dir.path(), &[&quick[..], &["--store", path]].concat());
    assert_eq!(counts(&cold), [(5, 0), (1, 0), (11, 0)], "{cold}");
    let warm = text(command(dir.path(), &quick).env("LARDER_STORE", path).output().unwrap());
    assert_eq!(counts(&warm), [(0, 5), (0, 1), (0, 11)], "{warm}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing beside the store");
    let disabled = text(command(dir.path(), &quick).env("LARDER_ENABLED", "0").output().unwrap());
    assert_eq!(findings(&disabled), findings(&cold));
    assert!(last(&disabled, 1).contains("the memory is disabled"), "{disabled}");
}

#[test]
fn writes_aligned_plain_text() {
    let dir = tempfile::tempdir().unwrap();
    let output = run(dir.path(), &["--trees", "5", "--rates", "0.1"]);
    let is_row =
        |line: &&str| line.ends_with(" bytes") || line.ends_with("iB") || line.ends_with(" B");
    let widths: HashSet<usize> =
        output.lines().filter(is_row).map(|line| line.chars().count()).collect();
    assert_eq!(output.lines().filter(is_row).count(), 1 + 5 + 1 + 4, "{output}");
    assert_eq!(widths, HashSet::from([80]), "{output}");
    assert!(!output.contains('\x1b'), "{output:?}");
}

#[test]
fn mistakes_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "not a directory").unwrap();
    for (arguments, told) in [
        (&["--tres", "3"][..], "there is no option --tres"),
        (&["--trees", "0"], "--trees cannot be `0`: want a number from 1 to 10000"),
        (&["--rates", "0.1,fast"], "--rates cannot be `fast`"),
        (&["--depths"], "--depths needs a value"),
        (&["--store", "nosuch://bucket"], "`nosuch`"),
        (&["--store", file.to_str().unwrap()], "file"),
    ] {
        let output = command(dir.path(), arguments).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(told), "{arguments:?}: {error}");
    }
}
