//! Programs that `check` needs and installs by itself.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::process;

/// A published program in one exact version, kept under the target directory.
#[derive(Debug)]
pub(crate) struct Tool {
    crate_name: &'static str,
    /// Its first argument: cargo gives its subcommands their own names.
    subcommand: &'static str,
    version: &'static str,
    /// Whether it is built with what it has by default.
    default_features: bool,
}

pub(crate) const DENY: Tool = Tool {
    crate_name: "cargo-deny",
    subcommand: "deny",
    version: "0.20.2",
    default_features: true,
};
pub(crate) const HACK: Tool = Tool {
    crate_name: "cargo-hack",
    subcommand: "hack",
    version: "0.6.46",
    default_features: true,
};
/// Without its web server.
pub(crate) const MDBOOK: Tool =
    Tool { crate_name: "mdbook", subcommand: "build", version: "0.5.4", default_features: false };

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
        // Some write a `v` before the number.
        let says = |output: &[u8]| {
            let text = String::from_utf8_lossy(output);
            text.split_whitespace().last().map(|it| it.trim_start_matches('v') == self.version)
        };
        let output = self.bare().arg("--version").output();
        output.is_ok_and(|output| says(&output.stdout) == Some(true))
    }

    fn install(&self) -> Result<()> {
        let mut cargo = process::cargo();
        cargo.args(["install", "--locked", "--force", "--version", self.version]);
        if !self.default_features {
            cargo.arg("--no-default-features");
        }
        cargo.arg("--root");
        // Built in a temporary directory that goes away, not among the workspace's own artifacts.
        cargo.arg(self.folder()).arg(self.crate_name).env_remove("CARGO_TARGET_DIR");
        ensure!(process::run(&mut cargo)?.success(), "cannot install {}", self.crate_name);
        Ok(())
    }

    fn folder(&self) -> PathBuf {
        process::target_dir().join("tools")
    }
}
