//! The environment over a configuration.

use std::ffi::OsString;
use std::path::Path;

use super::{Config, ParallelConfig, settings};
use crate::options::OptionValue;
use crate::{Error, Result, suggest};

/// All of larder's variables begin like this.
const PREFIX: &str = "LARDER_";
/// The variable that names the configuration file.
const FILE_VARIABLE: &str = "LARDER_CONFIG";
/// The files looked for where it does not.
const FILES: [&str; 2] = ["larder.toml", "larder.json"];

impl Config {
    /// What a program uses that has no wishes of its own: the file that `LARDER_CONFIG` names, else `larder.toml` or
    /// `larder.json` in the working directory, else the defaults; and the environment over it.
    ///
    /// # Errors
    /// Those of [`from_file`](Self::from_file) and [`with_env`](Self::with_env).
    pub fn load() -> Result<Self> {
        Self::load_in(Path::new(""), std::env::vars_os())
    }

    pub(super) fn load_in(
        directory: &Path,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self> {
        let variables: Vec<_> = variables.into_iter().collect();
        let named =
            variables.iter().find(|(name, value)| name == FILE_VARIABLE && !value.is_empty());
        let config = match named {
            Some((_, path)) => Self::from_file(directory.join(path))
                .map_err(|error| error.with("variable", FILE_VARIABLE))?,
            None => {
                match FILES.iter().map(|name| directory.join(name)).find(|path| path.exists()) {
                    Some(path) => Self::from_file(path)?,
                    None => Self::default(),
                }
            }
        };
        config.with_variables(variables)
    }

    /// The defaults, and the environment over them.
    ///
    /// # Errors
    /// Those of [`with_env`](Self::with_env).
    pub fn from_env() -> Result<Self> {
        Self::default().with_env()
    }

    /// What the environment says of parallel calls alone.
    pub(crate) fn parallel_from_env() -> Result<ParallelConfig> {
        let of_parallel = |name: &OsString| {
            let mut settings = settings().iter().filter(|setting| setting.section == "parallel");
            settings.any(|setting| *name == setting.variable)
        };
        let variables = std::env::vars_os().filter(|(name, _)| of_parallel(name));
        Ok(Self::default().with_variables(variables)?.parallel)
    }

    /// Puts the environment over this configuration: each `LARDER_…` variable that is set and not empty. One that means
    /// nothing is warned of.
    ///
    /// # Errors
    /// A variable whose value cannot be; the message names it and what is allowed.
    pub fn with_env(self) -> Result<Self> {
        self.with_variables(std::env::vars_os())
    }

    /// Like [`with_env`](Self::with_env), with variables from elsewhere.
    ///
    /// # Errors
    /// As there.
    pub fn with_variables(
        mut self,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self> {
        for (name, value) in variables {
            let Some(name) =
                name.to_str().filter(|name| name.starts_with(PREFIX) && *name != FILE_VARIABLE)
            else {
                continue;
            };
            let Some(setting) = settings().iter().find(|setting| setting.variable == name) else {
                let mut known: Vec<_> = settings().iter().map(|setting| setting.variable).collect();
                known.push(FILE_VARIABLE);
                let message = suggest::unknown("environment variable", name, &known);
                tracing::warn!(target: "larder::config", variable = name, "{message}");
                continue;
            };
            if value.is_empty() {
                continue;
            }
            let value = value.into_string().map_err(|_| {
                Error::invalid(format!("environment variable `{name}` is not UTF-8"))
            })?;
            (setting.set)(&mut self, &OptionValue::Text(value))
                .map_err(|error| error.under(name).into_error("environment variable"))?;
        }
        Ok(self)
    }
}
