//! The two places that show what the workspace consists of.

use std::fs;

use crate::workspace::{assert_none, members, read, root};

#[test]
fn every_crate_is_in_the_readme() {
    let readme = read("README.md");
    let missing: Vec<_> = members()
        .into_iter()
        .filter(|member| !readme.contains(&format!("\n| [`{}`](", member.name)))
        .map(|member| format!("README.md: no row for `{}` in the table of crates", member.name))
        .collect();
    assert_none(&missing);
}

#[test]
fn every_feature_is_in_the_readme() {
    let readme = read("README.md");
    let list = readme.split("\nFeatures of `larder`: ").nth(1).expect("a paragraph of features");
    let list = list.split("\n\n").next().unwrap_or_default();
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let features = manifest["features"].as_table().unwrap().keys();
    let missing: Vec<_> = features
        .filter(|name| *name != "default" && !list.contains(&format!("`{name}`")))
        .map(|name| format!("README.md: nothing is said of the feature `{name}`"))
        .collect();
    assert_none(&missing);
}

/// The paths at the beginning of the lines of the first code block in docs/architecture.md.
fn drawn() -> Vec<String> {
    let page = read("docs/architecture.md");
    let block = page.split("```").nth(1).expect("a code block");
    let lines = block.lines().skip(1);
    lines.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// The directories at the root with anything but directories in them.
fn directories() -> Vec<String> {
    fs::read_dir(root())
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .filter(|entry| !entry.path().join("CACHEDIR.TAG").exists())
        .filter(|entry| fs::read_dir(entry.path()).unwrap().next().is_some())
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.'))
        .collect()
}

#[test]
fn the_tree_in_the_architecture_page_is_the_tree() {
    let drawn = drawn();
    let members = members().into_iter().map(|member| member.directory).filter(|it| !it.is_empty());
    let mut complaints: Vec<_> = members
        .filter(|directory| !drawn.contains(&format!("{directory}/")))
        .map(|directory| format!("the crate in {directory}/ is missing"))
        .collect();
    complaints.extend(
        directories()
            .into_iter()
            .filter(|name| !drawn.iter().any(|path| path.starts_with(&format!("{name}/"))))
            .map(|name| format!("{name}/ is missing")),
    );
    complaints.extend(
        drawn
            .iter()
            .filter(|path| !root().join(path).exists())
            .map(|path| format!("{path} does not exist")),
    );
    assert_none(&complaints);
}
