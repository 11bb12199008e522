//! Which store, and how it is opened.

use clap::Args;
use larder::{Config, ErrorKind, Memory, StoreConfig};

use crate::failure::{Failure, say};

/// Where to look.
#[derive(Debug, Args)]
pub(crate) struct StoreArgs {
    /// The store: a path, `backend:location?option=value`, or a URL [default: as configured, else ./.larder]
    #[arg(short, long, value_name = "STORE")]
    store: Option<String>,
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
        let config = match &self.store {
            Some(text) => store(text)?,
            None => Config::load()?.memory.store,
        };
        existing(&config).inspect_err(|failure| {
            if let Failure::Larder(error) = failure
                && error.kind() == ErrorKind::NotFound
                && self.store.is_none()
            {
                say("hint: name the store with `--store`, in LARDER_STORE, or in larder.toml");
            }
        })
    }
}

/// Opens a store that must be there.
pub(crate) fn existing(config: &StoreConfig) -> Result<Opened, Failure> {
    let store = larder::registry().open_existing(config)?;
    Ok(Opened { memory: Memory::over(store).open()?, name: config.to_string() })
}

/// Opens a store, which comes into being if need be.
pub(crate) fn new(config: &StoreConfig) -> Result<Opened, Failure> {
    let store = larder::registry().open_store(config)?;
    Ok(Opened { memory: Memory::over(store).open()?, name: config.to_string() })
}

/// Text as a store. What cannot be one is a wrong call; not found out by clap, which would print it, and a password in it.
pub(crate) fn store(text: &str) -> Result<StoreConfig, Failure> {
    text.parse().map_err(|error: larder::Error| Failure::Usage(error.to_string()))
}
