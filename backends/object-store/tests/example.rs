//! The example `opendal` keeps its result over runs. `cargo test` has built it, beside this test.

use std::path::Path;
use std::process::Command;

#[test]
fn the_second_run_takes_from_the_store_what_the_first_has_computed() {
    let test = std::env::current_exe().unwrap();
    let built = test.parent().and_then(Path::parent).unwrap().join("examples/opendal");
    let program = built.with_extension(std::env::consts::EXE_EXTENSION);
    let dir = tempfile::tempdir().unwrap();
    for did in ["computed, and kept in", "taken from"] {
        let mut run = Command::new(&program);
        let output = run.env("TMPDIR", dir.path()).env("TMP", dir.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(printed.starts_with(&format!("3709507114, {did} ")), "{printed}");
    }
}
