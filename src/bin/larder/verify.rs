//! `larder verify`

use std::collections::BTreeMap;
use std::io::Write;

use clap::Args;
use larder::store::EntryInfo;
use larder::{Condition, Memory};
use serde_json::json;

use crate::ask::Consent;
use crate::failure::{Failure, Outcome, say};
use crate::find;
use crate::human;
use crate::open::StoreArgs;
use crate::output::Output;
use crate::progress::Progress;

/// Reads everything that is kept and checks every checksum
///
/// A damaged entry does no harm: a call that meets it computes anew. Entries of another program or of a newer larder
/// are told of, and never removed. So are, where there is a secret, entries that nobody who has it put. Exits with 1 when something is wrong and still there.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  larder verify
  larder verify model::fit                the results of one function only
  larder verify --delete --yes            remove what is damaged")]
pub(crate) struct Verify {
    /// A function: its name, the end of its name, or the path of its keys
    function: Option<String>,
    #[command(flatten)]
    store: StoreArgs,
    /// Remove damaged entries
    #[arg(long)]
    delete: bool,
    #[command(flatten)]
    consent: Consent,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// What is not sound, by key.
type Found = BTreeMap<larder::Key, (EntryInfo, Condition)>;

impl Verify {
    pub(crate) fn run(self, out: &mut Output) -> Result<Outcome, Failure> {
        let opened = self.store.open()?;
        let memory = &opened.memory;
        let mut entries = memory.contents()?;
        if let Some(function) = &self.function {
            let functions = memory.functions()?;
            let prefix = &find::function(&functions, function)?.prefix;
            entries.retain(|entry| prefix.contains(&entry.key));
        }
        let found = look(memory, &entries, &mut Progress::over("verifying", &entries))?;
        if !self.json {
            for (key, (_, condition)) in &found {
                writeln!(out, "{key}\n  {condition}")?;
            }
        }
        let damaged: Vec<_> = found.values().filter(is_damaged).map(|(e, _)| e.clone()).collect();
        out.flush()?;
        let what =
            format!("remove {}", human::count(damaged.len(), "damaged entry", "damaged entries"));
        let removed = match self.delete && !damaged.is_empty() && self.consent.to(&what)? {
            true => remove(memory, &damaged)?,
            false => 0,
        };
        let wrong = found.values().filter(|(_, condition)| is_wrong(condition)).count();
        if self.json {
            let problem = |(key, (_, condition)): (&larder::Key, &(_, Condition))| json!({"key": key, "condition": name(condition), "why": condition.to_string()});
            out.json(&json!({
                "checked": entries.len(),
                "bytes": entries.iter().map(|entry| entry.size).sum::<u64>(),
                "problems": found.iter().map(problem).collect::<Vec<_>>(),
                "removed": removed,
            }))?;
        } else {
            writeln!(out, "{}", summary(&entries, &found, removed))?;
        }
        if wrong > damaged.len() && self.delete {
            say("what is foreign or untrusted was left where it is");
        }
        Ok(if wrong > removed { Outcome::Wrong } else { Outcome::Fine })
    }
}

fn look(memory: &Memory, entries: &[EntryInfo], progress: &mut Progress) -> larder::Result<Found> {
    let mut found = Found::new();
    memory.verify(entries, &mut |entry, condition| {
        progress.advance(entry);
        // What somebody removes meanwhile is nobody's loss.
        if !matches!(condition, Condition::Sound | Condition::Gone) {
            found.insert(entry.key.clone(), (entry.clone(), condition));
        }
    })?;
    Ok(found)
}

/// Removes what is damaged still: a program may have computed it anew meanwhile.
fn remove(memory: &Memory, damaged: &[EntryInfo]) -> larder::Result<usize> {
    let mut removed = 0;
    for entry in damaged {
        let mut now = Condition::Gone;
        memory.verify(std::slice::from_ref(entry), &mut |_, condition| now = condition)?;
        if matches!(now, Condition::Damaged(_)) {
            memory.remove(&entry.key)?;
        }
        removed += 1;
    }
    Ok(removed)
}

fn is_damaged((_, condition): &&(EntryInfo, Condition)) -> bool {
    matches!(condition, Condition::Damaged(_))
}

/// Whether these are not the bytes that were once written.
fn is_wrong(condition: &Condition) -> bool {
    !matches!(condition, Condition::Unchecked(_))
}

fn name(condition: &Condition) -> &'static str {
    match condition {
        Condition::Damaged(_) => "damaged",
        Condition::Foreign(_) => "foreign",
        Condition::Untrusted(_) => "untrusted",
        _ => "unchecked",
    }
}

/// `checked 120 entries, 1.50 MiB: 1 damaged, 2 removed`
fn summary(entries: &[EntryInfo], found: &Found, removed: usize) -> String {
    let bytes = entries.iter().map(|entry| entry.size).sum();
    let checked = human::count(entries.len(), "entry", "entries");
    let mut text = format!("checked {checked}, {}: ", human::bytes(bytes));
    let all = found.values().map(|(_, condition)| name(condition));
    let mut kinds = BTreeMap::new();
    all.for_each(|kind| *kinds.entry(kind).or_insert(0) += 1);
    let mut parts: Vec<_> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    if removed > 0 {
        parts.push(format!("{removed} removed"));
    }
    text.push_str(&if parts.is_empty() { "all sound".to_owned() } else { parts.join(", ") });
    text
}
