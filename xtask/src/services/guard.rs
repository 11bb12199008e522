//! The process between a command and a server: as long as the command lives, so does the server, and no longer.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;

use crate::process;

/// Where in its directory a server's output goes.
pub(super) const LOG: &str = "log";
/// How long a server may take to end by itself.
const GRACE: Duration = Duration::from_secs(10);

/// Runs a server until the standard input ends, then removes what it left
///
/// The input is a pipe from the command that needs the server: it ends when the command does, whether that returned,
/// failed, was interrupted or killed. So one mechanism covers all of these, and nothing is left behind.
#[derive(Debug, Args)]
#[command(hide = true)]
pub(crate) struct Guard {
    /// The directory the server runs in; removed
    #[arg(long)]
    folder: PathBuf,

    /// What else to remove
    #[arg(long)]
    remove: Vec<PathBuf>,

    /// The server and its arguments
    #[arg(last = true, required = true)]
    server: Vec<String>,
}

impl Guard {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let ended = self.guard();
        for path in &self.remove {
            // Most are not there.
            let _ = fs::remove_file(path);
        }
        fs::remove_dir_all(&self.folder)
            .with_context(|| format!("cannot remove {}", self.folder.display()))?;
        ended
    }

    fn guard(&self) -> Result<ExitCode> {
        let log = File::create(self.folder.join(LOG))?;
        let mut server = Command::new(&self.server[0]);
        server.args(&self.server[1..]).current_dir(&self.folder);
        server.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let server = process::apart(&mut server).spawn()?;
        let group = server.id();

        let (tell, ends) = channel();
        let tell_of_input = tell.clone();
        thread::spawn(move || {
            let _ = io::copy(&mut io::stdin().take(u64::MAX), &mut io::sink());
            let _ = tell_of_input.send(End::Input);
        });
        thread::spawn(move || {
            let _ = tell.send(End::Server(wait(server)));
        });
        let code = match ends.recv() {
            Ok(End::Server(code)) => code,
            Ok(End::Input) | Err(_) => {
                process::end(group);
                match ends.recv_timeout(GRACE) {
                    Ok(End::Server(code)) => code,
                    Ok(End::Input)
                    | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                        ExitCode::FAILURE
                    }
                }
            }
        };
        // What it started itself, and it too if it did not want to end.
        process::kill(group);
        Ok(code)
    }
}

enum End {
    /// The command that needs the server is gone.
    Input,
    /// The server is.
    Server(ExitCode),
}

fn wait(mut server: Child) -> ExitCode {
    match server.wait() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) | Err(_) => ExitCode::FAILURE,
    }
}
