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
    /// The crate whose test it is.
    pub(crate) package: String,
    /// Which of its tests are built: `--lib`, `--test lease`.
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

impl Patch {
    /// The file's text once it is applied; `None` where the old text is not there, or more than once.
    pub(crate) fn applied_to(&self, text: &str) -> Option<String> {
        let (old, new) = (self.old.trim_end(), self.new.trim_end());
        (text.matches(old).count() == 1).then(|| text.replacen(old, new, 1))
    }
}
