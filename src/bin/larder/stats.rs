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
/// After how many days without use results are summed up.
const UNUSED: [u32; 3] = [1, 7, 30];

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
        let largest = results.iter().map(|entry| entry.size).max();
        let used = || results.iter().filter_map(|entry| entry.last_used);
        let unused = |days| {
            let since = SystemTime::now() - days * DAY;
            let unused = |entry: &&&EntryInfo| entry.last_used.is_some_and(|used| used < since);
            results.iter().filter(unused).copied().collect::<Vec<_>>()
        };
        if self.json {
            let unused = |days| json!({"days": days, "results": unused(days).len(), "bytes": bytes(&unused(days))});
            out.json(&json!({
                "store": opened.name,
                "functions": functions.len(),
                "versions": versions,
                "results": results.len(),
                "bytes": bytes(&results),
                "largest_bytes": largest,
                "first_used": human::rfc3339(used().min()),
                "last_used": human::rfc3339(used().max()),
                "unused": used().next().map(|_| UNUSED.map(unused)),
            }))?;
            return Ok(Outcome::Fine);
        }
        let mut fields = vec![
            ("store", opened.name.clone()),
            ("functions", functions.len().to_string()),
            ("versions", versions.to_string()),
            ("kept", sum(&results)),
        ];
        if let Some(largest) = largest {
            fields.push(("largest", human::bytes(largest)));
            fields.push(("last used", human::ago(used().max())));
        }
        let names =
            UNUSED.map(|days| format!("unused for {}", human::count(days as usize, "day", "days")));
        if used().next().is_some() {
            let rows = names.iter().zip(UNUSED);
            fields.extend(rows.map(|(name, days)| (&name[..], sum(&unused(days)))));
        }
        out.fields(&fields)?;
        Ok(Outcome::Fine)
    }
}

fn bytes(entries: &[&EntryInfo]) -> u64 {
    entries.iter().map(|entry| entry.size).sum()
}

/// `3 results, 1.50 KiB`
fn sum(entries: &[&EntryInfo]) -> String {
    let results = human::count(entries.len(), "result", "results");
    format!("{results}, {}", human::bytes(bytes(entries)))
}
