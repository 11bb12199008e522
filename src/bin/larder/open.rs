//! Which store, and how it is opened.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use larder::store::StoreBackend;
use larder::{Config, ErrorKind, Memory, MemoryConfig, StoreConfig};

use crate::failure::{Failure, say};

/// Where to look.
#[derive(Debug, Args)]
pub(crate) struct StoreArgs {
    /// The store: a path, `backend:location?option=value`, or a URL [default: as configured, else ./.larder]
    #[arg(short, long, value_name = "STORE")]
    store: Option<String>,
    #[command(flatten)]
    secret: SecretArgs,
}

/// Whom to believe.
#[derive(Debug, Args)]
pub(crate) struct SecretArgs {
    /// A file of secrets, one a line: what nobody put who has one of them is not believed [default: as configured]
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

impl SecretArgs {
    /// The secrets given, or else those of the environment, for a store that is named.
    pub(crate) fn of_a_named_store(self) -> Result<MemoryConfig, Failure> {
        self.over(Config::from_env)
    }

    fn over(self, configured: fn() -> larder::Result<Config>) -> Result<MemoryConfig, Failure> {
        match self.secret_file {
            Some(file) => {
                let mut settings = MemoryConfig::default();
                settings.secret_file = Some(file);
                Ok(settings)
            }
            None => Ok(configured()?.memory),
        }
    }
}

/// A store that is there.
pub(crate) struct Opened {
    pub(crate) memory: Memory,
    /// For people: without secrets.
    pub(crate) name: String,
}

impl StoreArgs {
    /// Opens the store, provided that it is there.
    pub(crate) fn open(self) -> Result<Opened, Failure> {
        let named = self.store.is_some();
        let (config, secrets) = match &self.store {
            Some(text) => (store(text)?, self.secret.of_a_named_store()?),
            None => (Config::load()?.memory.store, self.secret.over(Config::load)?),
        };
        existing(&config, &secrets).inspect_err(|failure| {
            if let Failure::Larder(error) = failure
                && error.kind() == ErrorKind::NotFound
                && !named
            {
                say("hint: name the store with `--store`, in LARDER_STORE, or in larder.toml");
            }
        })
    }
}

/// Opens a store that must be there.
pub(crate) fn existing(config: &StoreConfig, secrets: &MemoryConfig) -> Result<Opened, Failure> {
    opened(larder::registry().open_existing(config)?, config, secrets)
}

/// Opens a store, which comes into being if need be.
pub(crate) fn new(config: &StoreConfig, secrets: &MemoryConfig) -> Result<Opened, Failure> {
    opened(larder::registry().open_store(config)?, config, secrets)
}

fn opened(
    store: Arc<dyn StoreBackend>,
    config: &StoreConfig,
    secrets: &MemoryConfig,
) -> Result<Opened, Failure> {
    let mut memory = Memory::over(store).old_secrets(secrets.old_secrets.iter().cloned());
    if let Some(secret) = &secrets.secret {
        memory = memory.secret(secret.clone());
    }
    if let Some(file) = &secrets.secret_file {
        memory = memory.secret_file(file);
    }
    Ok(Opened { memory: memory.open()?, name: config.to_string() })
}

/// Text as a store. What cannot be one is a wrong call; not found out by clap, which would print it, and a password in it.
pub(crate) fn store(text: &str) -> Result<StoreConfig, Failure> {
    text.parse().map_err(|error: larder::Error| Failure::Usage(error.to_string()))
}
