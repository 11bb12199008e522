//! One server, from its start to its end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::guard::LOG;
use crate::process;

/// What is tried again with other ports: another program may have been faster.
const ATTEMPTS: u32 = 3;
const PATIENCE: Duration = Duration::from_secs(60);

/// How a server is started.
pub(super) struct Launch {
    pub(super) name: &'static str,
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) environment: Vec<(&'static str, String)>,
    /// It is ready when its log has this.
    pub(super) ready: &'static str,
    /// What it leaves outside its directory.
    pub(super) leaves: Vec<PathBuf>,
}

/// A server that is up, in a directory of its own, until this is dropped.
#[derive(Debug)]
pub(super) struct Server {
    guard: Child,
    folder: PathBuf,
}

impl Server {
    /// Starts what `launch` says for an empty directory, and waits until it is ready.
    pub(super) fn start(mut launch: impl FnMut(&Path) -> Result<Launch>) -> Result<Self> {
        let mut failure = None;
        for _ in 0..ATTEMPTS {
            match Self::try_start(&mut launch) {
                Ok(server) => return Ok(server),
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.expect("there was an attempt"))
    }

    fn try_start(mut launch: impl FnMut(&Path) -> Result<Launch>) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("larder-").tempdir()?;
        let Launch { name, program, arguments, environment, ready, leaves } =
            launch(folder.path())?;
        let mut guard = Command::new(std::env::current_exe()?);
        guard.arg("guard").arg("--folder").arg(folder.path());
        guard.args(leaves.iter().flat_map(|path| [Path::new("--remove"), path]));
        guard.arg("--").arg(program).args(arguments).envs(environment);
        // Its input ends with this process, however that ends. Its output must hold nobody's pipe open.
        guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let guard = process::apart(&mut guard).spawn()?;
        // From now on it is the guard that removes it.
        let mut server = Self { guard, folder: folder.keep() };
        server.wait_until(name, ready)?;
        Ok(server)
    }

    fn wait_until(&mut self, name: &str, ready: &str) -> Result<()> {
        let log = self.folder.join(LOG);
        let start = Instant::now();
        loop {
            let said = fs::read(&log).unwrap_or_default();
            let said = String::from_utf8_lossy(&said);
            if said.contains(ready) {
                return Ok(());
            }
            let ended = self.guard.try_wait().context("the guard of a server is lost")?.is_some();
            if ended || start.elapsed() > PATIENCE {
                let lines: Vec<_> = said.lines().collect();
                let last = lines[lines.len().saturating_sub(20)..].join("\n");
                bail!("{name} is not ready after {:?}; it said last:\n{last}", start.elapsed());
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Lets the guard stop it.
    pub(super) fn begin_stop(&mut self) {
        self.guard.stdin = None;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.begin_stop();
        if let Err(error) = self.guard.wait() {
            eprintln!("the guard of a server is lost: {error}");
        }
    }
}
