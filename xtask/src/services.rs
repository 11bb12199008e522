//! Servers that tests talk to: started in temporary directories on free ports, and gone with the command.

mod azurite;
mod command;
mod guard;
mod needs;
mod ports;
mod seaweedfs;
mod server;

use std::process::Command;

use anyhow::Result;
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
}

/// Servers that are up, until this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Running {
    servers: Vec<Server>,
    variables: Vec<(&'static str, String)>,
}

impl Running {
    pub(crate) fn start(services: &[Service], venv: &Venv) -> Result<Self> {
        let mut running = Self::default();
        for service in services {
            eprintln!("starting {service:?}");
            let (server, variables) = match service {
                Service::S3 => seaweedfs::start(venv)?,
                Service::Azure => azurite::start(venv)?,
            };
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
