//! What is said of the options of a backend.

use serde::de::DeserializeOwned;

use crate::options::fields_of;
use crate::{Error, Result, suggest};

/// One option of a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OptionInfo {
    /// Its name.
    pub name: String,
    /// What it does and what is allowed; empty where the author says nothing.
    pub help: String,
}

/// The options of a struct, without help.
pub(super) fn options_of<O: DeserializeOwned>() -> Vec<OptionInfo> {
    let names = fields_of::<O>().into_iter();
    names.map(|name| OptionInfo { name: name.to_owned(), help: String::new() }).collect()
}

/// Names that help was given for, and that are no options.
#[derive(Default)]
pub(super) struct Strays(Vec<String>);

impl Strays {
    /// Puts `help` where it belongs.
    pub(super) fn explain(&mut self, options: &mut [OptionInfo], name: &str, help: String) {
        match options.iter_mut().find(|option| option.name == name) {
            Some(option) => option.help = help,
            None => self.0.push(name.to_owned()),
        }
    }

    /// # Errors
    /// There was one.
    pub(super) fn check(&self, backend: &str, options: &[OptionInfo]) -> Result<()> {
        let Some(stray) = self.0.first() else { return Ok(()) };
        let known: Vec<_> = options.iter().map(|option| option.name.as_str()).collect();
        let unknown = suggest::unknown("option", stray, &known);
        Err(Error::invalid(format!("help is given for an {unknown}")).with("backend", backend))
    }
}
