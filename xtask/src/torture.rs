//! `cargo xtask torture`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::process;

/// Random programs, kills and damage against the local stores, judged by a model; `--help` says more
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Torture {
    /// What the program in xtask/torture is told: --seconds, --seed, --rounds, --sabotage
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    args: Vec<String>,
}

impl Torture {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let mut cargo = process::cargo();
        cargo.args(["run", "--quiet", "--package", "torture", "--"]).args(&self.args);
        let status = process::run(&mut cargo)?;
        Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
