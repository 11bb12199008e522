//! `larder graph`

use std::collections::BTreeMap;
use std::io::{self, Write};

use clap::Args;
use larder::{EntryDetails, KeptFunction, Key, Memory};

use crate::failure::{Failure, Outcome};
use crate::find;
use crate::human;
use crate::open::StoreArgs;
use crate::output::Output;

/// How much of a call's arguments a node shows.
const ARGUMENTS: usize = 40;

/// Draws which memoized calls led to a result, in the DOT language
///
/// An arrow leads from a result to each that was made with it. Nodes say what the call was, how long it took and how
/// large its result is; what is no longer kept is dashed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  larder graph 3fa2c1b0 | dot -Tsvg > result.svg
  larder graph model::fit                 all results of one function, and what led to them")]
pub(crate) struct Graph {
    /// A key, or as much of its beginning as tells it from others; or a function's name
    #[arg(value_name = "KEY|FUNCTION")]
    what: String,
    #[command(flatten)]
    store: StoreArgs,
}

/// What is known of each call, as far as it is kept.
type Calls = BTreeMap<Key, Option<EntryDetails>>;

impl Graph {
    pub(crate) fn run(self, out: &mut Output) -> Result<Outcome, Failure> {
        let opened = self.store.open()?;
        let functions = opened.memory.functions()?;
        let roots = roots(&functions, &self.what)?;
        let calls = calls(&opened.memory, roots)?;
        write(out, &calls, &functions)?;
        Ok(Outcome::Fine)
    }
}

/// The results to begin with: a name that is a function's is that, whatever else it could be.
fn roots(functions: &[KeptFunction], what: &str) -> Result<Vec<Key>, Failure> {
    let keys = |function: &KeptFunction| {
        function.results().map(|entry| entry.key.clone()).collect::<Vec<_>>()
    };
    match find::function(functions, what) {
        Ok(function) => Ok(keys(function)),
        Err(_) if find::looks_like_key(what) => {
            let all: Vec<_> = functions.iter().flat_map(KeptFunction::results).cloned().collect();
            Ok(vec![find::key(&all, what)?.key.clone()])
        }
        Err(failure) => Err(failure),
    }
}

/// The calls of `roots` and all that led to them, one step back at a time.
fn calls(memory: &Memory, roots: Vec<Key>) -> larder::Result<Calls> {
    let mut calls = Calls::new();
    let mut next = roots;
    while !next.is_empty() {
        let found = memory.inspect_all(&next)?;
        for (key, details) in next.drain(..).zip(found) {
            // A damaged entry is none: its result is computed anew.
            calls.insert(key, details.ok().flatten());
        }
        let used = calls.values().flatten().flat_map(|details| &details.meta.metadata.used);
        next = used.filter(|key| !calls.contains_key(key)).cloned().collect();
        next.sort();
        next.dedup();
    }
    Ok(calls)
}

fn write(out: &mut Output, calls: &Calls, functions: &[KeptFunction]) -> io::Result<()> {
    let names: BTreeMap<&Key, usize> = calls.keys().enumerate().map(|(n, key)| (key, n)).collect();
    writeln!(out, "digraph larder {{")?;
    writeln!(out, "  rankdir=LR")?;
    writeln!(out, "  node [shape=box, fontname=\"sans-serif\"]")?;
    for (key, details) in calls {
        let name = names[key];
        match details {
            Some(details) => {
                let meta = &details.meta;
                let function = last_part(&meta.metadata.function);
                let arguments = human::arguments(&meta.metadata.arguments, ARGUMENTS);
                let label = format!(
                    "{function}({arguments})\n{}, {}",
                    human::duration(meta.duration),
                    human::bytes(meta.size)
                );
                writeln!(
                    out,
                    "  n{name} [label={}, tooltip={}]",
                    quoted(&label),
                    quoted(key.as_str())
                )?;
            }
            None => {
                let function = functions.iter().find(|f| f.prefix.contains(key));
                let path = key.version().parent().to_string();
                let function = function.map_or(&path, |function| &function.name);
                let label = format!("{}\nno longer kept", last_part(function));
                writeln!(
                    out,
                    "  n{name} [label={}, tooltip={}, style=dashed]",
                    quoted(&label),
                    quoted(key.as_str())
                )?;
            }
        }
    }
    for (key, details) in calls {
        for used in details.iter().flat_map(|details| &details.meta.metadata.used) {
            writeln!(out, "  n{} -> n{}", names[used], names[key])?;
        }
    }
    writeln!(out, "}}")
}

/// `fit` of `app::model::fit`, and of `app/app.model.fit`.
fn last_part(name: &str) -> &str {
    name.rsplit([':', '/', '.']).next().unwrap_or(name)
}

/// As a quoted string of DOT, lines centred.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes_stay_inside() {
        assert_eq!(quoted("f(\"a\\b\")\n1"), r#""f(\"a\\b\")\n1""#);
    }
}
