//! `cargo xtask fuzz`

use std::fmt;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::process;

/// Looks for inputs that break what larder reads
///
/// The targets lie in fuzz/src/targets and run under libFuzzer, built with the stable compiler (and a C++ compiler) in a
/// workspace of its own. What is found goes to target/fuzz/found, what breaks a target to target/fuzz/broken; a corpus of
/// small inputs is kept in fuzz/corpus, which every test run replays. The exit code is 1 if a target broke.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask fuzz                          every target for a minute
  cargo xtask fuzz entries --seconds 600    one of them for ten
  cargo xtask fuzz entries --keep           then takes a sample of what it found into the corpus")]
pub(crate) struct Fuzz {
    /// The targets to run [default: all]
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,

    /// How long each is run
    #[arg(long, default_value_t = 60)]
    seconds: u64,

    /// Take a sample of what was found, of few inputs that cover the same, into fuzz/corpus
    #[arg(long)]
    keep: bool,
}

/// What makes the compiler count edges and show libFuzzer what is compared: options that stable compilers have.
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares";

/// An input that takes longer is one that breaks the target, in seconds.
const SLOW: u64 = 10;
/// More memory, that of C libraries included, breaks it as well, in mebibytes.
const LARGE: u64 = 1024;

/// What begins the name of an input that broke something.
const NAMED: &str = "found-";
/// How much of what was found is kept in the repository, for each target.
const SAMPLE_BYTES: u64 = 20_000;
const SAMPLE: usize = 60;

/// What libFuzzer said of one run.
#[derive(Debug, Default)]
struct Report {
    executions: u64,
    covered: u64,
    edges: u64,
    inputs: u64,
    broken: bool,
}

impl Fuzz {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let known = targets()?;
        let unknown = self.targets.iter().find(|name| !known.contains(name));
        if let Some(unknown) = unknown {
            anyhow::bail!("there is no target {unknown:?}; there are: {}", known.join(", "));
        }
        let program = build()?;
        let chosen = if self.targets.is_empty() { &known } else { &self.targets };
        let mut reports = Vec::new();
        for target in chosen {
            reports.push((target, self.run_one(&program, target)?));
        }
        println!(
            "\n{:<13} {:>8} {:>12} {:>17} {:>7}",
            "target", "seconds", "executions", "edges", "inputs"
        );
        for (target, report) in &reports {
            println!("{target:<13} {:>8} {report}", self.seconds);
        }
        let broken = reports.iter().any(|(_, report)| report.broken);
        Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    fn run_one(&self, program: &Path, target: &str) -> Result<Report> {
        let scratch = process::target_dir().join("fuzz");
        let (found, broken) = (scratch.join("found").join(target), scratch.join("broken"));
        let corpus = corpus().join(target);
        for directory in [&found, &broken, &corpus] {
            fs::create_dir_all(directory)?;
        }
        let fuzzer = || {
            let mut command = process::program(program);
            command.env("LARDER_FUZZ_TARGET", target);
            command.arg(format!("-artifact_prefix={}/{target}-", broken.display()));
            command.args([format!("-timeout={SLOW}"), format!("-rss_limit_mb={LARGE}")]);
            command
        };
        let mut run = fuzzer();
        run.env("LARDER_FUZZ_SEEDS", &found);
        run.arg(format!("-max_total_time={}", self.seconds))
            .args(["-max_len=8192", "-use_value_profile=1"]);
        let mut report = watched(run.args([&found, &corpus]))?;
        if self.keep && !report.broken {
            let kept = scratch.join("kept").join(target);
            let _ = fs::remove_dir_all(&kept);
            fs::create_dir_all(&kept)?;
            let mut merge = fuzzer();
            merge.args(["-set_cover_merge=1", "-use_counters=0"]);
            let merged = watched(merge.args([&kept, &corpus, &found]))?;
            ensure!(!merged.broken, "the corpus of {target} could not be merged");
            replace_sample(&kept, &corpus)?;
        }
        report.inputs = fs::read_dir(&corpus)?.count() as u64;
        Ok(report)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { executions, covered, edges, inputs, broken } = self;
        let edges = format!("{covered} of {edges}");
        let verdict = if *broken { "  BROKEN" } else { "" };
        write!(f, "{executions:>12} {edges:>17} {inputs:>7}{verdict}")
    }
}

