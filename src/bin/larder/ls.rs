//! `larder ls`

use clap::Args;
use larder::{EntryDetails, KeptFunction, KeptVersion, Key};
use serde_json::{Value, json};

use crate::failure::{Failure, Outcome, say};
use crate::find::{self, Abbreviations};
use crate::human;
use crate::open::{Opened, StoreArgs};
use crate::output::Output;

/// How much of a call's arguments a row shows.
const ARGUMENTS: usize = 60;

/// Lists the functions of which results are kept, or the results of one
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  larder ls                               the functions in the configured store
  larder ls model::fit                    the results of one, with keys that `larder show` takes
  larder ls --store ./cache --json | jq '.[] | select(.bytes > 1e9) | .name'")]
pub(crate) struct Ls {
    /// A function: its name, the end of its name, or the path of its keys
    function: Option<String>,
    #[command(flatten)]
    store: StoreArgs,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl Ls {
    pub(crate) fn run(self, out: &mut Output) -> Result<Outcome, Failure> {
        let opened = self.store.open()?;
        let functions = opened.memory.functions()?;
        match (&self.function, self.json) {
            (None, true) => out.json(&functions.iter().map(document).collect::<Vec<_>>())?,
            (None, false) if functions.is_empty() => {
                say(&format!("nothing is kept in {}", opened.name));
            }
            (None, false) => out.table(
                &["FUNCTION", "VERSIONS>", "RESULTS>", "SIZE>", "LAST USED"],
                functions.iter().map(row),
            )?,
            (Some(function), json) => {
                let function = find::function(&functions, function)?;
                results(&opened, &functions, function, json, out)?;
            }
        }
        Ok(Outcome::Fine)
    }
}

fn row(function: &KeptFunction) -> Vec<String> {
    vec![
        human::printable(&function.name),
        function.versions.len().to_string(),
        function.results().count().to_string(),
        human::bytes(function.bytes()),
        human::ago(function.last_used()),
    ]
}

fn document(function: &KeptFunction) -> Value {
    let version = |version: &KeptVersion| {
        json!({
            "version": version.prefix,
            "place": version.record.as_ref().map(|record| &record.place),
            "package_version": version.record.as_ref().map(|record| &record.package_version),
            "results": version.results.len(),
            "bytes": version.bytes(),
            "last_used": human::rfc3339(version.last_used()),
        })
    };
    json!({
        "name": function.name,
        "prefix": function.prefix,
        "versions": function.versions.iter().map(version).collect::<Vec<_>>(),
        "results": function.results().count(),
        "bytes": function.bytes(),
        "last_used": human::rfc3339(function.last_used()),
    })
}

/// The results of one function, version by version.
fn results(
    opened: &Opened,
    functions: &[KeptFunction],
    function: &KeptFunction,
    json: bool,
    out: &mut Output,
) -> Result<(), Failure> {
    let entries: Vec<_> = function.results().cloned().collect();
    let keys: Vec<Key> = entries.iter().map(|entry| entry.key.clone()).collect();
    let details = opened.memory.inspect_all(&keys)?;
    let all = entries.iter().zip(&details);
    if json {
        let document = |(entry, found): (&larder::store::EntryInfo, &larder::Result<_>)| {
            let found: Option<&EntryDetails> = found.as_ref().ok().and_then(Option::as_ref);
            json!({
                "key": entry.key,
                "bytes": entry.size,
                "last_used": human::rfc3339(entry.last_used),
                "metadata": found.map(|details| &details.meta.metadata),
            })
        };
        return Ok(out.json(&all.map(document).collect::<Vec<_>>())?);
    }
    let short = Abbreviations::of(functions.iter().flat_map(KeptFunction::results));
    let rows = all.map(|(entry, found)| {
        let version = entry.key.version().to_string();
        let version = version.rsplit('/').next().unwrap_or_default();
        let (arguments, took) = match found {
            Ok(Some(details)) => (
                human::arguments(&details.meta.metadata.arguments, ARGUMENTS),
                human::duration(details.meta.duration),
            ),
            Ok(None) => ("(removed meanwhile)".to_owned(), String::new()),
            Err(error) => (format!("({})", error.message()), String::new()),
        };
        vec![
            version[..version.len().min(8)].to_owned(),
            short.shorten(&entry.key),
            arguments,
            took,
            human::bytes(entry.size),
            human::ago(entry.last_used),
        ]
    });
    Ok(out.table(&["VERSION", "KEY", "ARGUMENTS", "TOOK>", "SIZE>", "LAST USED"], rows)?)
}
