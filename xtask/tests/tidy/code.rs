//! The code in the pages is compiled.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::markdown::code_blocks;
use crate::workspace::{assert_none, files, read};

/// Pages of what was decided once; their code need not hold today.
fn is_history(page: &Path) -> bool {
    page.starts_with("docs/decisions")
}

/// The pages that some crate includes as documentation tests, relative to the root.
fn tested() -> BTreeSet<PathBuf> {
    let mut pages = BTreeSet::new();
    for source in files("rs") {
        let text = read(&source);
        let included = text.split("#[doc = include_str!(\"").skip(1);
        for path in included.filter_map(|rest| rest.split('"').next()) {
            let mut page = source.parent().unwrap().to_owned();
            for part in Path::new(path).components() {
                match part {
                    Component::ParentDir => assert!(page.pop(), "{path} leads out of here"),
                    part => page.push(part),
                }
            }
            pages.insert(page);
        }
    }
    pages
}

#[test]
fn rust_in_pages_is_compiled() {
    let tested = tested();
    let mut complaints = Vec::new();
    for page in files("md").into_iter().filter(|page| !is_history(page)) {
        let text = read(&page);
        for (info, _) in code_blocks(&text) {
            let mut words = info.split(',');
            // Without a word it would be taken for Rust by rustdoc, and for nothing by whoever shows the page.
            let language = words.next().filter(|word| !word.is_empty());
            let complaint = match language {
                None => "a code block without its language",
                Some("rust") if !tested.contains(&page) => "has Rust, and no crate includes it",
                Some("rust") if words.any(|word| word == "ignore") => "has Rust that is ignored",
                Some(_) => continue,
            };
            complaints.push(format!("{}: {complaint}", page.display()));
        }
    }
    assert_none(&complaints);
}
