//! `cargo xtask golden`

use std::fs;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Args;

use crate::process;

/// What tells the test to make stores instead of reading them.
const MAKE: &str = "LARDER_TEST_MAKE_GOLDEN";

/// Makes the stores in tests/golden that tests read, for a new version of the format
///
/// Once a version, and never again: what is there is how earlier versions wrote. Needs `unshare`, so that what is written
/// names no machine.
#[derive(Debug, Args)]
pub(crate) struct Golden {
    /// The version of the format: the directory to make
    version: u16,
}

impl Golden {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let dir = process::root().join("tests/golden").join(self.version.to_string());
        ensure!(
            !dir.exists(),
            "{} is there already: golden stores stay as they are",
            dir.display()
        );
        fs::create_dir_all(&dir)?;
        let mut test = process::program("unshare");
        test.args(["--user", "--map-root-user", "--uts", "sh", "-c"]);
        test.arg(
            r#"hostname golden && exec cargo test --all-features --test behaviour golden::every"#,
        );
        let made = process::run(test.env(MAKE, &dir))?;
        ensure!(made.success(), "the stores could not be made");
        Ok(ExitCode::SUCCESS)
    }
}
