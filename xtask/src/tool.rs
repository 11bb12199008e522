//! Programs that `check` needs and installs by itself.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::process;

/// A published cargo subcommand in one exact version, kept under the target directory.
#[derive(Debug)]
pub(crate) struct Tool {
    crate_name: &'static str,
    /// How it is called: `cargo <subcommand>`.
    subcommand: &'static str,
    version: &'static str,
}

pub(crate) const DENY: Tool =
    Tool { crate_name: "cargo-deny", subcommand: "deny", version: "0.20.2" };
pub(crate) const HACK: Tool =
    Tool { crate_name: "cargo-hack", subcommand: "hack", version: "0.6.46" };

impl Tool {
    /// The tool's command, installed first where it is missing or of another version.
    pub(crate) fn command(&self) -> Result<Command> {
        if !self.is_installed() {
            self.install()?;
            ensure!(
                self.is_installed(),
                "{} was installed but is not version {}",
                self.crate_name,
                self.version
            );
        }
        Ok(self.bare())
    }

    fn bare(&self) -> Command {
        let mut command = process::program(self.folder().join("bin").join(self.crate_name));
        command.arg(self.subcommand);
        command
    }

    fn is_installed(&self) -> bool {
        let wanted = format!("{} {}", self.crate_name, self.version);
        self.bare()
            .arg("--version")
            .output()
            .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == wanted)
    }

    fn install(&self) -> Result<()> {
        let mut cargo = process::cargo();
        cargo.args(["install", "--locked", "--force", "--version", self.version, "--root"]);
        // Built in a temporary directory that goes away, not among the workspace's own artifacts.
        cargo.arg(self.folder()).arg(self.crate_name).env_remove("CARGO_TARGET_DIR");
        ensure!(process::run(&mut cargo)?.success(), "cannot install {}", self.crate_name);
        Ok(())
    }

    fn folder(&self) -> PathBuf {
        process::target_dir().join("tools")
    }
}
