//! `docs/comparison.md`.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::Result;

use super::NO_REASON;
use crate::machine::{machine, versions};
use crate::outcome::Outcome;
use crate::row::Measured;
use crate::run::Run;

const INTRODUCTION: &str = include_str!("introduction.txt");

/// The groups of rows, and what they are called.
const TITLES: [(&str, &str); 9] = [
    ("hits", "Taking what is kept"),
    ("misses", "Keeping what was computed"),
    ("together", "Many at one store"),
    ("keys", "Keys"),
    ("arrays", "100 MB of numbers"),
    ("parallel", "Parallel calls, two warm workers"),
    ("clusters", "On a Dask cluster"),
    ("many", "Stores of many results"),
    ("programs", "What it costs to have it"),
];

pub(super) fn write(run: &Run, book: &Path) -> Result<()> {
    let mut page = INTRODUCTION.to_owned();
    let mut limits = String::new();
    if run.options.bench.quick {
        limits += " In a quick run, for a first look.";
    }
    if !run.options.without.is_empty() {
        let left_out = run.options.without.join("`, `");
        write!(limits, " Left out of this run, so not measured here: `{left_out}`.")?;
    }
    writeln!(page, "\nMeasured on: {}; load {} before the run.{limits}\n", machine()?, run.load)?;
    let versions: Vec<_> =
        versions()?.into_iter().map(|(name, version)| format!("{name} {version}")).collect();
    writeln!(page, "{}.", versions.join(", "))?;
    for (group, title) in TITLES {
        let rows: Vec<_> =
            run.measured.iter().filter(|(of, _)| *of == group).map(|(_, row)| row).collect();
        if !rows.is_empty() {
            table(&mut page, title, &rows)?;
        }
    }
    Ok(fs::write(book.join("comparison.md"), page)?)
}

fn table(page: &mut String, title: &str, rows: &[&Measured]) -> Result<()> {
    writeln!(page, "\n## {title}\n")?;
    writeln!(page, "| work | larder | peers | floor | reach | |\n|---|---|---|---|---|---|")?;
    rows.iter().try_for_each(|row| line(page, row))?;
    let reasons: Vec<_> = rows.iter().flat_map(|row| reasons(row)).collect();
    if !reasons.is_empty() {
        writeln!(page, "\nWhere a peer is ahead (◀):\n\n{}", reasons.join("\n"))?;
    }
    let failed: Vec<_> = rows.iter().flat_map(|row| failed(row)).collect();
    if !failed.is_empty() {
        writeln!(page, "\nWhat came to nothing (▲):\n\n{}", failed.join("\n"))?;
    }
    Ok(())
}

fn line(page: &mut String, row: &Measured) -> Result<()> {
    let show = |number| row.unit.show(number);
    let side = |outcome: &Outcome| match outcome.figure() {
        Some(_) => outcome.show(row.unit),
        None => format!("{} ▲", outcome.show(row.unit)),
    };
    let spread = row.larder.figure().filter(|own| own.low != own.high);
    let spread = spread.map(|own| format!(" ({} … {})", show(own.low), show(own.high)));
    let ahead = row.ahead();
    let peers = row.peers.iter().map(|(name, peer)| {
        let ahead = if ahead.contains(&&**name) { " ◀" } else { "" };
        format!("{name} {}{ahead}", side(peer))
    });
    let floor = row.floor.as_ref().map(|(name, it)| format!("{name} {}", side(it)));
    writeln!(
        page,
        "| {} | **{}**{} | {} | {} | {} | {} |",
        row.work,
        side(&row.larder),
        spread.unwrap_or_default(),
        peers.collect::<Vec<_>>().join(", "),
        floor.unwrap_or_default(),
        row.reach_shown(),
        if row.met() { "met" } else { "**not met**" }
    )?;
    Ok(())
}

/// Why peers are ahead in a row: one line for those who share a reason.
fn reasons(row: &Measured) -> Vec<String> {
    let mut lines: Vec<(Vec<&str>, Option<&str>)> = Vec::new();
    for (peer, reason) in row.reasons_shown() {
        match lines.iter_mut().find(|(_, known)| *known == reason) {
            Some((peers, _)) => peers.push(peer),
            None => lines.push((vec![peer], reason)),
        }
    }
    let told = |(peers, reason): (Vec<&str>, Option<&str>)| {
        let peers = peers.join(", ");
        match reason {
            Some(reason) => format!("* {}, {peers}: {reason}.", row.work),
            None => format!("* **{}, {peers}: {NO_REASON}.**", row.work),
        }
    };
    lines.into_iter().map(told).collect()
}

fn failed(row: &Measured) -> Vec<String> {
    let failed = row.failed().into_iter();
    failed.map(|(side, it)| format!("* {}, {side}: {}.", row.work, it.why())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Row;

    fn row(larder: f64, peer: f64) -> Row<Outcome> {
        Row::new("a work", Outcome::exact(larder)).peer("a peer", Outcome::exact(peer))
    }

    fn page_of(row: &Measured) -> String {
        let mut page = String::new();
        table(&mut page, "A group", &[row]).expect("a page");
        page
    }

    #[test]
    fn a_peer_that_is_ahead_without_a_reason_is_told_loudly() {
        let page = page_of(&row(2.0, 1.0));
        assert!(page.contains("a peer 1.00 s ◀"), "{page}");
        assert!(page.contains("* **a work, a peer: no reason given.**"), "{page}");
    }

    #[test]
    fn a_reason_is_told_of_the_peer_it_is_for() {
        let of_one =
            row(2.0, 1.0).peer("another", Outcome::exact(1.5)).because("a peer", "it does less");
        let page = page_of(&of_one);
        assert!(page.contains("* a work, a peer: it does less."), "{page}");
        assert!(page.contains("* **a work, another: no reason given.**"), "{page}");
        let of_both = of_one.because("another", "it does less");
        assert!(page_of(&of_both).contains("* a work, a peer, another: it does less."));
    }

    #[test]
    fn no_reason_is_told_where_no_peer_is_ahead() {
        // Within what two runs differ by, behind, and failed.
        for peer in [Outcome::exact(1.96), Outcome::exact(3.0), Outcome::Over(60)] {
            let row = Row::new("a work", Outcome::exact(2.0));
            let page = page_of(&row.peer("a peer", peer).because("a peer", "it does less"));
            assert!(!page.contains("it does less") && !page.contains('◀'), "{page}");
        }
    }

    #[test]
    fn a_side_that_came_to_nothing_is_told_with_its_reason() {
        let row = Row::new("a work", Outcome::Failed("it broke".to_owned()))
            .peer("a peer", Outcome::Over(60))
            .floor("the floor", Outcome::exact(1.0));
        let page = page_of(&row);
        assert!(page.contains("| **failed ▲** | a peer > 60 s ▲ |"), "{page}");
        assert!(page.contains("**not met**"), "{page}");
        assert!(page.contains("* a work, larder: it broke."), "{page}");
        assert!(page.contains("* a work, a peer: a turn was not done after 60 s"), "{page}");
    }
}
