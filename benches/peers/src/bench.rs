//! A group of rows, in a process of its own: what it may use, and how its rows are measured.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;

use crate::child::{Child, Shared};
use crate::outcome::Outcome;
use crate::progress::Progress;
use crate::report;
use crate::row::{Measured, Row};
use crate::stores::Stores;
use crate::turns::{Budget, guarded, measure};

/// What the whole run and the process of each group are told.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// A fifth of the time for each row, few entries, no builds; the page goes to target/bench
    #[arg(long)]
    pub(crate) quick: bool,

    /// Only rows with this in their names, or in that of their group; the page goes to target/bench
    #[arg(long, value_name = "TEXT")]
    pub(crate) only: Option<String>,

    /// How long one turn of a side may take, with what it prepares; after that its processes are ended
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: u64,
}

/// Where Python is, and the cluster: as tests are told.
const PYTHON: &str = "LARDER_TEST_PYTHON";
pub(crate) const CLUSTER: &str = "LARDER_TEST_DASK";

#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) options: Options,
    folder: PathBuf,
    group: String,
    python: BTreeMap<&'static str, Shared>,
    stores: OnceCell<Stores>,
    progress: Rc<Progress>,
}

impl Bench {
    /// For the rows of `group`; what it keeps goes into `folder`, where its plan is.
    pub(crate) fn new(options: Options, group: String, folder: PathBuf) -> Result<Self> {
        let progress = Progress::new(&folder, Duration::from_secs(options.limit))?;
        let (python, stores) = (BTreeMap::new(), OnceCell::new());
        Ok(Self { options, folder, group, python, stores, progress: Rc::new(progress) })
    }

    /// A directory that goes with the run.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The peer `name` in Python.
    pub(crate) fn python(&mut self, name: &'static str) -> Result<Shared> {
        // One that died in an earlier row is no reason to do without it in the next.
        if !self.python.get(name).is_some_and(Shared::lives) {
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

    /// Whether any of a group may be wanted, whose rows have one of `works` in their names.
    pub(crate) fn wants_any(&self, works: &[&str]) -> bool {
        let named = |only: &String| {
            works.iter().any(|work| work.contains(only.as_str()) || only.contains(work))
        };
        self.options.only.as_ref().is_none_or(|only| self.group.contains(only) || named(only))
    }

    fn wants(&self, work: &str) -> bool {
        !self.progress.is_done(work) && self.wants_any(&[work])
    }

    /// Says what is prepared now, which may take longer than a turn.
    pub(crate) fn preparing(&self, what: &str) -> Result<()> {
        self.progress.preparing(what)
    }

    /// Measures a row.
    pub(crate) fn row(&mut self, row: Row) -> Result<()> {
        self.row_in(self.row_time(), row)
    }

    fn row_time(&self) -> Duration {
        Duration::from_millis(if self.options.quick { 300 } else { 1500 })
    }

    /// Measures a row in more time, or less.
    pub(crate) fn row_in(&mut self, time: Duration, row: Row) -> Result<()> {
        self.row_of(Budget { row: time, turn: Duration::from_millis(2), fewest: 5 }, row)
    }

    /// Measures a row whose turns begin with what is not the work: threads that start, processes that are told. Beside so
    /// long a turn that is nothing.
    pub(crate) fn row_in_long_turns(&mut self, row: Row) -> Result<()> {
        let turn = Duration::from_millis(50);
        self.row_of(Budget { row: self.row_time(), turn, fewest: 5 }, row)
    }

    /// Measures a row whose work is so long that three turns have to do.
    pub(crate) fn long_row(&mut self, row: Row) -> Result<()> {
        self.row_of(Budget { row: Duration::ZERO, turn: Duration::from_millis(2), fewest: 3 }, row)
    }

    fn row_of(&mut self, budget: Budget, row: Row) -> Result<()> {
        if !self.wants(&row.work) {
            return Ok(());
        }
        let measured = measure(row, budget, &self.progress);
        self.preparing("the next row")?;
        self.tell(&measured)
    }

    /// A row of what is counted once, not timed in turns.
    pub(crate) fn counted(&mut self, row: Row<Counted<'_>>) -> Result<()> {
        if !self.wants(&row.work) {
            return Ok(());
        }
        let (work, progress) = (row.work.clone(), Rc::clone(&self.progress));
        let measured = row.map(|side, count| {
            progress.left_out(&work, side).unwrap_or_else(|| {
                let counted = guarded(|| {
                    progress.long_turn(&work, side)?;
                    count()
                });
                counted
                    .map_or_else(|error| Outcome::failed(&error), |it| Outcome::exact(it.max(0.0)))
            })
        });
        self.preparing("the next row")?;
        self.tell(&measured)
    }

    fn tell(&self, measured: &Measured) -> Result<()> {
        report::print(measured);
        self.progress.measured(measured)
    }
}

/// Counts once.
pub(crate) type Counted<'a> = Box<dyn FnOnce() -> Result<f64> + 'a>;

pub(crate) fn python() -> Result<PathBuf> {
    let python = std::env::var_os(PYTHON);
    python
        .map(PathBuf::from)
        .with_context(|| format!("{PYTHON} is not set: run `cargo xtask bench peers`"))
}
