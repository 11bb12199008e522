//! What an edit does: programs are written, built and run as a person would, on stores that outlive them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{env, fs};

use tempfile::TempDir;

const MANIFEST: &str = r#"
[package]
name = "PACKAGE"
version = "1.0.0"
edition = "2024"

[[bin]]
name = "program"
path = "program.rs"

[dependencies]
larder = { path = 'LARDER', default-features = false, features = ["local"] }

[profile.dev]
debug = false

[workspace]
"#;

/// Prints the values of `slow` for a number of arguments, and then how many were computed.
const MAIN: &str = r#"
fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let store = std::path::PathBuf::from(arguments.next().unwrap());
    let count: u64 = arguments.next().unwrap().to_str().unwrap().parse().unwrap();
    let memory = larder::Memory::open(store).unwrap();
    memory.install();
    for x in 0..count {
        println!("{}", slow(x));
    }
    println!("{}", memory.stats().computed);
}
"#;

/// Where programs are built: packages of any name, whose one target directory spares compiling larder for each.
struct Workshop {
    programs: TempDir,
    /// One test at a time: all programs are built in one place, and a program that is being copied cannot be run while
    /// a process started meanwhile may have it open.
    _turn: MutexGuard<'static, ()>,
}

impl Workshop {
    fn enter() -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        Self { programs: tempfile::tempdir().unwrap(), _turn: turn }
    }

    /// The program of that package with that code. Later builds leave it as it is.
    fn build(&self, package: &str, code: &str) -> PathBuf {
        let (larder, scratch) =
            (Path::new(env!("CARGO_MANIFEST_DIR")), Path::new(env!("CARGO_TARGET_TMPDIR")));
        let (dir, target) = (scratch.join("editing").join(package), scratch.join("editing/target"));
        fs::create_dir_all(&dir).unwrap();
        let manifest =
            MANIFEST.replace("PACKAGE", package).replace("LARDER", larder.to_str().unwrap());
        fs::write(dir.join("Cargo.toml"), manifest).unwrap();
        fs::write(dir.join("program.rs"), format!("{code}\n{MAIN}")).unwrap();
        // The versions that the workspace was tested with, which are at hand without a network.
        fs::copy(larder.join("Cargo.lock"), dir.join("Cargo.lock")).unwrap();
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args(["build", "--offline", "--quiet", "--target-dir"])
            .arg(&target)
            .current_dir(&dir);
        succeeded(cargo.output().unwrap());

        let built = target.join(format!("debug/program{}", env::consts::EXE_SUFFIX));
        let count = fs::read_dir(self.programs.path()).unwrap().count();
        let program = self.programs.path().join(format!("{count}{}", env::consts::EXE_SUFFIX));
        fs::copy(built, &program).unwrap();
        program
    }
}

fn succeeded(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn command(program: &Path, store: &TempDir, count: u64) -> Command {
    let mut command = Command::new(program);
    command.arg(store.path()).arg(count.to_string());
    command
}

/// The values of `slow` for 0, 1, …, and how many of them the program computed.
fn run(program: &Path, store: &TempDir, count: u64) -> (Vec<String>, u64) {
    values_and_computed(&succeeded(command(program, store, count).output().unwrap()))
}

fn values_and_computed(output: &str) -> (Vec<String>, u64) {
    let mut lines: Vec<String> = output.lines().map(str::to_owned).collect();
    let computed = lines.pop().unwrap().parse().unwrap();
    (lines, computed)
}

fn texts(values: impl IntoIterator<Item = u64>) -> Vec<String> {
    values.into_iter().map(|value| value.to_string()).collect()
}

#[test]
fn an_edit_computes_a_comment_does_not_and_reverting_hits_again() {
    let code = "
        #[larder::tracked]
        fn helper(x: u64) -> u64 { x + 1 }

        #[larder::memoize(depends(helper))]
        fn slow(x: u64) -> u64 { helper(x) * 2 }";
    let (workshop, store) = (Workshop::enter(), tempfile::tempdir().unwrap());
    let after = |code: &str| run(&workshop.build("edited", code), &store, 2);

    assert_eq!(after(code), (texts([2, 4]), 2));
    assert_eq!(after(code), (texts([2, 4]), 0), "built anew");
    let commented =
        code.replace("{ helper(x) * 2 }", "{\n // Twice.\n helper(x)\n * 2 /* ! */\n }");
    assert_ne!(commented, code);
    assert_eq!(after(&commented), (texts([2, 4]), 0), "a comment, another layout");
    assert_eq!(after(&code.replace("* 2", "* 3")), (texts([3, 6]), 2), "the body");
    assert_eq!(
        after(&code.replace("x + 1", "x + 2")),
        (texts([4, 6]), 2),
        "the body of what it depends on"
    );
    assert_eq!(after(code), (texts([2, 4]), 0), "as it was");
    assert_eq!(after(&code.replace("* 2", "* 3")), (texts([3, 6]), 0), "and as it was then");
}

#[test]
fn two_versions_at_once_never_see_each_others_values() {
    const COUNT: u64 = 200;
    let (workshop, store) = (Workshop::enter(), tempfile::tempdir().unwrap());
    let of_factor =
        |factor| format!("#[larder::memoize] fn slow(x: u64) -> u64 {{ x * {factor} }}");
    let programs = [2, 3].map(|factor| (factor, workshop.build("versions", &of_factor(factor))));

    // Three processes of each version, all at once on one store.
    let start = |(factor, program): &(u64, PathBuf)| {
        (*factor, command(program, &store, COUNT).stdout(Stdio::piped()).spawn().unwrap())
    };
    let running: Vec<_> = (0..3).flat_map(|_| programs.iter().map(start)).collect();
    let mut computed = [0; 4];
    for (factor, process) in running {
        let (values, count) = values_and_computed(&succeeded(process.wait_with_output().unwrap()));
        assert_eq!(values, texts((0..COUNT).map(|x| x * factor)), "factor {factor}");
        computed[factor as usize] += count;
    }
    assert_eq!(computed, [0, 0, COUNT, COUNT], "each version computes each value once");
    for (factor, program) in &programs {
        assert_eq!(run(program, &store, COUNT), (texts((0..COUNT).map(|x| x * factor)), 0));
    }
}

#[test]
fn two_packages_with_equal_paths_never_see_each_others_values() {
    let (workshop, store) = (Workshop::enter(), tempfile::tempdir().unwrap());
    // The same tokens at the same path, `program::slow`, with another meaning in each package.
    let code = r#"#[larder::memoize] fn slow(x: u64) -> String { format!("{} {x}", env!("CARGO_PKG_NAME")) }"#;
    for package in ["one", "other"] {
        let program = workshop.build(package, code);
        assert_eq!(run(&program, &store, 1), (vec![format!("{package} 0")], 1));
        assert_eq!(run(&program, &store, 1), (vec![format!("{package} 0")], 0));
    }
}
