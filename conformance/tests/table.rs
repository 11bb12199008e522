//! The table in the book is of this suite.

use std::collections::BTreeSet;

#[test]
fn the_table_of_stores_has_every_case() {
    let page = include_str!("../../docs/conformance.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let listed: BTreeSet<&str> = rows.map(|(case, _)| case).collect();
    let cases: BTreeSet<&str> = larder_conformance::store_cases().map(|case| case.id).collect();
    assert_eq!(listed, cases, "the table is of an older suite: run `cargo xtask conformance`");
    assert!(!page.contains("✗ |"), "a store breaks a promise");
}
