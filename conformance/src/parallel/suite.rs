//! All cases over one parallel backend.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use larder_core::parallel::{ParallelBackend, ParallelCapabilities};
use larder_core::{Memory, Result};

use super::case::ParallelCase;
use super::cases::parallel_cases;
use super::fixture::{Fixture, Fresh, OpenMemory};
use crate::failure::Failure;
use crate::harness::{Check, Checks, Suite};
use crate::need::unmet;
use crate::report::{CaseReport, Outcome, Report};
use crate::watch::watched;

/// The suite over one parallel backend: run it under `cargo test` with [`main`](crate::main), or from code with
/// [`run`](Self::run).
///
/// ```
/// use larder_conformance::ParallelSuite;
/// use larder_core::parallel::{ParallelCapabilities, Sequential};
///
/// let must = ParallelCapabilities::shared_memory();
/// let suite = ParallelSuite::new("sequential", must, || Ok(Sequential)).one_at_a_time();
/// assert_eq!(suite.name(), "sequential");
/// ```
#[derive(Clone)]
pub struct ParallelSuite {
    name: String,
    declares: ParallelCapabilities,
    one_at_a_time: bool,
    turn: Option<Arc<Mutex<()>>>,
    memory: Option<OpenMemory>,
    limit: Duration,
    fresh: Fresh,
}

impl ParallelSuite {
    /// The suite over the backends that `fresh` makes, one a case.
    ///
    /// `declares` pins what the backend must declare, word for word: one that stops declaring an ability fails, and is
    /// not checked for less.
    pub fn new<B: ParallelBackend>(
        name: impl Into<String>,
        declares: ParallelCapabilities,
        fresh: impl Fn() -> Result<B> + Send + Sync + 'static,
    ) -> Self {
        Self::shared(name, declares, move || Ok(Arc::new(fresh()?)))
    }

    /// As [`new`](Self::new), over what a registry opens.
    pub fn shared(
        name: impl Into<String>,
        declares: ParallelCapabilities,
        fresh: impl Fn() -> Result<Arc<dyn ParallelBackend>> + Send + Sync + 'static,
    ) -> Self {
        let suite = Self {
            name: name.into(),
            declares,
            one_at_a_time: false,
            turn: None,
            memory: None,
            limit: Duration::from_secs(300),
            fresh: Arc::new(fresh),
        };
        if declares.shared_memory { suite.memory(|| Memory::open("memory:")) } else { suite }
    }

    /// Says that the backend never runs two tasks at once, as it may.
    #[must_use]
    pub fn one_at_a_time(mut self) -> Self {
        self.one_at_a_time = true;
        self
    }

    /// Has cases run one after another, also where the harness would run several at once: for backends that share few
    /// workers. Some cases need two at the same time.
    #[must_use]
    pub fn in_turn(mut self) -> Self {
        self.turn = Some(Arc::default());
        self
    }

    /// Says how to open an empty memory that tasks reach, one a case. Where tasks share this process's memory, there is
    /// one; for all others, without this, whether tasks see the memory in scope is for the backend's own tests to show.
    #[must_use]
    pub fn memory(mut self, open: impl Fn() -> Result<Memory> + Send + Sync + 'static) -> Self {
        self.memory = Some(Arc::new(open));
        self
    }

    /// How long a case may take before it counts as hung and fails; five minutes unless told.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// The name of the backend, as reports have it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs every case, one after another.
    pub fn run(&self) -> Report {
        let report = |case: &'static ParallelCase| CaseReport::new(case.id, self.run_case(case));
        Report::new(&self.name, parallel_cases().map(report).collect())
    }

    /// Runs one case, on a backend of its own. A panic of the backend fails the case; so does a hang, though its threads
    /// stay behind.
    pub fn run_case(&self, case: &'static ParallelCase) -> Outcome {
        let suite = self.clone();
        let _turn =
            self.turn.as_ref().map(|turn| turn.lock().unwrap_or_else(PoisonError::into_inner));
        // Not the case's to remove: one that hangs never does, and without it stops waiting for marks.
        let place = match tempfile::tempdir() {
            Ok(place) => place,
            Err(error) => return Outcome::Failed { reason: format!("no directory: {error}") },
        };
        let path = place.path().to_owned();
        watched(case.id, self.limit, move || suite.run_here(case, path))
    }

    fn run_here(&self, case: &ParallelCase, place: PathBuf) -> Outcome {
        let backend = match (self.fresh)() {
            Ok(backend) => backend,
            Err(error) => return Outcome::Failed { reason: format!("no backend: {error:?}") },
        };
        let fixture = Fixture {
            backend,
            declares: self.declares,
            one_at_a_time: self.one_at_a_time,
            memory: self.memory.clone(),
            place,
        };
        if let Some(reason) = unmet(case.needs, |ability| fixture.has(ability)) {
            return Outcome::Skipped { reason };
        }
        match (case.run)(&fixture) {
            Ok(()) => Outcome::Passed,
            Err(Failure(reason)) => Outcome::Failed { reason },
        }
    }
}

impl Checks for ParallelSuite {
    fn name(&self) -> &str {
        &self.name
    }

    fn checks(&self) -> Vec<Check> {
        let check = |case: &'static ParallelCase| {
            let suite = self.clone();
            Check::new(case.id, case.about, move || suite.run_case(case))
        };
        parallel_cases().map(check).collect()
    }
}

impl Suite for ParallelSuite {}

impl fmt::Debug for ParallelSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParallelSuite")
            .field("name", &self.name)
            .field("declares", &self.declares)
            .finish_non_exhaustive()
    }
}
