//! `larder backends`

use std::io::Write;

use clap::Args;
use clap::builder::styling::Style;
use larder::StoreInfo;
use serde_json::json;

use crate::failure::{Failure, Outcome};
use crate::output::Output;

/// Lists the kinds of stores this command was built with, and their options
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  larder backends
  larder backends --json | jq -r '.[].name'")]
pub(crate) struct Backends {
    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl Backends {
    pub(crate) fn run(self, out: &mut Output) -> Result<Outcome, Failure> {
        let stores = larder::registry().stores();
        if self.json {
            out.json(&stores.iter().map(document).collect::<Vec<_>>())?;
            return Ok(Outcome::Fine);
        }
        for (at, store) in stores.iter().enumerate() {
            if at > 0 {
                writeln!(out)?;
            }
            describe(out, store)?;
        }
        Ok(Outcome::Fine)
    }
}

fn describe(out: &mut Output, store: &StoreInfo) -> Result<(), Failure> {
    let bold = Style::new().bold();
    writeln!(out, "{bold}{}{bold:#}: {}", store.name, store.about)?;
    if !store.schemes.is_empty() {
        let schemes: Vec<_> = store.schemes.iter().map(|scheme| format!("{scheme}://")).collect();
        writeln!(out, "  URLs that begin with {}", schemes.join(", "))?;
    }
    let width = store.options.iter().map(|option| option.name.len()).max().unwrap_or_default();
    for option in &store.options {
        writeln!(out, "{}", format!("  {:width$}  {}", option.name, option.help).trim_end())?;
    }
    Ok(())
}

fn document(store: &StoreInfo) -> serde_json::Value {
    let options = store.options.iter();
    json!({
        "name": store.name,
        "about": store.about,
        "schemes": store.schemes,
        "options": options
            .map(|option| json!({"name": option.name, "help": option.help}))
            .collect::<Vec<_>>(),
    })
}
