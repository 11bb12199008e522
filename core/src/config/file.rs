//! Configuration from text and files.

use std::path::Path;

use super::Config;
use crate::{Error, ErrorKind, Result};

impl Config {
    /// Reads a TOML document. Needs the feature `toml`.
    ///
    /// # Errors
    /// It is not TOML, or has a section, key or value that cannot be; with line and column.
    #[cfg(feature = "toml")]
    pub fn from_toml(text: &str) -> Result<Self> {
        toml::from_str(text).map_err(|error| {
            // Only the message: the text around it, which toml would show, may hold a secret.
            let at = error.span().map(|span| position(text, span.start));
            located(error.message(), at)
        })
    }

    /// Reads a JSON document.
    ///
    /// # Errors
    /// It is not JSON, or has a section, key or value that cannot be; with line and column.
    pub fn from_json(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let message = error.to_string();
            let suffix = format!(" at line {line} column {column}");
            located(message.strip_suffix(&suffix).unwrap_or(&message), Some((line, column)))
        })
    }

    /// Reads a file: TOML or JSON, by its extension.
    ///
    /// # Errors
    /// It cannot be read, has another extension, or one of the errors of [`from_json`](Self::from_json); the path is
    /// in the error's context.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::read(path).map_err(|error| error.with("path", path.display()))
    }

    fn read(path: &Path) -> Result<Self> {
        let parse = match path.extension().and_then(|extension| extension.to_str()) {
            Some("json") => Self::from_json,
            #[cfg(feature = "toml")]
            Some("toml") => Self::from_toml,
            #[cfg(not(feature = "toml"))]
            Some("toml") => {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    "configuration files in TOML are not compiled in: add the feature `toml`, or write JSON",
                ));
            }
            _ => {
                return Err(Error::invalid(
                    "the name of a configuration file ends in `.toml` or `.json`",
                ));
            }
        };
        let bytes = std::fs::read(path).map_err(|error| {
            let kind = Error::from(std::io::Error::from(error.kind())).kind();
            Error::new(kind, "cannot read the configuration file").with_source(error)
        })?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Error::invalid("a configuration file must be UTF-8"))?;
        parse(&text)
    }
}

fn located(message: &str, at: Option<(usize, usize)>) -> Error {
    let error = Error::new(ErrorKind::Invalid, format!("invalid configuration: {message}"));
    match at {
        Some((line, column)) => error.with("line", line).with("column", column),
        None => error,
    }
}

/// Line and column, both from 1, of a place in `text`.
#[cfg(feature = "toml")]
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}
