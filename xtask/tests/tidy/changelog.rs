//! CHANGELOG.md is kept.

use crate::workspace::read;

#[test]
fn there_is_an_unreleased_section_with_something_in_it() {
    let changelog = read("CHANGELOG.md");
    let (_, unreleased) = changelog.split_once("\n## [Unreleased]\n").expect("## [Unreleased]");
    let section = unreleased.split("\n## ").next().unwrap();
    assert!(section.contains("\n- "), "[Unreleased] lists nothing");
}
