//! What each crate says of itself.

use std::collections::BTreeSet;
use std::process::Command;

use toml::Table;

use crate::workspace::{Member, assert_none, members, metadata, read};

fn manifest(member: &Member) -> Table {
    read(format!("{}/Cargo.toml", member.directory).trim_start_matches('/')).parse().unwrap()
}

fn is_inherited(table: &Table, field: &str) -> bool {
    table.get(field).and_then(|value| value.get("workspace")?.as_bool()) == Some(true)
}

/// A path without a version, as publishing wants it where two crates of the workspace test with each other.
fn has_no_version(table: &Table, field: &str) -> bool {
    let value = table.get(field).and_then(toml::Value::as_table);
    value.is_some_and(|value| value.contains_key("path") && !value.contains_key("version"))
}

#[test]
fn every_crate_inherits_what_belongs_to_the_workspace() {
    let mut complaints = Vec::new();
    for member in members() {
        let manifest = manifest(&member);
        let package = manifest["package"].as_table().unwrap();
        let mut want = |held: bool, what: &str| {
            if !held {
                complaints.push(format!("{}: {what}", member.name));
            }
        };
        for field in ["version", "edition", "rust-version", "license"] {
            want(is_inherited(package, field), &format!("`{field}.workspace = true` is missing"));
        }
        want(
            manifest.get("lints").and_then(|it| it.get("workspace")?.as_bool()) == Some(true),
            "`[lints] workspace = true` is missing",
        );
        want(package.contains_key("description"), "has no description");
        if package.get("publish").and_then(toml::Value::as_bool) != Some(false) {
            let docs = package.get("metadata").and_then(|it| it.get("docs")?.get("rs"));
            let all = docs.and_then(|it| it.get("all-features")?.as_bool());
            let shown = read(format!("{}/src/lib.rs", member.directory).trim_start_matches('/'));
            want(all == Some(true), "its documentation is not built with all features");
            // What a feature brings says so.
            want(shown.contains("#![cfg_attr(docsrs, feature(doc_cfg))]"), "hides its features");
        }
    }
    assert_none(&complaints);
}

#[test]
fn dependencies_are_versioned_in_one_place() {
    let mut complaints = Vec::new();
    for member in members() {
        let manifest = manifest(&member);
        let targets = manifest.get("target").and_then(toml::Value::as_table).into_iter();
        let per_target = targets.flat_map(Table::values).filter_map(toml::Value::as_table);
        for section in [&manifest].into_iter().chain(per_target) {
            for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
                let Some(dependencies) = section.get(kind).and_then(toml::Value::as_table) else {
                    continue;
                };
                let own = dependencies.keys().filter(|name| {
                    !is_inherited(dependencies, name) && !has_no_version(dependencies, name)
                });
                complaints.extend(own.map(|name| {
                    format!("{}: `{name}` belongs in [workspace.dependencies]", member.name)
                }));
            }
        }
    }
    assert_none(&complaints);
}

/// Major and minor.
fn rust_version(text: &str) -> (u32, u32) {
    let mut parts = text.split(['.', '-']).map(|part| part.parse().unwrap());
    (parts.next().unwrap(), parts.next().unwrap())
}

/// One line of `rustc --version --verbose`.
fn rustc(field: &str) -> String {
    let output = Command::new("rustc").arg("-vV").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut values = text.lines().filter_map(|line| line.strip_prefix(field)?.strip_prefix(": "));
    values.next().unwrap().to_owned()
}

#[test]
fn the_stated_rust_version_is_true() {
    let workspace: Table = read("Cargo.toml").parse().unwrap();
    let stated = rust_version(workspace["workspace"]["package"]["rust-version"].as_str().unwrap());
    let running = rust_version(&rustc("release"));
    assert!(stated <= running, "stated {stated:?}, but tested with {running:?}");

    // Other platforms' crates need not be on this machine.
    let packages = metadata(&["--all-features", "--filter-platform", &rustc("host")]);
    let complaints: Vec<_> = packages
        .iter()
        .filter_map(|package| {
            let needs = package["rust_version"].as_str()?;
            let name = package["name"].as_str()?;
            (rust_version(needs) > stated).then(|| format!("{name} needs Rust {needs}"))
        })
        .collect();
    assert_none(&complaints);
}

/// All crates of a Cargo.lock that are not in this repository, with their versions.
fn locked(path: &str) -> BTreeSet<(String, String)> {
    let lock: Table = read(path).parse().unwrap();
    let packages = lock["package"].as_array().unwrap().iter();
    let text = |package: &toml::Value, field: &str| package[field].as_str().unwrap().to_owned();
    packages
        .filter(|package| package.get("source").is_some())
        .map(|package| (text(package, "name"), text(package, "version")))
        .collect()
}

/// What compatible versions have in common: all up to the first number that is not zero.
fn line(version: &str) -> String {
    let numbers: Vec<_> = version.split('.').collect();
    let first = numbers.iter().position(|number| *number != "0").unwrap_or(numbers.len() - 1);
    numbers[..=first].join(".")
}

/// Else another larder than the tested one would be measured.
#[test]
fn the_comparison_has_larders_dependencies_in_larders_versions() {
    let own = locked("Cargo.lock");
    let complaints: Vec<_> = locked("benches/peers/Cargo.lock")
        .difference(&own)
        .filter(|(name, version)| {
            own.iter().any(|(other, own)| other == name && line(own) == line(version))
        })
        .map(|(name, version)| format!("benches/peers/Cargo.lock: {name} {version}"))
        .collect();
    assert_none(&complaints);
}
