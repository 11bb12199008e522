//! `docs/comparison.md`.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::bench::Bench;
use crate::machine::{machine, versions};
use crate::row::Measured;

const INTRODUCTION: &str = include_str!("introduction.txt");

/// The groups of rows, and what they are called.
const GROUPS: [(&str, &str); 8] = [
    ("hits", "Taking what is kept"),
    ("misses", "Keeping what was computed"),
    ("together", "Many at one store"),
    ("keys", "Keys"),
    ("arrays", "100 MB of numbers"),
    ("parallel", "Parallel calls, two warm workers"),
    ("clusters", "On a Dask cluster"),
    ("many", "Stores of many results"),
];
const PROGRAMS: (&str, &str) = ("programs", "What it costs to have it");

pub(super) fn write(bench: &Bench, book: &Path) -> Result<()> {
    let mut page = INTRODUCTION.to_owned();
    let mut limits = String::new();
    if bench.options.quick {
        limits += " In a quick run, for a first look.";
    }
    if !bench.options.without.is_empty() {
        let left_out = bench.options.without.join("`, `");
        write!(limits, " Left out of this run, so not measured here: `{left_out}`.")?;
    }
    writeln!(page, "\nMeasured on: {}; load {} before the run.{limits}\n", machine()?, bench.load)?;
    let versions: Vec<_> =
        versions()?.into_iter().map(|(name, version)| format!("{name} {version}")).collect();
    writeln!(page, "{}.", versions.join(", "))?;
    for (group, title) in GROUPS.into_iter().chain([PROGRAMS]) {
        let rows: Vec<_> =
            bench.measured.iter().filter(|(of, _)| *of == group).map(|(_, row)| row).collect();
        if !rows.is_empty() {
            table(&mut page, title, &rows)?;
        }
    }
    Ok(fs::write(book.join("comparison.md"), page)?)
}

fn table(page: &mut String, title: &str, rows: &[&Measured]) -> Result<()> {
    writeln!(page, "\n## {title}\n")?;
    writeln!(page, "| work | larder | peers | floor | reach | |\n|---|---|---|---|---|---|")?;
    let mut reasons = Vec::new();
    for row in rows {
        let show = |number| row.unit.show(number);
        let own = row.larder;
        let spread = if own.low == own.high {
            String::new()
        } else {
            format!(" ({} … {})", show(own.low), show(own.high))
        };
        let peers: Vec<_> = row
            .peers
            .iter()
            .map(|(name, peer)| {
                let ahead = if row.ahead().contains(name) { " ◀" } else { "" };
                format!("{name} {}{ahead}", show(peer.median))
            })
            .collect();
        let floor = row.floor.map(|(name, it)| format!("{name} {}", show(it.median)));
        writeln!(
            page,
            "| {} | **{}**{spread} | {} | {} | {} | {} |",
            row.work,
            show(own.median),
            peers.join(", "),
            floor.unwrap_or_default(),
            row.reach_shown(),
            if row.met() { "met" } else { "**not met**" }
        )?;
        if let Some(reason) = row.reason.filter(|_| !row.ahead().is_empty()) {
            reasons.push(format!("* {}: {reason}.", row.work));
        }
    }
    if !reasons.is_empty() {
        writeln!(page, "\nWhere a peer is ahead (◀):\n\n{}", reasons.join("\n"))?;
    }
    Ok(())
}
