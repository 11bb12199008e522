//! How a worker process is started, and why it was not.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use larder_core::{Error, ErrorKind};
use larder_worker::{GAVE_UP, Launch, MARK};
use rustix::io::Errno;

use crate::environment;
use crate::worker::Ended;

/// Why there is no worker.
#[derive(Debug)]
pub(crate) enum NotStarted {
    /// Something ended it before it was ready: another one may live.
    Killed(Ended),
    /// The system has no room for one more.
    NoRoom(Error),
    /// Another one would fare no better.
    Failed(Error),
}

/// Starts `program` as a worker at the other end of `there`, whose libraries use so many threads.
pub(crate) fn spawn(
    program: &Path,
    launch: &Launch,
    there: UnixStream,
    threads: usize,
) -> io::Result<Child> {
    let mut command = Command::new(program);
    command.arg0(MARK).args(&launch.arguments).process_group(0).stdin(OwnedFd::from(there));
    if launch.is_test {
        command.stdout(Stdio::null());
    }
    command.envs(launch.environment.iter().cloned());
    environment::share(&mut command, threads);
    // With the command goes this process's copy of the worker's end: from then on, its death is heard.
    command.spawn()
}

/// Where this program is.
#[cfg(target_os = "linux")]
pub(crate) fn this_program() -> io::Result<PathBuf> {
    // Also when it was replaced, or removed, since it was started.
    Ok("/proc/self/exe".into())
}

/// Where this program is.
#[cfg(not(target_os = "linux"))]
pub(crate) fn this_program() -> io::Result<PathBuf> {
    std::env::current_exe()
}

impl NotStarted {
    /// It ended before it was ready.
    pub(crate) fn ended(ended: Ended) -> Self {
        match ended.0 {
            Some(status) if status.signal().is_some() => Self::Killed(ended),
            Some(status) if status.code() == Some(GAVE_UP) => {
                Self::NoRoom(Error::new(ErrorKind::Unavailable, format!("it gave up ({ended})")))
            }
            _ => Self::Failed(Error::new(
                ErrorKind::Unavailable,
                format!(
                    "it ended ({ended}) before it was ready: does its `main` call `larder::init()` first?"
                ),
            )),
        }
    }

    /// The same, naming the program.
    pub(crate) fn of(self, program: &Path) -> Self {
        let named = |error: Error| {
            Error::new(error.kind(), format!("no worker could be started: {error}"))
                .with("program", program.display())
        };
        match self {
            Self::Killed(ended) => Self::Killed(ended),
            Self::NoRoom(error) => Self::NoRoom(named(error)),
            Self::Failed(error) => Self::Failed(named(error)),
        }
    }
}

impl From<io::Error> for NotStarted {
    fn from(error: io::Error) -> Self {
        match Errno::from_io_error(&error) {
            Some(Errno::AGAIN | Errno::MFILE | Errno::NFILE | Errno::NOMEM) => {
                Self::NoRoom(error.into())
            }
            _ => Self::Failed(error.into()),
        }
    }
}

impl From<Error> for NotStarted {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}
