//! The process of a group, watched from outside: whatever one of its sides does, the run goes on without it.

use std::fs;
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

use crate::bench::{Bench, Options};
use crate::outcome::Outcome;
use crate::progress::{Plan, Step, rows, step};
use crate::row::{Measured, Row};
use crate::rows;
use crate::turns::guarded;

/// The rows of one group: what the process of a group runs
#[derive(Debug, Args)]
pub(crate) struct GroupProcess {
    group: String,
    folder: PathBuf,
    #[command(flatten)]
    options: Options,
}

impl GroupProcess {
    pub(crate) fn run(self) -> Result<()> {
        end_with_the_watcher();
        let error = self.folder.join(ERROR);
        let mut bench = Bench::new(self.options, self.group.clone(), self.folder)?;
        let done = guarded(|| rows::run(&mut bench, &self.group));
        done.inspect_err(|why| drop(fs::write(error, format!("{why:#}"))))
    }
}

/// Nobody is to go on when the whole run is interrupted: the input of a group's process ends then.
fn end_with_the_watcher() {
    thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        let _ = kill_process_group(rustix::process::getpgrp(), Signal::TERM);
    });
}

/// Where it says why it gave up.
const ERROR: &str = "error.txt";
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// How the process of a group ended, and where it was.
enum Ended {
    Well,
    /// A side's turn was too long, or took the whole process with it.
    In(Step, Outcome),
}

/// Measures the rows of `group`. What hangs or ends its process is left out the next time.
pub(crate) fn measure(options: &Options, group: &str) -> Result<Vec<Measured>> {
    let mut measured = Vec::new();
    let mut plan = Plan::default();
    loop {
        let folder = tempfile::tempdir().context("a temporary directory")?;
        plan.give(folder.path())?;
        let ended = attempt(options, group, folder.path())?;
        measured.extend(rows_of(folder.path(), &mut plan)?);
        match ended {
            Ended::Well => return Ok(measured),
            Ended::In(step, outcome) if step.side.is_empty() => {
                let work = format!("the rest of `{group}`: {}", step.work);
                measured.push(Row::new(work, outcome));
                return Ok(measured);
            }
            Ended::In(step, outcome) => plan.left_out.push((step.work, step.side, outcome)),
        }
    }
}

fn rows_of(folder: &Path, plan: &mut Plan) -> Result<Vec<Measured>> {
    let measured = rows(folder)?;
    plan.done.extend(measured.iter().map(|row| row.work.clone()));
    Ok(measured)
}

fn attempt(options: &Options, group: &str, folder: &Path) -> Result<Ended> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("group").arg(group).arg(folder).arg("--limit").arg(options.limit.to_string());
    command.args(options.quick.then_some("--quick"));
    if let Some(only) = &options.only {
        command.arg("--only").arg(only);
    }
    // What somebody leaves in it goes with it.
    command.env("TMPDIR", folder).stdin(Stdio::piped()).process_group(0);
    let mut child = command.spawn().context("the process of a group")?;
    let ended = watch(&mut child, folder);
    end(&mut child);
    ended
}

fn watch(child: &mut Child, folder: &Path) -> Result<Ended> {
    let mut last = (None, Instant::now());
    loop {
        if let Some(status) = child.try_wait()? {
            let at = step(folder).with_context(|| format!("a group ended: {status}"))?;
            return Ok(match status.success() {
                true => Ended::Well,
                false => Ended::In(at, Outcome::Failed(why(folder, status))),
            });
        }
        let now = step(folder);
        if now != last.0 {
            last = (now, Instant::now());
        }
        if let Some(at) = last.0.take_if(|at| last.1.elapsed() > at.limit) {
            let seconds = at.limit.as_secs();
            return Ok(Ended::In(at, Outcome::Over(seconds)));
        }
        thread::sleep(LOOK);
    }
}

fn why(folder: &Path, status: ExitStatus) -> String {
    let said = fs::read_to_string(folder.join(ERROR)).ok();
    said.unwrap_or_else(|| match status.signal() {
        Some(signal) => format!("its process was ended by signal {signal}"),
        None => format!("its process ended: {status}"),
    })
}

/// How long processes that are asked to end have time to clear up.
const CLEARING_UP: Duration = Duration::from_secs(2);

/// Ends the process and whatever it started.
fn end(child: &mut Child) {
    let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else { return };
    let _ = kill_process_group(group, Signal::TERM);
    let begun = Instant::now();
    // It is waited for, or it would be of the group for ever.
    while !matches!(child.try_wait(), Ok(Some(_))) || test_kill_process_group(group).is_ok() {
        if begun.elapsed() > CLEARING_UP {
            let _ = kill_process_group(group, Signal::KILL);
            break;
        }
        thread::sleep(LOOK);
    }
    let _ = child.wait();
}
