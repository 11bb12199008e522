//! A copy of the tree, to be broken.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::patches::Patch;
use crate::process;

pub(crate) struct Tree {
    path: PathBuf,
}

/// A patched file. Dropped, it is as it was.
pub(crate) struct Patched {
    path: PathBuf,
    original: String,
}

impl Tree {
    /// A copy of what git knows or could know, as it is now. Files that are the same already are left as they are: what
    /// was built of them is up to date.
    pub(crate) fn fresh(path: &Path) -> Result<Self> {
        let mut git = process::program("git");
        git.args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
        let listed = git.output().context("cannot run git")?;
        ensure!(listed.status.success(), "git cannot list the files of the tree");
        let listed = String::from_utf8(listed.stdout)?;
        let files: Vec<_> = listed.split_terminator('\0').map(Path::new).collect();
        for file in &files {
            // A file that was removed and not yet committed is listed still.
            let Ok(bytes) = fs::read(process::root().join(file)) else { continue };
            let copy = path.join(file);
            if fs::read(&copy).is_ok_and(|there| there == bytes) {
                continue;
            }
            fs::create_dir_all(copy.parent().expect("it lies in the tree"))?;
            fs::write(copy, bytes)?;
        }
        remove_others(path, Path::new(""), &files)?;
        Ok(Self { path: path.to_owned() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// `None` where the patch does not apply.
    pub(crate) fn apply(&self, patch: &Patch) -> Result<Option<Patched>> {
        let path = self.path.join(&patch.file);
        let original = fs::read_to_string(&path).with_context(|| patch.file.clone())?;
        let Some(text) = patch.applied_to(&original) else { return Ok(None) };
        let patched = Patched { path, original };
        fs::write(&patched.path, text)?;
        Ok(Some(patched))
    }
}

/// What an earlier copy had and this tree has not.
fn remove_others(root: &Path, below: &Path, files: &[&Path]) -> Result<()> {
    for entry in fs::read_dir(root.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            remove_others(root, &path, files)?;
        } else if !files.contains(&&*path) {
            fs::remove_file(root.join(path))?;
        }
    }
    Ok(())
}

impl Drop for Patched {
    fn drop(&mut self) {
        fs::write(&self.path, &self.original).expect("the copy can be mended");
    }
}
