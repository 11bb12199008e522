//! `cargo xtask services`

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::{Running, Service};
use crate::process;
use crate::venv::{self, Venv};

/// Runs a command while the servers that tests need are up
///
/// They are told to the command by variables, as `cargo xtask test` does, and stopped when it ends.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask services -- cargo test -p larder-object-store
  cargo xtask services --only s3 -- bash           a shell with an S3 server
  cargo xtask services -- env | grep LARDER_TEST   what tests are told")]
pub(crate) struct Services {
    /// Only this one; may be given several times
    #[arg(long, value_name = "SERVICE")]
    only: Vec<Service>,

    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl Services {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let venv = Venv::ready()?;
        let services = if self.only.is_empty() { Service::value_variants() } else { &self.only };
        let running = Running::start(services, &venv)?;
        let mut command = process::program(&self.command[0]);
        command.args(&self.command[1..]).env(venv::VARIABLE, venv.python());
        running.tell(&mut command);
        let status = process::run(&mut command)?;
        Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1).into())
    }
}
