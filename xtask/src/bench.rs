//! `cargo xtask bench`

use std::process::{Command, ExitCode};

use anyhow::Result;
use clap::Args;

use crate::process;
use crate::services::{Running, Service};
use crate::venv::{self, Venv};

/// Runs the benchmarks
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask bench                 all of a crate's benches/
  cargo xtask bench hit             benches/hit.rs
  cargo xtask bench hit -- --help   what that benchmark can be told
  cargo xtask bench instructions    how many instructions hits, misses and tasks take (needs valgrind)
  cargo xtask bench peers           larder beside what one would pick instead: writes docs/comparison.md
  cargo xtask bench growth          how costs grow with entries and tasks: writes docs/growth.md")]
pub(crate) struct Bench {
    /// The benchmark: a file in a crate's benches/, or a pattern; `instructions`, `peers`, `growth`
    #[arg(default_value = "*")]
    name: String,

    /// Passed on to the benchmark
    #[arg(last = true, value_name = "ARGS")]
    bench: Vec<String>,
}

/// Where the peers' workspace is.
pub(crate) const PEERS: &str = "benches/peers/Cargo.toml";

impl Bench {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let status = match &*self.name {
            "peers" | "growth" => self.of_peers("peers", &[&self.name])?,
            "instructions" => self.of_peers("instructions", &[])?,
            _ => self.of_crates()?,
        };
        Ok(if status { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Benches in the crates' own folders.
    fn of_crates(&self) -> Result<bool> {
        let mut cargo = process::cargo();
        cargo.args(["bench", "--workspace", "--all-features", "--bench", &self.name]);
        cargo.arg("--").args(&self.bench);
        let running = match &*self.name {
            "*" | "dask" => served(&mut cargo, &Venv::ready()?)?,
            _ => Running::default(),
        };
        running.tell(&mut cargo);
        Ok(process::run(&mut cargo)?.success())
    }

    /// The programs of the peers' workspace.
    fn of_peers(&self, program: &str, arguments: &[&str]) -> Result<bool> {
        let peers = |verb| {
            let mut cargo = process::cargo();
            cargo.args([verb, "--locked", "--release", "--manifest-path", PEERS, "--target-dir"]);
            cargo.arg(process::target_dir());
            cargo
        };
        // Not only the one that runs: it starts others.
        if !process::run(peers("build").arg("--bins"))?.success() {
            return Ok(false);
        }
        let mut cargo = peers("run");
        cargo.args(["--bin", program, "--"]).args(arguments).args(&self.bench);
        let running = match &*self.name {
            "peers" => served(&mut cargo, &Venv::of_peers()?)?,
            _ => Running::default(),
        };
        running.tell(&mut cargo);
        Ok(process::run(&mut cargo)?.success())
    }
}

/// A Dask cluster, and the Python that it and its clients run on.
fn served(cargo: &mut Command, venv: &Venv) -> Result<Running> {
    cargo.env(venv::VARIABLE, venv.python());
    Running::start(&[Service::Dask], venv)
}
