//! `larder show`

use std::io::Write;

use clap::Args;
use larder::store::EntryInfo;
use larder::{EntryDetails, VersionRecord};
use serde_json::json;

use crate::failure::{Failure, Outcome};
use crate::find::{self, Abbreviations};
use crate::human;
use crate::open::{Opened, StoreArgs};
use crate::output::Output;

/// Shows all that is known of one result: of which call it is, when, where and by which source it was made
///
/// The value itself is not read: only the program knows its type.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  larder show 3fa2c1b0                    the beginning of the key, where only one begins so
  larder show 5d2e/3fa2c1b0               with that of the version, where several versions have it
  larder show 3fa2c1b0 --json | jq .metadata.arguments")]
pub(crate) struct Show {
    /// A key, or as much of its beginning as tells it from others
    key: String,
    #[command(flatten)]
    store: StoreArgs,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(crate) fn run(self, out: &mut Output) -> Result<Outcome, Failure> {
        let opened = self.store.open()?;
        let entries = opened.memory.contents()?;
        let entry = find::key(&entries, &self.key)?;
        let Some(details) = opened.memory.inspect(&entry.key)? else {
            return Err(Failure::NotFound(format!("{} was removed meanwhile", entry.key)));
        };
        // A record that is damaged says nothing; `verify` tells of it.
        let record = opened.memory.version_record(&entry.key.version()).ok().flatten();
        if self.json {
            out.json(&document(&opened, entry, &details, record.as_ref()))?;
        } else {
            text(out, &opened, entry, &details, record.as_ref(), &entries)?;
        }
        Ok(Outcome::Fine)
    }
}

fn text(
    out: &mut Output,
    opened: &Opened,
    entry: &EntryInfo,
    details: &EntryDetails,
    record: Option<&VersionRecord>,
    entries: &[EntryInfo],
) -> Result<(), Failure> {
    let short = Abbreviations::of(entries);
    let used = |key: &larder::Key| {
        let kept = entries.binary_search_by(|entry| entry.key.cmp(key)).is_ok();
        let note = if kept { "" } else { ", no longer kept" };
        format!("{} of {}{note}\n", short.shorten(key), key.version().parent())
    };
    let meta = &details.meta.metadata;
    let arguments = meta.arguments.iter();
    let arguments: Vec<_> = arguments
        .map(|argument| human::printable(&format!("{} = {}", argument.name, argument.value)))
        .collect();
    let mut fields = vec![
        ("key", entry.key.to_string()),
        ("function", human::printable(&meta.function)),
        ("arguments", arguments.join("\n")),
        (
            "computed",
            format!(
                "{} ({}), in {}",
                human::date(meta.created),
                human::ago(Some(meta.created)),
                human::duration(meta.duration)
            ),
        ),
        (
            "by",
            human::printable(&format!(
                "package version {}, larder {}, process {} on {}",
                meta.package_version, meta.larder, meta.process, meta.host
            )),
        ),
        ("size", size(entry, details)),
        ("last used", human::ago(entry.last_used)),
        ("used", meta.used.iter().map(used).collect()),
    ];
    if let Some(path) = opened.memory.local_path(&entry.key) {
        fields.push(("file", path.display().to_string()));
    }
    if let Some(record) = record {
        fields.push(("source", human::printable(&record.place)));
    }
    fields.retain(|(_, text)| !text.is_empty());
    out.fields(&fields)?;
    if let Some(record) = record {
        writeln!(out)?;
        for line in record.source.lines() {
            writeln!(out, "    {}", human::printable(line).trim_end())?;
        }
    }
    Ok(())
}

/// `1.20 KiB: 32 B of postcard, zstd (from 4.00 KiB), and 2 arrays of 16.0 KiB`
fn size(entry: &EntryInfo, details: &EntryDetails) -> String {
    let codec = details.codec.map_or("nothing".to_owned(), |codec| codec.to_string());
    let mut text = format!(
        "{} in all, {} of them the value in {codec}",
        human::bytes(entry.size),
        human::bytes(details.payload_len)
    );
    if let Some(compressor) = details.compressor {
        text.push_str(&format!(
            ", compressed by {compressor} from {}",
            human::bytes(details.raw_len)
        ));
    }
    if !details.buffers.is_empty() {
        text.push_str(&format!(
            ", {} of {}{}",
            human::count(details.buffers.len(), "array", "arrays"),
            human::bytes(details.buffers.iter().sum()),
            if details.compressor.is_some() { " in it" } else { " beside it" }
        ));
    }
    text
}

fn document(
    opened: &Opened,
    entry: &EntryInfo,
    details: &EntryDetails,
    record: Option<&VersionRecord>,
) -> serde_json::Value {
    json!({
        "key": entry.key,
        "bytes": entry.size,
        "last_used": human::rfc3339(entry.last_used),
        "codec": details.codec.map(|name| name.to_string()),
        "compressor": details.compressor.map(|name| name.to_string()),
        "payload_bytes": details.payload_len,
        "raw_bytes": details.raw_len,
        "arrays": details.buffers,
        "metadata": details.meta.metadata,
        "version": record,
        "file": opened.memory.local_path(&entry.key),
    })
}
