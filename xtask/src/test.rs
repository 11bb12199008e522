//! `cargo xtask test`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::process;
use crate::services::{self, Running};
use crate::tally::Tally;
use crate::venv::{self, Venv};

/// Builds and runs every test, and counts them
///
/// Unit and integration tests, conformance suites, compile-fail tests and the examples in the documentation of every
/// crate, with all features. Tests find a Python with what they need of it (xtask/python/requirements.txt) through
/// LARDER_TEST_PYTHON, and the servers they need through LARDER_TEST_S3_…, LARDER_TEST_AZURE_… and LARDER_TEST_DASK…; all
/// of it is made under the target directory the first time. A failing runner does not stop the others. The last line counts them all:
/// `N passed, N failed, N skipped`; the exit code is 1 if any failed or none ran.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask test                              everything
  cargo xtask test -p larder-core               one crate
  cargo xtask test -p larder --test together    one of its integration tests
  cargo xtask test -p larder-core -- key        its tests with `key` in their names")]
pub(crate) struct Test {
    /// Test only this crate; may be given several times
    #[arg(short, long, value_name = "CRATE")]
    package: Vec<String>,

    /// Run only this integration test; may be given several times
    #[arg(long, value_name = "NAME")]
    test: Vec<String>,

    /// Passed on to the test runners: part of a test's name, `--nocapture`, …
    #[arg(last = true, value_name = "ARGS")]
    runner: Vec<String>,
}

impl Test {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let mut cargo = process::cargo();
        cargo.args(["test", "--all-features", "--no-fail-fast"]);
        if self.package.is_empty() {
            cargo.arg("--workspace");
        }
        cargo.args(self.package.iter().flat_map(|name| ["--package", name]));
        cargo.args(self.test.iter().flat_map(|name| ["--test", name]));
        cargo.arg("--").args(&self.runner);

        let venv = Venv::ready()?;
        let running = Running::start(&services::needed_by(&self.package)?, &venv)?;
        cargo.env(venv::VARIABLE, venv.python());
        running.tell(&mut cargo);

        let mut tally = Tally::default();
        let status = process::run_watched(&mut cargo, |line| tally.line(line))?;
        tally.finish(status.success());
        drop(running);
        tally.failures().iter().for_each(|line| println!("{line}"));
        println!("{tally}");
        Ok(if tally.is_green() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
