//! `larder prune`

use std::io::Write;

use clap::{ArgGroup, Args};
use larder::Limits;
use larder::units::{ByteSize, TimeSpan};

use crate::ask::Consent;
use crate::failure::{Failure, Outcome};
use crate::human;
use crate::open::StoreArgs;
use crate::output::Output;

/// Removes what was not used for longest, until what is left keeps to the limits
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  larder prune --bytes 2G                   keep at most 2 GiB
  larder prune --age 30d --dry-run          how much was not used for 30 days
  larder prune --items 10000 --age 1w --yes")]
#[command(group = ArgGroup::new("limit").args(["bytes", "items", "age"]).required(true).multiple(true))]
pub(crate) struct Prune {
    /// How many bytes may stay: 500M, 2G, …
    #[arg(long, value_parser = bytes)]
    bytes: Option<u64>,
    /// How many results may stay
    #[arg(long)]
    items: Option<u64>,
    /// How long a result may stay after its last use: 12h, 30d, …
    #[arg(long, value_parser = span)]
    age: Option<std::time::Duration>,
    /// Only say what would be removed
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    consent: Consent,
}

impl Prune {
    pub(crate) fn run(self, out: &mut Output) -> Result<Outcome, Failure> {
        let opened = self.store.open()?;
        let limits = Limits { max_bytes: self.bytes, max_items: self.items, max_age: self.age };
        let kept = opened.memory.entries()?.len();
        let surplus = opened.memory.surplus(limits)?;
        let bytes = surplus.iter().map(|entry| entry.size).sum();
        let what = format!("remove {} of {kept} results ({})", surplus.len(), human::bytes(bytes));
        if self.dry_run {
            writeln!(out, "would {what}")?;
            return Ok(Outcome::Fine);
        }
        if surplus.is_empty() {
            writeln!(out, "nothing to remove: {kept} results keep to the limits")?;
            return Ok(Outcome::Fine);
        }
        if !self.consent.to(&format!("{what} from {}", opened.name))? {
            return Ok(Outcome::Wrong);
        }
        let removed = opened.memory.reduce_size(limits)?;
        writeln!(out, "removed {}", human::count(removed as usize, "result", "results"))?;
        Ok(Outcome::Fine)
    }
}

fn bytes(text: &str) -> Result<u64, String> {
    text.parse().map(|ByteSize(bytes)| bytes).map_err(|error: larder::Error| error.to_string())
}

fn span(text: &str) -> Result<std::time::Duration, String> {
    text.parse().map(|TimeSpan(span)| span).map_err(|error: larder::Error| error.to_string())
}
