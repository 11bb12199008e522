//! `cargo xtask check`

use std::process::{Command, ExitCode};

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::bench;
use crate::process;
use crate::{book, tool};

/// Checks everything that is not a test
///
/// Runs the steps named, or all of them, each to its end, and sums up. cargo-deny, cargo-hack and mdBook are installed under
/// the target directory the first time they are needed (a few minutes). `advisories` needs more than the crates
/// registry, and `miri` a component of the nightly toolchain: where that is not to be had they are skipped, and say so.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The steps to run [default: all]
    #[arg(value_name = "STEP")]
    steps: Vec<Step>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Step {
    /// Formatting, with rustfmt
    Fmt,
    /// Lints, with clippy; warnings are errors
    Clippy,
    /// The API documentation, with rustdoc; warnings are errors
    Doc,
    /// The book builds, and its links lead somewhere (mdBook)
    Book,
    /// Each library crate compiles with no feature, with each one alone, and with all (cargo-hack)
    Features,
    /// Licenses, banned and duplicate crates, and where crates come from (cargo-deny, deny.toml)
    Deny,
    /// No undefined behaviour where arrays take bytes for numbers (Miri, where a nightly toolchain has it)
    Miri,
    /// Where threads meet, under very many schedules (models/, with crate shuttle)
    Models,
    /// The comparison with others, which is a workspace of its own: formatting, lints, tests, licenses of its crates
    Peers,
    /// Known vulnerabilities of dependencies (cargo-deny, RustSec's database)
    Advisories,
}

/// How a step ended.
enum Outcome {
    Passed,
    Failed,
    Skipped(&'static str),
}

impl Check {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let steps = if self.steps.is_empty() { Step::value_variants() } else { &self.steps };
        let mut report = Vec::new();
        for step in steps {
            let outcome = step.run().unwrap_or_else(|error| {
                eprintln!("error: {error:#}");
                Outcome::Failed
            });
            report.push((step, outcome));
        }
        println!();
        for (step, outcome) in &report {
            let says = match outcome {
                Outcome::Passed => "ok".to_owned(),
                Outcome::Failed => "FAILED".to_owned(),
                Outcome::Skipped(why) => format!("skipped: {why}"),
            };
            println!("{:<11} {says}", format!("{step:?}").to_lowercase());
        }
        let failed = report.iter().any(|(_, outcome)| matches!(outcome, Outcome::Failed));
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

impl Step {
    fn run(self) -> Result<Outcome> {
        match self {
            Self::Fmt => passes(process::cargo().args(["fmt", "--all", "--check"])),
            Self::Clippy => passes(process::cargo().args([
                "clippy",
                "--workspace",
                "--all-targets",
                "--all-features",
                "--",
                "-Dwarnings",
            ])),
            Self::Doc => passes(
                process::cargo()
                    .args(["doc", "--workspace", "--all-features", "--no-deps"])
                    .env("RUSTDOCFLAGS", "-Dwarnings"),
            ),
            Self::Book => Ok(if book::is_whole()? { Outcome::Passed } else { Outcome::Failed }),
            // `--no-dev-deps` is not asked for: it rewrites the manifests while it runs, and since resolver 2
            // dev-dependencies add no features to a plain check anyway.
            Self::Features => passes(tool::HACK.command()?.args([
                "check",
                "--workspace",
                "--ignore-private",
                "--each-feature",
            ])),
            Self::Deny => {
                passes(tool::DENY.command()?.args(["check", "licenses", "bans", "sources"]))
            }
            Self::Miri => miri(),
            Self::Models => passes(
                process::cargo()
                    .current_dir(process::root().join("models"))
                    .args(["run", "--quiet", "--", "--test-threads=1"])
                    .env("CARGO_TARGET_DIR", process::target_dir().join("models")),
            ),
            Self::Peers => peers(),
            Self::Advisories => advisories(),
        }
    }
}

fn passes(command: &mut Command) -> Result<Outcome> {
    Ok(if process::run(command)?.success() { Outcome::Passed } else { Outcome::Failed })
}

fn peers() -> Result<Outcome> {
    let manifest = ["--manifest-path", bench::PEERS];
    let (mut fmt, mut clippy, mut test, mut deny) =
        (process::cargo(), process::cargo(), process::cargo(), tool::DENY.command()?);
    fmt.arg("fmt").args(manifest).arg("--check");
    clippy.args(["clippy", "--locked", "--all-targets"]).args(manifest).arg("--target-dir");
    clippy.arg(process::target_dir()).args(["--", "-Dwarnings"]);
    // As the comparison is built, so that most of it is there already.
    test.args(["test", "--locked", "--release"]).args(manifest).arg("--target-dir");
    test.arg(process::target_dir());
    deny.args(manifest).args(["check", "licenses", "bans", "sources"]);
    for command in [&mut fmt, &mut clippy, &mut test, &mut deny] {
        if let failed @ Outcome::Failed = passes(command)? {
            return Ok(failed);
        }
    }
    Ok(Outcome::Passed)
}

fn miri() -> Result<Outcome> {
    let nightly = |arguments: &[&str]| {
        let mut rustup = process::program("rustup");
        rustup.args(["run", "nightly", "cargo", "miri"]).args(arguments);
        rustup
    };
    if !nightly(&["--version"]).output().is_ok_and(|output| output.status.success()) {
        return Ok(Outcome::Skipped("`rustup component add --toolchain nightly miri` brings it"));
    }
    passes(
        nightly(&["test", "--package", "larder-core", "--features", "complex", "--lib", "array::"])
            .env("CARGO_TARGET_DIR", process::target_dir().join("miri")),
    )
}

fn advisories() -> Result<Outcome> {
    if !process::run(tool::DENY.command()?.args(["fetch", "db"]))?.success() {
        return Ok(Outcome::Skipped("RustSec's advisory database cannot be fetched from here"));
    }
    passes(tool::DENY.command()?.args(["check", "advisories"]))
}
