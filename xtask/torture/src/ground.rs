//! A small file system to fill up.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};

/// In the environment of a program that has the mounts to itself.
const APART: &str = "LARDER_TORTURE_APART";
const UNSHARE: [&str; 4] = ["--user", "--map-root-user", "--mount", "--"];

/// Runs this program again where its mounts are nobody else's and end with it, if that can be.
pub(crate) fn go_apart() -> Result<()> {
    let unshare = || {
        let mut command = Command::new("unshare");
        command.args(UNSHARE);
        command
    };
    let can = unshare().arg("true").stderr(Stdio::null()).status();
    if std::env::var_os(APART).is_some() || !can.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    let mut again = unshare();
    again.arg(std::env::current_exe()?).args(std::env::args_os().skip(1)).env(APART, "1");
    Err(again.exec().into())
}

/// A file system of a few mebibytes, unmounted when dropped.
#[derive(Debug)]
pub(crate) struct Small(PathBuf);

impl Small {
    /// Mounts one at `dir`.
    ///
    /// # Errors
    /// Where this user may not; the error says so.
    pub(crate) fn at(dir: &Path) -> Result<Self> {
        ensure!(std::env::var_os(APART).is_some(), "`unshare --user --mount` does not work here");
        let mount = ["-t", "tmpfs", "-o", "size=3m", "none"];
        let output = Command::new("mount").args(mount).arg(dir).output()?;
        let why = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "a tmpfs cannot be mounted here: {}", why.trim());
        Ok(Self(dir.to_owned()))
    }

    /// Leaves no byte of it, until [`relieve`](Self::relieve).
    pub(crate) fn fill(&self) {
        let mut chunk = vec![0_u8; 1 << 16];
        // Appended until nothing more fits, in ever smaller pieces.
        let Ok(mut file) = fs::File::create(self.ballast()) else { return };
        while !chunk.is_empty() {
            if std::io::Write::write_all(&mut file, &chunk).is_err() {
                chunk.truncate(chunk.len() / 2);
            }
        }
    }

    pub(crate) fn relieve(&self) {
        let _none_there = fs::remove_file(self.ballast());
    }

    /// Makes room for all that is there, and as much again.
    pub(crate) fn grow(&self) -> Result<()> {
        self.relieve();
        let remount = ["-o", "remount,size=64m"];
        let status = Command::new("mount").args(remount).arg(&self.0).status()?;
        ensure!(status.success(), "the tmpfs does not grow");
        Ok(())
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _unmounted_with_the_program = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
