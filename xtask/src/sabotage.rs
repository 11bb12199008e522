//! `cargo xtask sabotage`

mod patches;
mod tree;

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, ExitCode, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;

use self::patches::{Patch, Step, patches};
use self::tree::Tree;
use crate::process;

/// Breaks one guarantee at a time, and shows the test that notices
///
/// Each patch of xtask/sabotage.toml is applied to a copy of the tree under target/sabotage, never to the checkout, and
/// the one test that it names is run. What the tests say is kept in target/sabotage/logs. The exit code is 1 if a patch
/// does not apply, does not compile, or is not noticed.
#[derive(Debug, Args)]
pub(crate) struct Sabotage {
    /// Only the patches whose names begin like this [default: all]
    #[arg(value_name = "PATCH")]
    names: Vec<String>,
}

/// A test that goes on for longer has noticed: it waits for what does not come any more.
const HANGS_AFTER: Duration = Duration::from_secs(180);

/// What a patch came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Caught,
    /// The test never ended.
    Hung,
    NotCaught,
    DoesNotApply,
    DoesNotCompile,
    /// There is no test of this name.
    NoTest,
}

impl Verdict {
    fn text(self) -> &'static str {
        match self {
            Self::Caught => "caught",
            Self::Hung => "caught: it hangs",
            Self::NotCaught => "NOT CAUGHT",
            Self::DoesNotApply => "DOES NOT APPLY",
            Self::DoesNotCompile => "DOES NOT COMPILE",
            Self::NoTest => "THERE IS NO SUCH TEST",
        }
    }

    fn is_good(self) -> bool {
        matches!(self, Self::Caught | Self::Hung)
    }
}

impl Sabotage {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let wanted = |patch: &Patch| {
            self.names.is_empty() || self.names.iter().any(|name| patch.name.starts_with(name))
        };
        let chosen: Vec<_> = patches(process::root())?.into_iter().filter(wanted).collect();
        if chosen.is_empty() {
            bail!("no patch of xtask/sabotage.toml has such a name");
        }
        let scratch = process::target_dir().join("sabotage");
        let tree = Tree::fresh(&scratch.join("tree"))?;
        fs::create_dir_all(scratch.join("logs"))?;
        let mut verdicts = Vec::new();
        for patch in &chosen {
            println!("{}: {}", patch.name, patch.breaks);
            let verdict = play(patch, &tree, &scratch)?;
            println!("  {} ({})", verdict.text(), patch.tests);
            verdicts.push(verdict);
        }
        println!();
        for (patch, verdict) in chosen.iter().zip(&verdicts) {
            let test = format!("{} {}", patch.package, patch.test);
            println!("{:<22} {test:<88} {}", patch.name, verdict.text());
        }
        let good = verdicts.iter().filter(|verdict| verdict.is_good()).count();
        println!("{good} of {} patches caught", chosen.len());
        Ok(if good == chosen.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn play(patch: &Patch, tree: &Tree, scratch: &Path) -> Result<Verdict> {
    let Some(patched) = tree.apply(patch)? else { return Ok(Verdict::DoesNotApply) };
    let log = scratch.join("logs").join(format!("{}.log", patch.name));
    let cargo = |step: Step| -> Result<Child> {
        let output = File::options().create(true).append(true).open(&log)?;
        let mut cargo = process::cargo();
        cargo.current_dir(tree.path().join(&patch.workspace));
        cargo.env("CARGO_TARGET_DIR", scratch.join("target")).args(patch.command(step));
        cargo.stdout(output.try_clone()?).stderr(output);
        process::apart(&mut cargo).spawn().context("cannot run cargo")
    };
    let _ = fs::remove_file(&log);
    let verdict = if !cargo(Step::Build)?.wait()?.success() {
        Verdict::DoesNotCompile
    } else {
        let ended = within(cargo(Step::Run)?, HANGS_AFTER)?;
        judge(ended, &fs::read_to_string(&log)?)
    };
    drop(patched);
    Ok(verdict)
}

/// `None` for a child that did not end in time; then it, and what it started, is ended.
fn within(mut child: Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begun.elapsed() > limit {
            process::kill(child.id());
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(50));
    }
}

fn judge(ended: Option<ExitStatus>, log: &str) -> Verdict {
    match ended {
        _ if !log.contains("\nrunning 1 test\n") => Verdict::NoTest,
        None => Verdict::Hung,
        Some(status) if status.success() => Verdict::NotCaught,
        Some(_) => Verdict::Caught,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So that what changes the code also changes what breaks it.
    #[test]
    fn every_patch_applies_and_names_a_test() {
        let patches = patches(process::root()).unwrap();
        let mut complaints = Vec::new();
        for patch in &patches {
            let text = fs::read_to_string(process::root().join(&patch.file)).unwrap_or_default();
            if patch.applied_to(&text).is_none() {
                complaints.push(format!("{} does not apply to {}", patch.name, patch.file));
            }
            let tests = fs::read_to_string(process::root().join(&patch.tests)).unwrap_or_default();
            let name = patch.test.rsplit("::").next().unwrap();
            if !tests.contains(&format!("fn {name}() {{")) {
                complaints.push(format!("{}: {} has no test {name}", patch.name, patch.tests));
            }
        }
        assert!(complaints.is_empty(), "{complaints:#?}");
        let mut names: Vec<_> = patches.iter().map(|patch| &patch.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), patches.len(), "two patches have one name");
        assert!(patches.len() >= 20, "{} patches", patches.len());
    }

    #[test]
    fn a_test_that_did_not_run_has_caught_nothing() {
        let failed = process::program("false").status().unwrap();
        let passed = process::program("true").status().unwrap();
        let ran = "\nrunning 1 test\n";
        assert_eq!(judge(Some(failed), ran), Verdict::Caught);
        assert_eq!(judge(Some(passed), ran), Verdict::NotCaught);
        assert_eq!(judge(None, ran), Verdict::Hung);
        assert_eq!(judge(Some(failed), "\nrunning 0 tests\n"), Verdict::NoTest);
        assert_eq!(judge(Some(passed), "\nrunning 0 tests\n"), Verdict::NoTest);
    }
}
