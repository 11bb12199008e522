//! Where a store is, as its backend sees it.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::store_config::{StoreConfig, decode, literal_path};
use crate::{Error, ErrorKind, Result};

/// The location a store is opened at. A backend reads it in the way that suits it.
#[derive(Clone)]
pub struct Location {
    backend: String,
    text: Option<String>,
    /// What it turned out to be, once a backend has read it as a path.
    path: Arc<OnceLock<PathBuf>>,
    must_exist: bool,
}

impl Location {
    pub(super) fn of(config: &StoreConfig, must_exist: bool) -> Self {
        let text = config.location.clone().filter(|text| !text.is_empty());
        Self { backend: config.backend.clone(), text, path: Arc::default(), must_exist }
    }

    /// `config` as it means the same store from any directory: with an absolute location, where its backend read it as a
    /// path.
    pub(super) fn absolute(&self, config: &StoreConfig) -> StoreConfig {
        match self.path.get().and_then(|path| path.to_str()) {
            Some(path) => StoreConfig { location: Some(literal_path(path)), ..config.clone() },
            None => config.clone(),
        }
    }

    /// As it was given, if it was.
    pub fn get(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// As it was given.
    ///
    /// # Errors
    /// None was.
    pub fn required(&self) -> Result<&str> {
        self.get().ok_or_else(|| {
            Error::invalid(format!(
                "the backend `{0}` needs a location: write `{0}:…`",
                self.backend
            ))
        })
    }

    /// Whether the store is opened by who expects it to be there ([`Registry::open_existing`]): the backend is to make
    /// nothing that is not there yet, and to tidy nothing up.
    ///
    /// [`Registry::open_existing`]: super::Registry::open_existing
    pub fn must_exist(&self) -> bool {
        self.must_exist
    }

    /// As the absolute path of a file or directory, which need not exist unless [it must](Self::must_exist). `~/…` and
    /// `file:///…` are understood.
    ///
    /// # Errors
    /// There is no location, it is a URL, or holds what no path can; nothing is there, and something must be.
    pub fn path(&self) -> Result<PathBuf> {
        let text = self.required()?;
        let path = match text.split_once("://") {
            Some(("file", rest)) => {
                let path = rest.strip_prefix("localhost").unwrap_or(rest);
                if !path.starts_with('/') {
                    return Err(self.invalid(
                        "a file URL has three slashes before its absolute path: `file:///…`",
                    ));
                }
                decode(path)?
            }
            Some((scheme, _)) if crate::store_config::is_name(scheme) => {
                return Err(self.invalid("it must be a path, and is a URL"));
            }
            _ => text.to_owned(),
        };
        let path = self.at_home(path)?;
        if path.as_os_str().as_encoded_bytes().contains(&0) {
            return Err(self.invalid("a path has no zero byte in it"));
        }
        let path = std::path::absolute(path)
            .map_err(|error| self.invalid("it must be a path").with_source(error))?;
        if self.must_exist && !path.try_exists().unwrap_or(true) {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("there is no store at {}", path.display()),
            ));
        }
        Ok(self.path.get_or_init(|| path).clone())
    }

    /// `~` and `~/…` are in the user's home.
    fn at_home(&self, path: String) -> Result<PathBuf> {
        let Some(rest) = path.strip_prefix('~') else { return Ok(path.into()) };
        if !rest.is_empty() && !rest.starts_with(['/', '\\']) {
            return Err(
                self.invalid("another user's home is not looked up; write it in full, or `./~…`")
            );
        }
        let home =
            std::env::home_dir().ok_or_else(|| self.invalid("there is no home directory"))?;
        Ok(home.join(rest.trim_start_matches(['/', '\\'])))
    }

    /// Checks that there is no location, for backends that have none.
    ///
    /// # Errors
    /// There is one.
    pub fn none(&self) -> Result<()> {
        match self.get() {
            None => Ok(()),
            Some(_) => {
                Err(self
                    .invalid(&format!("the backend `{0}` has none: write `{0}:`", self.backend)))
            }
        }
    }

    /// An error about this location, for backends that find more wrong with it.
    pub fn invalid(&self, why: &str) -> Error {
        let error =
            Error::invalid(format!("invalid location: {why}")).with("backend", &self.backend);
        self.shown().into_iter().fold(error, |error, text| error.with("location", text))
    }

    fn shown(&self) -> Option<String> {
        let config = StoreConfig { location: self.text.clone(), ..StoreConfig::new("") };
        config.without_secrets().location
    }
}

/// Without a password, if there is one in it.
impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Location").field(&self.backend).field(&self.shown()).finish()
    }
}
