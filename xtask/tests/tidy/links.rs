//! Links within the repository lead somewhere.

use std::path::Path;

use crate::markdown::{anchors, is_relative, links};
use crate::workspace::{assert_none, files, read, root};

/// How pages of the book lead to files that are not in it: by way of the published crate.
const SOURCES: &str = "https://docs.rs/crate/larder/latest/source/";

/// What is wrong with a link on `page`, if anything is.
fn complaint(page: &Path, link: &str) -> Option<String> {
    if let Some(source) = link.strip_prefix(SOURCES) {
        return (!root().join(source).exists()).then(|| format!("{source} is no file"));
    }
    if !is_relative(link) {
        return None;
    }
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = match file {
        "" => root().join(page),
        file => root().join(page).parent()?.join(file),
    };
    if !target.exists() {
        return Some(format!("{file} is no file"));
    }
    let is_page = target.extension().is_some_and(|extension| extension == "md");
    let dead =
        !anchor.is_empty() && is_page && !anchors(&read(&target)).iter().any(|it| it == anchor);
    dead.then(|| format!("no heading of {file} is #{anchor}"))
}

#[test]
fn every_link_within_the_repository_leads_somewhere() {
    let mut complaints = Vec::new();
    for page in files("md") {
        let links = links(&read(&page));
        let dead = links.iter().filter_map(|link| complaint(&page, link));
        complaints.extend(dead.map(|complaint| format!("{}: {complaint}", page.display())));
    }
    assert_none(&complaints);
}
