//! `cargo xtask conformance`

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::process;
use crate::services::{self, Running};
use crate::venv::Venv;

const PAGE: &str = "docs/conformance.md";

/// Runs the conformance suite over every store and writes docs/conformance.md: store by case
///
/// The servers that the stores need are started. The exit code is 1 if a store broke a promise; the table shows which.
#[derive(Debug, Args)]
pub(crate) struct Conformance {}

/// One store in the table: where its suite is run, and under which name.
struct Column {
    heading: &'static str,
    package: &'static str,
    test: &'static str,
    suite: &'static str,
}

const COLUMNS: [Column; 8] = [
    Column { heading: "memory", package: "larder-conformance", test: "suites", suite: "memory" },
    Column { heading: "local", package: "larder-local", test: "conformance", suite: "local" },
    Column { heading: "sqlite", package: "larder-sqlite", test: "conformance", suite: "sqlite" },
    Column {
        heading: "tiered",
        package: "larder-local",
        test: "conformance",
        suite: "memory before local",
    },
    Column {
        heading: "split",
        package: "larder-local",
        test: "conformance",
        suite: "local beside local",
    },
    Column {
        heading: "bucket in a directory",
        package: "larder-object-store",
        test: "conformance",
        suite: "file",
    },
    Column {
        heading: "S3 (SeaweedFS)",
        package: "larder-object-store",
        test: "conformance",
        suite: "s3",
    },
    Column {
        heading: "Azure (Azurite)",
        package: "larder-object-store",
        test: "conformance",
        suite: "azure",
    },
];

const BROKEN: char = '✗';

/// What came of each case.
type Outcomes = BTreeMap<String, char>;

impl Conformance {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let packages: Vec<String> = COLUMNS.iter().map(|column| column.package.into()).collect();
        let running = Running::start(&services::needed_by(&packages)?, &Venv::ready()?)?;
        let mut tables = Vec::new();
        for column in &COLUMNS {
            let mut cargo = process::cargo();
            cargo.args(["test", "--all-features", "--package", column.package]);
            cargo.args(["--test", column.test, "--", &format!("{}::", column.suite)]);
            running.tell(&mut cargo);
            let mut outcomes = Outcomes::default();
            process::run_watched(&mut cargo, |line| outcomes.extend(outcome(line, column.suite)))?;
            ensure!(!outcomes.is_empty(), "no case of {} was run", column.heading);
            tables.push(outcomes);
        }
        drop(running);
        fs::write(process::root().join(PAGE), page(&tables)?).context(PAGE)?;
        Ok(if all_kept(&tables) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn all_kept(tables: &[Outcomes]) -> bool {
    cases(tables).all(|case| tables.iter().all(|table| mark(table, case) != BROKEN))
}

/// Every case that any store ran, in order.
fn cases(tables: &[Outcomes]) -> impl Iterator<Item = &str> {
    let cases: BTreeSet<_> = tables.iter().flat_map(BTreeMap::keys).collect();
    cases.into_iter().map(String::as_str)
}

/// A case that was not heard of is broken: its suite died before.
fn mark(table: &Outcomes, case: &str) -> char {
    table.get(case).copied().unwrap_or(BROKEN)
}

/// The case and its mark of `test s3::value.sizes   ... ok`.
fn outcome(line: &str, suite: &str) -> Option<(String, char)> {
    let (name, outcome) = line.strip_prefix("test ")?.split_once(" ... ")?;
    let case = name.trim_end().strip_prefix(suite)?.strip_prefix("::")?;
    let mark = match outcome.split_whitespace().next() {
        Some("ok") => '✓',
        Some("ignored") => '–',
        _ => BROKEN,
    };
    Some((case.to_owned(), mark))
}

fn page(tables: &[Outcomes]) -> Result<String> {
    let mut page = String::from(
        "# Which store keeps which promise\n\n\
         Every store runs [the same suite](writing-a-store.md), and this table is what came of it; `cargo xtask conformance`\n\
         writes it. ✓ kept · – does not concern this store (which must then refuse) · ✗ broken\n\n| case |",
    );
    COLUMNS.iter().try_for_each(|column| write!(page, " {} |", column.heading))?;
    page.push_str("\n|---|");
    COLUMNS.iter().for_each(|_| page.push_str("---|"));
    page.push('\n');
    for case in cases(tables) {
        write!(page, "| `{case}` |")?;
        tables.iter().try_for_each(|table| write!(page, " {} |", mark(table, case)))?;
        page.push('\n');
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_runner_says_of_a_case_is_understood() {
        let of = |line| outcome(line, "s3").map(|(case, mark)| format!("{case} {mark}"));
        assert_eq!(of("test s3::value.sizes     ... ok").unwrap(), "value.sizes ✓");
        assert_eq!(of("test s3::a.b ... ignored (needs leases)").unwrap(), "a.b –");
        assert_eq!(of("test s3::a.b ... FAILED").unwrap(), "a.b ✗");
        assert_eq!(of("test azure::a.b ... ok"), None);
        assert_eq!(of("test result: ok. 1 passed"), None);
    }

    #[test]
    fn a_suite_that_died_on_its_way_broke_what_it_did_not_come_to() {
        let table = |lines: &[&str]| -> Outcomes {
            lines.iter().filter_map(|line| outcome(line, "s3")).collect()
        };
        let whole = table(&["test s3::a.b ... ok", "test s3::a.c ... ignored"]);
        let died = table(&["test s3::a.b ... ok"]);
        assert!(all_kept(&[whole.clone(), whole.clone()]));
        assert!(!all_kept(&[whole.clone(), died.clone()]));
        assert!(!all_kept(&[table(&["test s3::a.b ... FAILED"])]));
        assert!(page(&[whole, died]).unwrap().contains("| `a.c` | – | ✗ |"));
    }
}
