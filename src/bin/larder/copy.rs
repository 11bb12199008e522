//! `larder copy`

use std::collections::BTreeMap;
use std::io::Write;

use clap::Args;
use larder::Copied;
use serde_json::json;

use crate::failure::{Failure, Outcome, say_error};
use crate::human;
use crate::open;
use crate::output::Output;
use crate::progress::Progress;

/// Copies everything from one store to another, byte for byte
///
/// Stopped halfway and started again it goes on where it was: what the target has already is not copied again. Entries
/// of other results in the target stay; another entry under the same key is replaced; damaged entries are left out,
/// named, and make it exit with 1. So are, where there is a secret, those that nobody who has it put.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  larder copy ./cache /backup/cache
  larder copy ./cache sqlite:cache.db
  larder copy s3://bucket/results .larder")]
pub(crate) struct Copy {
    /// The store to copy from
    from: String,
    /// The store to copy to; made if it is not there
    to: String,
    #[command(flatten)]
    secret: open::SecretArgs,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl Copy {
    pub(crate) fn run(self, out: &mut Output) -> Result<Outcome, Failure> {
        let (from, to) = (open::store(&self.from)?, open::store(&self.to)?);
        let secrets = self.secret.of_a_named_store()?;
        let (from, to) = (open::existing(&from, &secrets)?, open::new(&to, &secrets)?);
        let entries = from.memory.contents()?;
        let (mut new, mut replaced, mut already, mut bytes) = (0, 0, 0, 0);
        let mut left = BTreeMap::new();
        let mut progress = Progress::over("copying", &entries);
        let copied = from.memory.copy_to(&to.memory, &entries, &mut |entry, copied| {
            progress.advance(entry);
            match copied {
                Copied::Already => already += 1,
                Copied::Left(condition) => {
                    left.insert(entry.key.clone(), condition.to_string());
                }
                Copied::Replaced => (replaced, bytes) = (replaced + 1, bytes + entry.size),
                _ => (new, bytes) = (new + 1, bytes + entry.size),
            }
        });
        drop(progress);
        copied?;
        if self.json {
            out.json(&json!({
                "from": from.name,
                "to": to.name,
                "new": new,
                "replaced": replaced,
                "already_there": already,
                "bytes": bytes,
                "left_out": left,
            }))?;
        } else {
            let copied = human::count(new + replaced, "entry", "entries");
            write!(out, "copied {copied}, {}", human::bytes(bytes))?;
            for (count, what) in [(replaced, "in place of others"), (already, "there already")] {
                if count > 0 {
                    write!(out, "; {count} {what}")?;
                }
            }
            writeln!(out)?;
        }
        for (key, condition) in &left {
            say_error(&format!("{key} is not copied: {condition}"));
        }
        Ok(if left.is_empty() { Outcome::Fine } else { Outcome::Wrong })
    }
}
