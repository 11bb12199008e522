//! Servers that tests talk to: started in temporary directories on free ports, and gone with the command.

mod azurite;
mod command;
mod dask;
mod guard;
mod needs;
mod ports;
mod seaweedfs;
mod server;

use std::process::Command;
use std::thread;

use anyhow::{Result, anyhow};
use clap::ValueEnum;

pub(crate) use self::command::Services;
pub(crate) use self::guard::Guard;
pub(crate) use self::needs::needed_by;
use self::server::Server;
use crate::venv::Venv;

/// A kind of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Service {
    /// SeaweedFS, an S3 server: variables LARDER_TEST_S3_…
    S3,
    /// Azurite, an Azure Blob server: variables LARDER_TEST_AZURE_…
    Azure,
    /// A Dask scheduler with two workers: variables LARDER_TEST_DASK…
    Dask,
}

/// A server that is up, and the variables that tell where.
type Started = (Server, Vec<(&'static str, String)>);

/// Servers that are up, until this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Running {
    servers: Vec<Server>,
    variables: Vec<(&'static str, String)>,
}

impl Running {
    /// Starts them all at once, since each mostly waits for itself.
    pub(crate) fn start(services: &[Service], venv: &Venv) -> Result<Self> {
        let mut running = Self::default();
        let start = |service: &Service| {
            eprintln!("starting {service:?}");
            match service {
                Service::S3 => seaweedfs::start(venv),
                Service::Azure => azurite::start(venv),
                Service::Dask => dask::start(venv),
            }
        };
        let started: Vec<Result<Started>> = thread::scope(|scope| {
            let threads: Vec<_> =
                services.iter().map(|it| scope.spawn(move || start(it))).collect();
            let lost = |_| Err(anyhow!("the thread that starts a server panicked"));
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(lost)).collect()
        });
        for started in started {
            let (server, variables) = started?;
            running.servers.push(server);
            running.variables.extend(variables);
        }
        Ok(running)
    }

    /// Tells `command` where the servers are.
    pub(crate) fn tell(&self, command: &mut Command) {
        command.envs(self.variables.iter().cloned());
    }
}

impl Drop for Running {
    /// All at once, since some take seconds.
    fn drop(&mut self) {
        self.servers.iter_mut().for_each(Server::begin_stop);
    }
}
