//! One worker process, as its driver sees it.

use std::fmt;
use std::io;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::time::Duration;

use larder_core::{Error, ErrorKind, Result};
use larder_worker::{Frames, Hello, Launch, Progress, Socket, setup};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::ProcessOptions;
use crate::arrays::Known;
use crate::start::{NotStarted, spawn, this_program};

/// How long a worker that is told to leave may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// A worker. Dropped, it is ended.
#[derive(Debug)]
pub(crate) struct Worker {
    child: Child,
    pub(crate) frames: Frames<Socket>,
    pub(crate) sink: Socket,
    pub(crate) progress: Progress,
    /// How many threads its libraries were told to use.
    pub(crate) threads: usize,
    /// What it knows is around the tasks.
    pub(crate) surroundings: Vec<u8>,
    /// What it has mapped.
    pub(crate) known: Known,
    /// Room for frames.
    pub(crate) room: Vec<u8>,
    is_gone: bool,
}

impl Worker {
    /// Starts a worker and waits for its first word.
    ///
    /// # Errors
    /// As [`NotStarted`] tells them apart.
    pub(crate) fn start(options: &ProcessOptions, threads: usize) -> Result<Self, NotStarted> {
        let (launch, program) = match &options.exe {
            Some(exe) => (Launch::of_any_program(), exe.clone()),
            None => (Launch::of_this_program()?, this_program()?),
        };
        let started = Self::spawn(&program, &launch, threads).and_then(|mut worker| {
            worker.greet(options.start_timeout.0)?;
            Ok(worker)
        });
        started.map_err(|why| why.of(&program))
    }

    fn spawn(program: &Path, launch: &Launch, threads: usize) -> Result<Self, NotStarted> {
        let (here, there) = UnixStream::pair()?;
        let (progress, page) = Progress::new()?;
        let child = spawn(program, launch, there, threads)?;
        let sink = Socket::new(here);
        let mut worker = Self {
            child,
            frames: Frames::new(sink.again()),
            sink,
            progress,
            threads,
            surroundings: Vec::new(),
            known: Known::default(),
            room: Vec::new(),
            is_gone: false,
        };
        // What became of this is seen by what is heard.
        let _ = setup(page).send(&mut worker.sink);
        Ok(worker)
    }

    fn greet(&mut self, limit: Duration) -> Result<(), NotStarted> {
        self.sink.stream().set_read_timeout(Some(limit))?;
        match self.frames.next_frame() {
            Ok(Some(frame)) => _ = Hello::of(&frame)?,
            Ok(None) => return Err(NotStarted::ended(self.end())),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(NotStarted::Failed(Error::new(
                    ErrorKind::Timeout,
                    format!(
                        "it was not ready within {limit:?}: does its `main` call `larder::init()` first?"
                    ),
                )));
            }
            Err(error) => return Err(error.into()),
        }
        self.sink.stream().set_read_timeout(None)?;
        Ok(())
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it is there, as far as known.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.is_gone |= !matches!(self.child.try_wait(), Ok(None));
        !self.is_gone
    }

    /// Ends it now, with what its tasks started, and says how it ended: by this, or before.
    pub(crate) fn end(&mut self) -> Ended {
        if !self.is_gone {
            self.is_gone = true;
            let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
            // Until it is waited for, nobody else gets its number. Before it said hello it may lead no group yet.
            let _ = group.map(|group| kill_process_group(group, Signal::KILL));
            let _ = self.child.kill();
        }
        Ended(self.child.wait().ok())
    }

    /// Asks it to leave: nothing comes any more.
    pub(crate) fn dismiss(&self) {
        let _ = self.sink.stream().shutdown(Shutdown::Write);
    }

    /// Waits until it has left, having been [asked to](Self::dismiss), or ends it.
    pub(crate) fn leave(mut self) {
        let _ = self.sink.stream().set_read_timeout(Some(FAREWELL));
        if let Ok(None) = self.frames.next_frame()
            && self.child.wait().is_ok()
        {
            self.is_gone = true;
        }
    }

    /// How many bytes of memory it has for itself.
    pub(crate) fn memory(&self) -> io::Result<u64> {
        let pages = std::fs::read_to_string(format!("/proc/{}/statm", self.pid()))?;
        let mut pages = pages.split(' ').skip(1).map_while(|pages| pages.parse::<u64>().ok());
        let (resident, shared) = (pages.next().unwrap_or(0), pages.next().unwrap_or(0));
        Ok(resident.saturating_sub(shared) * rustix::param::page_size() as u64)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if !self.is_gone {
            self.end();
        }
    }
}

/// How a worker ended.
#[derive(Debug)]
pub(crate) struct Ended(pub(crate) Option<ExitStatus>);

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(status) => status.fmt(f),
            None => f.write_str("nobody knows how"),
        }
    }
}