fn corpus() -> PathBuf {
    process::root().join("fuzz/corpus")
}

/// Each has a corpus.
fn targets() -> Result<Vec<String>> {
    let entries = fs::read_dir(corpus()).context("fuzz/corpus cannot be listed")?;
    let name = |entry: std::io::Result<fs::DirEntry>| {
        Ok(entry?.file_name().to_string_lossy().into_owned())
    };
    let mut names = entries.map(name).collect::<Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

/// The program that runs a target.
fn build() -> Result<PathBuf> {
    let version = Command::new("rustc").arg("-vV").output().context("cannot run `rustc`")?;
    let version = String::from_utf8(version.stdout)?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("`rustc -vV` names no host")?;
    let target_dir = process::target_dir().join("fuzz");
    let mut cargo = process::cargo();
    // With a target named, the flags are not those of build scripts.
    cargo.current_dir(process::root().join("fuzz/libfuzzer"));
    cargo.args(["build", "--release", "--target", host]);
    cargo.env("RUSTFLAGS", COVERAGE).env("CARGO_TARGET_DIR", &target_dir);
    ensure!(process::run(&mut cargo)?.success(), "the targets do not build");
    Ok(target_dir.join(host).join("release/libfuzzer"))
}

/// Runs libFuzzer, shows what it says, and reads the figures out of it.
fn watched(command: &mut Command) -> Result<Report> {
    let mut child = command.stderr(Stdio::piped()).spawn().context("cannot run the fuzzer")?;
    let mut report = Report::default();
    for line in BufReader::new(child.stderr.take().expect("it was asked to be piped")).lines() {
        let line = line?;
        report.read(&line);
        eprintln!("{line}");
    }
    report.broken = !child.wait()?.success();
    Ok(report)
}

impl Report {
    fn read(&mut self, line: &str) {
        let words: Vec<_> = line.split_whitespace().collect();
        let number = |word: &str| word.trim_matches(['#', '(', ')', ':']).parse::<u64>().ok();
        // `INFO: Loaded 1 modules   (38302 inline 8-bit counters): …`
        if line.contains("inline 8-bit counters)") {
            let edges =
                words.iter().find(|word| word.starts_with('(')).and_then(|word| number(word));
            self.edges = edges.unwrap_or(self.edges);
        }
        // `#65536 pulse  cov: 2714 ft: 9120 corp: …`
        if let Some(at) = words.iter().position(|word| *word == "cov:") {
            self.executions = number(words[0]).unwrap_or(0).max(self.executions);
            self.covered = words.get(at + 1).and_then(|word| number(word)).unwrap_or(self.covered);
        }
    }
}

/// Puts some of the inputs in `kept`, of all sizes, in the place of what was sampled before. Inputs with names of their own
/// stay: they broke something once.
fn replace_sample(kept: &Path, corpus: &Path) -> Result<()> {
    for entry in fs::read_dir(corpus)? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with(NAMED) {
            fs::remove_file(entry.path())?;
        }
    }
    let sized = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry?;
        Ok((entry.metadata()?.len(), entry.file_name()))
    };
    let mut inputs = fs::read_dir(kept)?.map(sized).collect::<Result<Vec<_>>>()?;
    inputs.sort();
    let bytes: u64 = inputs.iter().map(|(len, _)| len).sum();
    let nth = bytes.div_ceil(SAMPLE_BYTES).max(inputs.len().div_ceil(SAMPLE) as u64).max(1);
    for (_, name) in inputs.iter().step_by(nth as usize) {
        fs::copy(kept.join(name), corpus.join(name))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_out_of_what_libfuzzer_says() {
        let mut report = Report::default();
        let said = "INFO: Running with entropic power schedule (0xFF, 100).
INFO: Loaded 1 modules   (38302 inline 8-bit counters): 38302 [0x55, 0x56),
#2	INITED cov: 120 ft: 121 corp: 1/1b exec/s: 0 rss: 44Mb
#65536	pulse  cov: 2714 ft: 9120 corp: 310/42Kb lim: 128 exec/s: 21845 rss: 60Mb
#70001	DONE   cov: 2715 ft: 9122 corp: 311/42Kb lim: 128 exec/s: 21845 rss: 60Mb
Done 70001 runs in 4 second(s)";
        said.lines().for_each(|line| report.read(line));
        assert_eq!((report.executions, report.covered, report.edges), (70001, 2715, 38302));
    }
}
