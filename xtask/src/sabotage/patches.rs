//! The patches, which are data: xtask/sabotage.toml.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

/// One guarantee, how to break it, and the test that has to notice.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Patch {
    pub(crate) name: String,
    /// The guarantee, in words.
    pub(crate) breaks: String,
    /// What is changed, relative to the root.
    pub(crate) file: String,
    /// Text that occurs once in the file.
    pub(crate) old: String,
    pub(crate) new: String,
    /// The workspace the crate is of, if it has one of its own.
    #[serde(default)]
    pub(crate) workspace: String,
    /// The crate whose test it is.
    pub(crate) package: String,
    /// Which of its tests are built: `--lib`, `--test lease`; nothing for a program that is a test.
    pub(crate) target: String,
    /// The test's whole name.
    pub(crate) test: String,
    /// The file it stands in.
    pub(crate) tests: String,
}

#[derive(Deserialize)]
struct Patches {
    patch: Vec<Patch>,
}

pub(crate) fn patches(root: &Path) -> Result<Vec<Patch>> {
    let path = root.join("xtask/sabotage.toml");
    let text = fs::read_to_string(&path).context("xtask/sabotage.toml cannot be read")?;
    let Patches { patch } = toml::from_str(&text).context("xtask/sabotage.toml is malformed")?;
    Ok(patch)
}

/// What cargo is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Build,
    Run,
}

impl Patch {
    /// What cargo is told.
    pub(crate) fn command(&self, step: Step) -> Vec<&str> {
        let Self { package, target, test, .. } = self;
        let mut words = match (target.is_empty(), step) {
            (true, Step::Build) => vec!["build"],
            (true, Step::Run) => vec!["run"],
            (false, _) => vec!["test", "--all-features"],
        };
        words.extend(["--package", package]);
        words.extend(target.split_whitespace());
        match step {
            Step::Build if target.is_empty() => {}
            Step::Build => words.push("--no-run"),
            Step::Run => words.extend(["--", "--exact", test]),
        }
        words
    }

    /// The file's text once it is applied; `None` where the old text is not there, or more than once.
    pub(crate) fn applied_to(&self, text: &str) -> Option<String> {
        let (old, new) = (self.old.trim_end(), self.new.trim_end());
        (text.matches(old).count() == 1).then(|| text.replacen(old, new, 1))
    }
}
