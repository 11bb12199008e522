//! `cargo xtask bench`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::process;
use crate::services::{Running, Service};
use crate::venv::{self, Venv};

/// Runs the benchmarks
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask bench                 all of them
  cargo xtask bench hit             benches/hit.rs
  cargo xtask bench hit -- --help   what that benchmark can be told")]
pub(crate) struct Bench {
    /// The benchmark: a file in a crate's benches/, or a pattern
    #[arg(default_value = "*")]
    name: String,

    /// Passed on to the benchmark
    #[arg(last = true, value_name = "ARGS")]
    bench: Vec<String>,
}

impl Bench {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let mut cargo = process::cargo();
        cargo.args(["bench", "--workspace", "--all-features", "--bench", &self.name]);
        cargo.arg("--").args(&self.bench);
        let running = match &*self.name {
            "*" | "dask" => {
                let venv = Venv::ready()?;
                cargo.env(venv::VARIABLE, venv.python());
                Running::start(&[Service::Dask], &venv)?
            }
            _ => Running::default(),
        };
        running.tell(&mut cargo);
        let status = process::run(&mut cargo)?;
        Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
