//! What is there after a round that should not be.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::plan::{Plan, Weather};
use crate::tally::{Charge, Tally};

/// Files beside the entries that belong there while nobody has the store open.
const KEPT: [&str; 4] = [".gitignore", ".lock", "database", "database-lock"];

/// Charges processes that still run for the round in `dir`, and files that are no entries.
pub(crate) fn find(plan: &Plan, dir: &Path, tally: &mut Tally) -> Result<()> {
    for process in processes(dir)? {
        tally.charge(Charge::Leftover, format!("process {process} still runs"));
    }
    // A database that was damaged keeps its log: it cannot be told what is in that.
    if plan.weather == Weather::Damaging && plan.has_database() {
        return Ok(());
    }
    let memory = plan.open(&dir.join("store"), 0)?;
    let entries: HashSet<_> =
        memory.contents()?.into_iter().filter_map(|entry| memory.local_path(&entry.key)).collect();
    drop(memory);
    for path in files(&dir.join("store"))? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // Other processes' near sides hold what this one's does not.
        let is_entry = entries.contains(&path) || name.len() == 64 && !name.contains('.');
        if !is_entry && !KEPT.contains(&name) && !name.ends_with(".damaged") {
            tally.charge(Charge::Leftover, format!("file {}", path.display()));
        }
    }
    Ok(())
}

/// Those whose command line names `dir`.
fn processes(dir: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for process in fs::read_dir("/proc")? {
        let process = process?;
        // One that has just ended has no command line any more.
        let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&line).contains(&*dir.to_string_lossy()) {
            found.push(process.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(found)
}

fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        match path.is_dir() {
            true => files.extend(self::files(&path)?),
            false => files.push(path),
        }
    }
    Ok(files)
}
