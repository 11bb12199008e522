//! The book in docs/: its table of contents, and the decisions.

use std::collections::BTreeSet;
use std::path::Path;

use crate::markdown::links;
use crate::workspace::{assert_none, files, read};

/// All pages of the book, relative to docs/.
fn pages() -> BTreeSet<String> {
    files("md")
        .iter()
        .filter_map(|path| path.strip_prefix("docs").ok())
        .map(|path| path.to_str().unwrap().replace('\\', "/"))
        .filter(|path| path != "SUMMARY.md")
        .collect()
}

#[test]
fn the_table_of_contents_and_the_pages_agree() {
    let chapters: BTreeSet<_> = links(&read("docs/SUMMARY.md")).into_iter().collect();
    let pages = pages();
    let missing = pages.difference(&chapters).map(|page| format!("not in SUMMARY.md: {page}"));
    let dead = chapters.difference(&pages).map(|page| format!("only in SUMMARY.md: {page}"));
    assert_none(&missing.chain(dead).collect::<Vec<_>>());
}

#[test]
fn decisions_are_numbered_in_a_row() {
    let pages = pages();
    let decisions = pages.iter().filter_map(|page| page.strip_prefix("decisions/"));
    let complaints: Vec<_> = decisions
        .filter(|name| *name != "README.md")
        .zip(1..)
        .filter(|(name, number)| !name.starts_with(&format!("{number:04}-")))
        .map(|(name, number)| format!("{name}: want number {number:04}"))
        .collect();
    assert_none(&complaints);
    assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/decisions/README.md").exists());
}
