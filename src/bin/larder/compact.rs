//! `larder compact`

use std::io::Write;

use clap::Args;
use serde_json::json;

use crate::failure::{Failure, Outcome};
use crate::human;
use crate::open::StoreArgs;
use crate::output::Output;

/// Gives back the room that no result takes any more
///
/// A database keeps the room of what was removed for what comes next, until this writes it anew; in a directory or bucket,
/// what killed programs left goes. No result is removed, and programs may run meanwhile; those that put results wait for a
/// database.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  larder compact --store sqlite:results.db
  larder prune --bytes 2G --yes && larder compact")]
pub(crate) struct Compact {
    /// Write JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreArgs,
}

impl Compact {
    pub(crate) fn run(self, out: &mut Output) -> Result<Outcome, Failure> {
        let opened = self.store.open()?;
        let freed = opened.memory.compact()?;
        if self.json {
            out.json(&json!({"store": opened.name, "freed": freed}))?;
        } else if freed == 0 {
            writeln!(out, "there is no room to give back in {}", opened.name)?;
        } else {
            writeln!(out, "gave back {}", human::bytes(freed))?;
        }
        Ok(Outcome::Fine)
    }
}
