//! Running other programs, from the root of the workspace.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result};

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask/ lies in the root")
}

/// Where cargo builds.
pub(crate) fn target_dir() -> PathBuf {
    root().join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// `program` in the root of the workspace.
pub(crate) fn program(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    command.current_dir(root());
    command
}

/// The cargo that runs this command.
pub(crate) fn cargo() -> Command {
    program(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()).as_ref() as &Path)
}

/// Runs `command` to its end, saying so first. What it prints is seen.
pub(crate) fn run(command: &mut Command) -> Result<ExitStatus> {
    announce(command);
    command.status().with_context(|| cannot_run(command))
}

/// Runs `command` like [`run`]; `line` sees each line of its standard output as it appears.
pub(crate) fn run_watched(command: &mut Command, mut line: impl FnMut(&str)) -> Result<ExitStatus> {
    announce(command);
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| cannot_run(command))?;
    let mut output = BufReader::new(child.stdout.take().expect("it was asked to be piped"));
    let mut bytes = Vec::new();
    while output.read_until(b'\n', &mut bytes)? > 0 {
        let mut out = io::stdout().lock();
        out.write_all(&bytes)?;
        out.flush()?;
        line(&String::from_utf8_lossy(&bytes));
        bytes.clear();
    }
    Ok(child.wait()?)
}

fn announce(command: &Command) {
    eprintln!("$ {}", display(command));
}

fn cannot_run(command: &Command) -> String {
    format!("cannot run `{}`", display(command))
}

/// The command as one would type it: the program's file name and its arguments.
fn display(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = [name].into_iter().chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// `command` in a process group of its own: what is typed at the terminal does not reach it.
pub(crate) fn apart(command: &mut Command) -> &mut Command {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    command
}

/// Asks a process group to end.
pub(crate) fn end(group: u32) {
    #[cfg(unix)]
    signal(group, rustix::process::Signal::TERM);
    #[cfg(not(unix))]
    kill(group);
}

/// Ends a process group.
pub(crate) fn kill(group: u32) {
    #[cfg(unix)]
    signal(group, rustix::process::Signal::KILL);
    #[cfg(not(unix))]
    let _ = Command::new("taskkill").args(["/T", "/F", "/PID", &group.to_string()]).output();
}

#[cfg(unix)]
fn signal(group: u32, signal: rustix::process::Signal) {
    if let Some(group) = i32::try_from(group).ok().and_then(rustix::process::Pid::from_raw) {
        // One that is gone already is as wanted.
        let _ = rustix::process::kill_process_group(group, signal);
    }
}
