//! What it costs to have it: a program's start, a clean build, crates.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Result, ensure};

use crate::bench::{Bench, python};
use crate::figure::{Figure, Unit};
use crate::row::{Row, Run, here};

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    if bench.group("programs", &["start of a program with 200"]) {
        started(bench)?;
    }
    if !bench.options.quick && bench.group("programs", &["clean build", "crates in a build"]) {
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
    let row = Row::new(
        "start of a program with 200 memoized functions, a hit of each",
        runs(program("start-larder")?),
    )
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

/// The dependencies of a program that has one of them.
const DEPENDENCIES: [(&str, &str); 5] = [
    ("larder", "larder = { path = \"ROOT\" }"),
    ("cached", "cached = { version = \"4\", features = [\"redb_store\"] }"),
    ("cacache", "cacache = \"13\""),
    ("moka", "moka = { version = \"0.12\", features = [\"sync\"] }"),
    ("rayon", "rayon = \"1\""),
];

fn built(bench: &mut Bench) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut figures = Vec::new();
    for (name, dependency) in DEPENDENCIES {
        let folder = bench.folder().join(format!("build-{name}"));
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
        figures.push((name, crates(&folder)?, build(&folder)?));
    }
    let row_of = |title: &str, unit, figure: &dyn Fn(&(&'static str, f64, f64)) -> f64| {
        let row = Row::new(title, Figure::exact(figure(&figures[0]))).unit(unit).because(SCOPE);
        figures[1..].iter().fold(row, |row, peer| row.peer(peer.0, Figure::exact(figure(peer))))
    };
    let (time, count) = (
        row_of("clean build, default features", Unit::Seconds, &|it| it.2),
        row_of("crates in a build, default features", Unit::Crates, &|it| it.1),
    );
    bench.known(time);
    bench.known(count);
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
