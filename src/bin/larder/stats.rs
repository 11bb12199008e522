//! `larder stats`

use std::time::{Duration, SystemTime};

use clap::Args;
use larder::KeptFunction;
use larder::store::EntryInfo;
use serde_json::json;

use crate::failure::{Failure, Outcome};
use crate::human;
use crate::open::StoreArgs;
use crate::output::Output;

const DAY: Duration = Duration::from_secs(86_400);

/// Sums up a store: how much is kept, and how much of it has long not been used
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  larder stats
  larder stats --store s3://bucket/prefix --json")]
pub(crate) struct Stats {
    #[command(flatten)]
    store: StoreArgs,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl Stats {
    pub(crate) fn run(self, out: &mut Output) -> Result<Outcome, Failure> {
        let opened = self.store.open()?;
        let functions = opened.memory.functions()?;
        let versions = functions.iter().map(|function| function.versions.len()).sum::<usize>();
        let results: Vec<_> = functions.iter().flat_map(KeptFunction::results).collect();
        let bytes = results.iter().map(|entry| entry.size).sum::<u64>();
        let largest = results.iter().map(|entry| entry.size).max();
        let used = || results.iter().filter_map(|entry| entry.last_used);
        if self.json {
            out.json(&json!({
                "store": opened.name,
                "functions": functions.len(),
                "versions": versions,
                "results": results.len(),
                "bytes": bytes,
                "largest_bytes": largest,
                "first_used": human::rfc3339(used().min()),
                "last_used": human::rfc3339(used().max()),
            }))?;
            return Ok(Outcome::Fine);
        }
        let sum = |entries: &[&EntryInfo]| {
            let bytes = entries.iter().map(|entry| entry.size).sum();
            format!("{}, {}", human::count(entries.len(), "result", "results"), human::bytes(bytes))
        };
        let mut fields = vec![
            ("store", opened.name.clone()),
            ("functions", functions.len().to_string()),
            ("versions", versions.to_string()),
            ("results", sum(&results)),
        ];
        if let Some(largest) = largest {
            fields.push(("largest", human::bytes(largest)));
            fields.push(("last used", human::ago(used().max())));
        }
        for (name, days) in [("unused a day", 1), ("unused a week", 7), ("unused 30 days", 30)] {
            let since = SystemTime::now() - days * DAY;
            let unused = |entry: &&&EntryInfo| entry.last_used.is_some_and(|used| used < since);
            let unused: Vec<_> = results.iter().filter(unused).copied().collect();
            if used().next().is_some() {
                fields.push((name, sum(&unused)));
            }
        }
        out.fields(&fields)?;
        Ok(Outcome::Fine)
    }
}
