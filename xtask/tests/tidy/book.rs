//! The book in docs/: its table of contents, and the decisions.

use std::collections::BTreeSet;

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
fn every_decision_has_a_number_of_its_own() {
    let pages = pages();
    let decisions = pages.iter().filter_map(|page| page.strip_prefix("decisions/"));
    let mut numbers = BTreeSet::new();
    let complaints: Vec<_> = decisions
        .filter(|name| *name != "README.md")
        .filter(|name| {
            let number = name.split('-').next().filter(|it| it.len() == 4);
            number.is_none_or(|it| it.parse::<u16>().is_err() || !numbers.insert(it))
        })
        .map(|name| format!("{name}: want NNNN-title.md, with a number that no other has"))
        .collect();
    assert_none(&complaints);
    assert!(!numbers.is_empty(), "no decisions in docs/decisions");
}
