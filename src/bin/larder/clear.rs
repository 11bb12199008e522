//! `larder clear`

use std::io::Write;

use clap::Args;
use larder::{KeptFunction, Prefix};

use crate::ask::Consent;
use crate::failure::{Failure, Outcome, say};
use crate::find;
use crate::human;
use crate::open::StoreArgs;
use crate::output::Output;

/// Removes all results, or those of one function, of all its versions
///
/// Whatever else lies in the store's place stays. Programs may run meanwhile: they compute again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  larder clear model::fit
  larder clear --store ./cache --yes")]
pub(crate) struct Clear {
    /// A function: its name, the end of its name, or the path of its keys [default: all]
    function: Option<String>,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    consent: Consent,
}

impl Clear {
    pub(crate) fn run(self, out: &mut Output) -> Result<Outcome, Failure> {
        let opened = self.store.open()?;
        let functions = opened.memory.functions()?;
        let (what, prefix, cleared) = match &self.function {
            None => {
                let what = human::count(functions.len(), "function", "functions");
                (what, Prefix::root(), &functions[..])
            }
            Some(text) => {
                let function = find::function(&functions, text)?;
                (function.name.clone(), function.prefix.clone(), std::slice::from_ref(function))
            }
        };
        if cleared.is_empty() {
            say(&format!("nothing is kept in {}", opened.name));
            return Ok(Outcome::Fine);
        }
        let results = cleared.iter().map(|function| function.results().count()).sum();
        let bytes = cleared.iter().map(KeptFunction::bytes).sum();
        let what = format!(
            "remove {} of {} ({}) from {}",
            human::count(results, "result", "results"),
            human::printable(&what),
            human::bytes(bytes),
            opened.name
        );
        if !self.consent.to(&what)? {
            return Ok(Outcome::Wrong);
        }
        let removed = opened.memory.clear_under(&prefix)?;
        writeln!(out, "removed {}", human::count(removed as usize, "result", "results"))?;
        Ok(Outcome::Fine)
    }
}
