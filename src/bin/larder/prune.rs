//! `larder prune`

use std::io::Write;
use std::time::Duration;

use clap::{ArgGroup, Args};
use larder::Limits;
use larder::units::{ByteSize, TimeSpan};

use crate::ask::Consent;
use crate::failure::{Failure, Outcome};
use crate::human;
use crate::open::StoreArgs;
use crate::output::Output;

/// Removes what was not used for longest, until what is left keeps to the limits
///
/// The last use is larder's own note, at most a minute old; where a store keeps none, nothing is too old or stale.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("limit")
        .args(["bytes", "items", "age", "stale"])
        .required(true)
        .multiple(true),
    after_help = "\
Examples:
  larder prune --bytes 2G                 keep at most 2 GiB
  larder prune --age 30d --dry-run        how much was not used for 30 days
  larder prune --stale                    what edited functions have left behind
  larder prune --stale=1d --items 10000 --yes"
)]
pub(crate) struct Prune {
    /// How many bytes may stay: 500M, 2G, …
    #[arg(long, value_parser = bytes)]
    bytes: Option<u64>,
    /// How many results may stay
    #[arg(long)]
    items: Option<u64>,
    /// How long a result may stay after its last use: 12h, 30d, …
    #[arg(long, value_parser = span)]
    age: Option<Duration>,
    /// Versions of functions that were not used for so long [default: 7d], while another version was
    #[arg(
        long,
        value_name = "AGE",
        value_parser = span,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "7d"
    )]
    stale: Option<Duration>,
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
        let memory = &opened.memory;
        let stale = self.stale.map(|unused_for| memory.stale(unused_for)).transpose()?;
        let stale = stale.unwrap_or_default();
        let entries = memory.entries()?;
        let kept = human::count(entries.len(), "result", "results");
        let (of_stale, others): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| stale.contains(&entry.key.version()));
        let limits = Limits { max_bytes: self.bytes, max_items: self.items, max_age: self.age };
        let surplus = limits.surplus(others);

        let going = of_stale.iter().chain(&surplus);
        let bytes = human::bytes(going.clone().map(|entry| entry.size).sum());
        let mut what = format!("remove {} of {kept} ({bytes})", going.count());
        if !stale.is_empty() {
            let versions = human::count(stale.len(), "stale version", "stale versions");
            what.push_str(&format!(", {} of them of {versions},", of_stale.len()));
        }
        if self.dry_run {
            writeln!(out, "would {}", what.trim_end_matches(','))?;
            return Ok(Outcome::Fine);
        }
        if of_stale.is_empty() && surplus.is_empty() {
            writeln!(out, "nothing to remove of {kept}")?;
            return Ok(Outcome::Fine);
        }
        if !self.consent.to(&format!("{what} from {}", opened.name))? {
            return Ok(Outcome::Wrong);
        }
        let mut removed = 0;
        for version in &stale {
            removed += memory.clear_under(version)?;
        }
        for entry in &surplus {
            removed += u64::from(memory.remove(&entry.key)?);
        }
        writeln!(out, "removed {}", human::count(removed as usize, "result", "results"))?;
        Ok(Outcome::Fine)
    }
}

fn bytes(text: &str) -> Result<u64, String> {
    text.parse().map(|ByteSize(bytes)| bytes).map_err(|error: larder::Error| error.to_string())
}

fn span(text: &str) -> Result<Duration, String> {
    text.parse().map(|TimeSpan(span)| span).map_err(|error: larder::Error| error.to_string())
}
