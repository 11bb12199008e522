//! What it costs to have it: a program's start, a clean build, crates.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Result, ensure};

use crate::bench::{Bench, Counted, python};
use crate::figure::Unit;
use crate::row::{LARDER, Row, Run, here};

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    if bench.wants_any(&["start of a program with 200"]) {
        started(bench)?;
    }
    if !bench.options.quick && bench.wants_any(&["clean build", "crates in a build"]) {
        built(bench)?;
    }
    Ok(())
}

fn started(bench: &mut Bench) -> Result<()> {
    let folder = bench.folder().to_owned();
    let program = |name: &str| -> Result<Command> {
        let mut command = Command::new(std::env::current_exe()?.with_file_name(name));
        command.arg(folder.join("start-larder")).env("XDG_CACHE_HOME", &folder);
        Ok(command)
    };
    let script = folder.join("start.py");
    fs::write(&script, script_of(&folder.join("start-joblib"))?)?;
    let mut joblib = Command::new(python()?);
    joblib.arg(script);
    let row =
        Row::new("start of a program with 200 memoized functions", runs(program("start-larder")?))
            .peer("joblib", runs(joblib))
            .peer("cached", runs(program("start-cached")?))
            .floor("nothing memoized", runs(program("start-plain")?));
    bench.row(row)
}

fn runs(mut command: Command) -> Run {
    command.stdout(Stdio::null());
    here(move || assert!(command.status().expect("a program").success()))
}

/// The same program for joblib: its functions have to stand in a file.
fn script_of(store: &Path) -> Result<String> {
    let mut script = format!("import joblib\nmemory = joblib.Memory({store:?}, verbose=0)\n");
    for n in 0..200 {
        write!(script, "@memory.cache\ndef f{n}(x):\n    return x + {n}\n")?;
    }
    let calls: Vec<_> = (0..200).map(|n| format!("f{n}(1)")).collect();
    writeln!(script, "print({})", calls.join(" + "))?;
    Ok(script)
}

const PEERS: [&str; 4] = ["cached", "cacache", "moka", "rayon"];
/// The dependencies of a program that has one of them.
const DEPENDENCIES: [(&str, &str); 5] = [
    (LARDER, "larder = { path = \"ROOT\" }"),
    ("cached", "cached = { version = \"4\", features = [\"redb_store\"] }"),
    ("cacache", "cacache = \"13\""),
    ("moka", "moka = { version = \"0.12\", features = [\"sync\"] }"),
    ("rayon", "rayon = \"1\""),
];

fn built(bench: &mut Bench) -> Result<()> {
    for (name, dependency) in DEPENDENCIES {
        write_package(&folder_of(bench, name), dependency)?;
    }
    let row_of = |work: &str, unit, count: fn(&Path) -> Result<f64>| {
        let side = |name| -> Counted<'static> {
            let folder = folder_of(bench, name);
            Box::new(move || count(&folder))
        };
        let row = Row::new(work, side(LARDER)).unit(unit);
        PEERS.iter().fold(row, |row, peer| row.peer(peer, side(peer)).because(peer, SCOPE))
    };
    let time = row_of("clean build, default features", Unit::Seconds, build);
    let count = row_of("crates in a build, default features", Unit::Crates, crates);
    bench.counted(time)?;
    bench.counted(count)
}

fn folder_of(bench: &Bench, name: &str) -> PathBuf {
    bench.folder().join(format!("build-{name}"))
}

/// A program that does nothing but depend on something.
fn write_package(folder: &Path, dependency: &str) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::create_dir_all(folder.join("src"))?;
    let larder = root.join("../..").canonicalize()?;
    let dependency = dependency.replace("ROOT", &larder.display().to_string());
    fs::write(
        folder.join("Cargo.toml"),
        format!(
            "[package]\nname = \"clean\"\nedition = \"2024\"\n[dependencies]\n{dependency}\n[workspace]\n"
        ),
    )?;
    fs::write(folder.join("src/main.rs"), "fn main() {}\n")?;
    // The versions that were measured.
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    Ok(())
}

/// Why larder takes longer to build than others.
const SCOPE: &str = "larder is memoization, arrays, parallel calls on threads and in processes, and configuration; each \
     peer is one of these";

fn cargo(folder: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(folder).env("CARGO_TARGET_DIR", folder.join("target"));
    command
}

/// How many crates a program with it consists of, beside itself.
fn crates(folder: &Path) -> Result<f64> {
    let output =
        cargo(folder).args(["tree", "--edges", "normal,build", "--prefix", "none"]).output()?;
    ensure!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout)?;
    let crates: BTreeSet<_> = text
        .lines()
        .map(|line| line.split(' ').take(2).collect::<Vec<_>>())
        .filter(|it| it.len() == 2)
        .collect();
    Ok((crates.len() - 1) as f64)
}

/// The seconds of a build with nothing there.
fn build(folder: &Path) -> Result<f64> {
    let begun = Instant::now();
    let output = cargo(folder).args(["build", "--quiet"]).output()?;
    ensure!(output.status.success(), "cargo build: {}", String::from_utf8_lossy(&output.stderr));
    Ok(begun.elapsed().as_secs_f64())
}
