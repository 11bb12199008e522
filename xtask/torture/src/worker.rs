//! The processes of a round, and the signals they get.

use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

use crate::plan::{Plan, name};

/// Longer than anything may take: who is not done by then hangs.
const HANGS: Duration = Duration::from_secs(60);

/// A running process, killed when dropped.
#[derive(Debug)]
pub(crate) struct Worker {
    child: Child,
}

impl Worker {
    pub(crate) fn start(
        plan: &Plan,
        dir: &Path,
        slot: usize,
        seed: u64,
        began: u64,
        inspects: bool,
    ) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("worker").arg("--dir").arg(dir);
        command.args(["--slot", &slot.to_string(), "--seed", &seed.to_string()]);
        command.args(["--store", &name(&plan.store), "--weather", &name(&plan.weather)]);
        command.args(["--began", &began.to_string()]);
        command.args(plan.sabotage.iter().flat_map(|it| ["--sabotage".to_owned(), name(it)]));
        command.args(inspects.then_some("--inspects"));
        let child = command.stdin(Stdio::piped()).spawn().context("a process starts")?;
        Ok(Self { child })
    }

    /// `SIGKILL`; returns once it is gone.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    pub(crate) fn stop(&self) -> Result<()> {
        self.signal(Signal::STOP)
    }

    pub(crate) fn resume(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        // Not waited for yet, so the number is still this process's.
        Ok(kill_process(Pid::from_child(&self.child), signal)?)
    }

    /// Whether it ended without being asked to, and how.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Asks it to end. [`finish`](Self::finish) waits for that.
    pub(crate) fn ask_to_end(&mut self) {
        drop(self.child.stdin.take());
    }

    /// How it ended; `None` if it did not.
    pub(crate) fn finish(mut self) -> Result<Option<ExitStatus>> {
        self.ask_to_end();
        let began = Instant::now();
        while began.elapsed() < HANGS {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Some(status));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(None)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _reaped_already = self.child.wait();
    }
}
