//! One run of the comparison: what it may use, and what has come out of it so far.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use tempfile::TempDir;

use crate::child::{Child, Shared};
use crate::machine::load;
use crate::report;
use crate::row::{Budget, Measured, Row};
use crate::stores::Stores;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A fifth of the time for each row, few entries, no builds; the page goes to target/bench
    #[arg(long)]
    pub(crate) quick: bool,

    /// Only rows with this in their names, or in that of their group; the page goes to target/bench
    #[arg(long, value_name = "TEXT")]
    pub(crate) only: Option<String>,

    /// Not this group of rows; may be given several times. The page says so
    #[arg(long, value_name = "GROUP")]
    pub(crate) without: Vec<String>,
}

/// Where Python is, and the cluster: as tests are told.
const PYTHON: &str = "LARDER_TEST_PYTHON";
pub(crate) const CLUSTER: &str = "LARDER_TEST_DASK";

#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) options: Options,
    /// That of the machine, before.
    pub(crate) load: String,
    folder: TempDir,
    group: &'static str,
    python: BTreeMap<&'static str, Shared>,
    stores: OnceCell<Stores>,
    pub(crate) measured: Vec<(&'static str, Measured)>,
}

impl Bench {
    pub(crate) fn new(options: Options) -> Result<Self> {
        let folder = tempfile::tempdir().context("a temporary directory")?;
        let (python, stores, measured) = (BTreeMap::new(), OnceCell::new(), Vec::new());
        Ok(Self { options, load: load()?, folder, group: "", python, stores, measured })
    }

    /// A directory that goes with the run.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The peer `name` in Python.
    pub(crate) fn python(&mut self, name: &'static str) -> Result<Shared> {
        if !self.python.contains_key(name) {
            let child = Child::start(&mut self.python_command(name)?)?;
            self.python.insert(name, Shared::new(child));
        }
        Ok(self.python[name].clone())
    }

    /// What starts the peer `name` in Python.
    pub(crate) fn python_command(&self, name: &str) -> Result<Command> {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
        let mut command = Command::new(python()?);
        command
            .arg(scripts.join("peers.py"))
            .arg(name)
            .arg(self.folder())
            .env("PYTHONPATH", scripts);
        Ok(command)
    }

    /// The stores of small values, opened when first asked for.
    pub(crate) fn stores(&self) -> Result<&Stores> {
        if self.stores.get().is_none() {
            let opened = Stores::open(self.folder())?;
            return Ok(self.stores.get_or_init(|| opened));
        }
        self.stores.get().context("they were opened")
    }

    /// Begins a group of rows; says whether any of it may be wanted.
    pub(crate) fn group(&mut self, group: &'static str, works: &[&str]) -> bool {
        self.group = group;
        if self.options.without.iter().any(|left_out| left_out == group) {
            return false;
        }
        let wanted =
            |only: &String| group.contains(only) || works.iter().any(|work| work.contains(only));
        self.options.only.as_ref().is_none_or(wanted)
    }

    fn wants(&self, work: &str) -> bool {
        self.options
            .only
            .as_ref()
            .is_none_or(|only| self.group.contains(only) || work.contains(only))
    }

    /// Measures a row.
    pub(crate) fn row(&mut self, row: Row) -> Result<()> {
        let row_time = Duration::from_millis(if self.options.quick { 300 } else { 1500 });
        self.row_in(row_time, row)
    }

    /// Measures a row in more time, or less.
    pub(crate) fn row_in(&mut self, time: Duration, row: Row) -> Result<()> {
        if self.wants(&row.work) {
            let work = row.work.clone();
            let budget = Budget { row: time, turn: Duration::from_millis(2), fewest: 5 };
            let measured = row.measure(budget).with_context(|| work)?;
            self.known(measured);
        }
        Ok(())
    }

    /// Measures a row whose work is so long that three turns have to do.
    pub(crate) fn long_row(&mut self, row: Row) -> Result<()> {
        if self.wants(&row.work) {
            let work = row.work.clone();
            let budget = Budget { row: Duration::ZERO, turn: Duration::from_millis(2), fewest: 3 };
            let measured = row.measure(budget).with_context(|| work)?;
            self.known(measured);
        }
        Ok(())
    }

    /// A row whose figures are known already.
    pub(crate) fn known(&mut self, measured: Measured) {
        if self.wants(&measured.work) {
            report::print(&measured);
            self.measured.push((self.group, measured));
        }
    }
}

pub(crate) fn python() -> Result<PathBuf> {
    let python = std::env::var_os(PYTHON);
    python
        .map(PathBuf::from)
        .with_context(|| format!("{PYTHON} is not set: run `cargo xtask bench peers`"))
}
