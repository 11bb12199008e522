//! What comes out: lines while it runs, then a file for programs, a page and a picture.

mod json;
mod page;
mod picture;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::bench::Bench;
use crate::row::Measured;

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Tells a row as soon as it is known.
#[expect(clippy::print_stdout, reason = "a bench prints its figures")]
pub(crate) fn print(row: &Measured) {
    let show = |number| row.unit.show(number);
    println!("{}", row.work);
    let larder = row.larder;
    let verdict = if row.met() { "met" } else { "NOT MET" };
    println!(
        "  {:<24} {:>10}  ({} … {})   {} {verdict}",
        "larder",
        show(larder.median),
        show(larder.low),
        show(larder.high),
        row.reach_shown()
    );
    let floor = row.floor.iter().map(|(name, figure)| (format!("floor: {name}"), figure));
    let peers = row.peers.iter().map(|(name, figure)| ((*name).to_owned(), figure));
    for (name, figure) in peers.chain(floor) {
        let times = Some(figure.median / larder.median).filter(|times| times.is_finite());
        let times = times.map_or_else(String::new, |times| format!("{times:.2} ×"));
        println!(
            "  {name:<24} {:>10}  ({} … {})   {times}",
            show(figure.median),
            show(figure.low),
            show(figure.high)
        );
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
pub(crate) fn write(bench: &Bench) -> Result<()> {
    let book = book(!bench.options.quick && bench.options.only.is_none())?;
    json::write(bench)?;
    page::write(bench, &book)?;
    picture::write(bench, &book)
}
