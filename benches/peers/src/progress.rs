//! What the process of a group tells the one that watches it: where it is, in a file that the other looks at now and
//! then, so that nobody wakes up while something is measured.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::outcome::Outcome;
use crate::row::Measured;

/// What is not to be done again: it has been, or it came to nothing.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) done: Vec<String>,
    /// The work, the side, what became of it.
    pub(crate) left_out: Vec<(String, String, Outcome)>,
}

/// Where a process of a group is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Step {
    /// Another one for each turn.
    number: u64,
    pub(crate) limit: Duration,
    pub(crate) work: String,
    /// Whose turn it is; empty while something is prepared.
    pub(crate) side: String,
}

#[derive(Debug)]
pub(crate) struct Progress {
    folder: PathBuf,
    step: File,
    number: AtomicU64,
    limit: Duration,
    plan: Plan,
}

/// The files, in the group's folder.
const PLAN: &str = "plan.json";
const STEP: &str = "step.json";
const ROWS: &str = "rows.jsonl";

/// How much longer a preparation may take than a turn.
const PREPARING: u32 = 4;
/// The bytes of a step, filled up with blanks: they are written in one go.
const STEP_LEN: usize = 512;

impl Progress {
    /// In the process of the group.
    pub(crate) fn new(folder: &Path, limit: Duration) -> Result<Self> {
        let plan = fs::read(folder.join(PLAN)).context("a group has a plan")?;
        let progress = Self {
            folder: folder.to_owned(),
            step: File::create(folder.join(STEP))?,
            number: AtomicU64::new(0),
            limit,
            plan: serde_json::from_slice(&plan)?,
        };
        progress.preparing("the group")?;
        Ok(progress)
    }

    pub(crate) fn turn(&self, work: &str, side: &str) -> Result<()> {
        self.at(work, side, self.limit)
    }

    /// As a turn, of what is done once and takes long.
    pub(crate) fn long_turn(&self, work: &str, side: &str) -> Result<()> {
        self.at(work, side, self.limit * PREPARING)
    }

    pub(crate) fn preparing(&self, what: &str) -> Result<()> {
        self.at(what, "", self.limit * PREPARING)
    }

    fn at(&self, work: &str, side: &str, limit: Duration) -> Result<()> {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let step = Step { number, limit, work: work.to_owned(), side: side.to_owned() };
        let text = serde_json::to_string(&step)?;
        let written = self.step.write_all_at(format!("{text:STEP_LEN$}").as_bytes(), 0);
        written.context("nobody can be told where the group is")
    }

    pub(crate) fn is_done(&self, work: &str) -> bool {
        self.plan.done.iter().any(|done| done == work)
    }

    /// What became of a side the last time, if it is not to be tried again.
    pub(crate) fn left_out(&self, work: &str, side: &str) -> Option<Outcome> {
        let left_out = self.plan.left_out.iter().find(|(of, it, _)| of == work && it == side);
        left_out.map(|(.., outcome)| outcome.clone())
    }

    pub(crate) fn measured(&self, row: &Measured) -> Result<()> {
        let mut rows = OpenOptions::new().create(true).append(true).open(self.folder.join(ROWS))?;
        Ok(rows.write_all((serde_json::to_string(row)? + "\n").as_bytes())?)
    }
}

impl Plan {
    /// For a process that begins.
    pub(crate) fn give(&self, folder: &Path) -> Result<()> {
        Ok(fs::write(folder.join(PLAN), serde_json::to_vec(self)?)?)
    }
}

/// Where the process of the group in `folder` is, as far as is known.
pub(crate) fn step(folder: &Path) -> Option<Step> {
    serde_json::from_slice(&fs::read(folder.join(STEP)).ok()?).ok()
}

/// What it has measured.
pub(crate) fn rows(folder: &Path) -> Result<Vec<Measured>> {
    let text = fs::read_to_string(folder.join(ROWS)).unwrap_or_default();
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}
