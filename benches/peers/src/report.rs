//! What comes out: lines while it runs, then a file for programs, a page and a picture.

mod json;
mod page;
mod picture;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::json;

use crate::machine::machine;
use crate::outcome::Outcome;
use crate::row::Measured;
use crate::run::Run;

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What stands where a peer is ahead and nobody said why that is right.
pub(crate) const NO_REASON: &str = "no reason given";

/// Tells a row as soon as it is known.
#[expect(clippy::print_stdout, reason = "a bench prints its figures")]
pub(crate) fn print(row: &Measured) {
    println!("{}", row.work);
    let verdict = if row.met() { "met" } else { "NOT MET" };
    println!("{}   {} {verdict}", side(row, "larder", &row.larder), row.reach_shown());
    let floor = row.floor.iter().map(|(name, outcome)| (format!("floor: {name}"), outcome));
    let peers = row.peers.iter().map(|(name, outcome)| (name.to_string(), outcome));
    for (name, outcome) in peers.chain(floor) {
        let times = outcome.median().zip(row.larder.median()).map(|(its, own)| its / own);
        let times = times.filter(|times| times.is_finite());
        let times = times.map_or_else(String::new, |times| format!("{times:.2} ×"));
        println!("{}   {times}", side(row, &name, outcome));
    }
}

fn side(row: &Measured, name: &str, outcome: &Outcome) -> String {
    let show = |number| row.unit.show(number);
    match outcome.figure() {
        Some(it) => {
            format!("  {name:<24} {:>10}  ({} … {})", show(it.median), show(it.low), show(it.high))
        }
        None => format!("  {name:<24} {:>10}  {}", outcome.show(row.unit), outcome.why()),
    }
}

/// Where cargo builds.
fn target() -> PathBuf {
    root().join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// Where pages and pictures go: into the book, if they are of a whole run.
pub(crate) fn book(whole: bool) -> Result<PathBuf> {
    let book = if whole { root().join("docs") } else { target().join("bench") };
    fs::create_dir_all(book.join("images"))?;
    Ok(book)
}

/// Writes everything of a run.
pub(crate) fn write(run: &Run) -> Result<()> {
    let options = &run.options.bench;
    let book = book(!options.quick && options.only.is_none())?;
    let folder = target().join("bench");
    fs::create_dir_all(&folder)?;
    let all =
        json!({ "machine": machine()?, "versions": json::versions()?, "rows": json::rows(run) });
    fs::write(folder.join("peers.json"), serde_json::to_string_pretty(&all)? + "\n")?;
    page::write(run, &book)?;
    picture::write(run, &book)
}

/// The rows for programs, on standard output.
#[expect(clippy::print_stdout, reason = "that is where it goes")]
pub(crate) fn print_json(run: &Run) -> Result<()> {
    println!("{}", serde_json::to_string(&json::rows(run))?);
    Ok(())
}
