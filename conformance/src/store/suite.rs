//! All cases over one store.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use std::{fmt, thread};

use larder_core::Result;
use larder_core::store::StoreCapabilities;

use super::case::{Need, StoreCase};
use super::cases::store_cases;
use super::fixture::{Fixture, Fresh};
use super::place::StorePlace;
use crate::failure::Failure;
use crate::report::{CaseReport, Outcome, Report};

/// The suite over one store: run it under `cargo test` with [`main`](crate::main), or from code with [`run`](Self::run).
#[derive(Clone)]
pub struct StoreSuite {
    name: String,
    declares: StoreCapabilities,
    throttles_touch: bool,
    crowd: u64,
    limit: Duration,
    left_out: Vec<(&'static str, String)>,
    fresh: Fresh,
}

impl StoreSuite {
    /// The suite over the store that `fresh` makes empty places for, one a case.
    ///
    /// `declares` pins what the store must declare, word for word: a store that stops declaring an ability fails,
    /// and is not checked for less.
    pub fn new<P: StorePlace>(
        name: impl Into<String>,
        declares: StoreCapabilities,
        fresh: impl Fn() -> Result<P> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            declares,
            throttles_touch: false,
            crowd: u64::MAX,
            limit: Duration::from_secs(300),
            left_out: Vec::new(),
            fresh: Arc::new(move || Ok(Arc::new(fresh()?))),
        }
    }

    /// Says that the store leaves out a touch that soon follows a put or another touch, as it may. Whether a touch
    /// moves the last use is then for the store's own tests to show.
    #[must_use]
    pub fn throttles_touch(mut self) -> Self {
        self.throttles_touch = true;
        self
    }

    /// Says that at most so many callers race for one entry, on services where each one more costs seconds. At least two
    /// do.
    #[must_use]
    pub fn crowd(mut self, callers: u64) -> Self {
        self.crowd = callers.max(2);
        self
    }

    /// How long a case may take before it counts as hung and fails; five minutes unless told.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Leaves out a case that cannot be asked of the store where it is: the report has it as skipped, for this reason.
    #[must_use]
    pub fn without(mut self, id: &'static str, reason: impl Into<String>) -> Self {
        self.left_out.push((id, reason.into()));
        self
    }

    /// The name of the store, as reports have it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs every case, one after another.
    pub fn run(&self) -> Report {
        let report = |case: &'static StoreCase| CaseReport::new(case.id, self.run_case(case));
        Report::new(&self.name, store_cases().map(report).collect())
    }

    /// Runs one case, on an empty place of its own. A panic of the store fails the case; so does a hang, though its
    /// thread stays behind.
    pub fn run_case(&self, case: &'static StoreCase) -> Outcome {
        if let Some((_, reason)) = self.left_out.iter().find(|(id, _)| *id == case.id) {
            return Outcome::Skipped { reason: reason.clone() };
        }
        let suite = self.clone();
        let (done, outcome) = channel();
        let run = move || {
            let outcome = catch_unwind(AssertUnwindSafe(|| suite.run_here(case)));
            // A receiver that is gone has counted the case as hung already.
            let _ = done.send(outcome);
        };
        if let Err(error) = thread::Builder::new().name(case.id.into()).spawn(run) {
            return Outcome::Failed { reason: format!("no thread for the case: {error}") };
        }
        match outcome.recv_timeout(self.limit) {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => Outcome::Failed { reason: panic_text(&*panic) },
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                Outcome::Failed { reason: format!("not done after {:?}", self.limit) }
            }
        }
    }

    fn run_here(&self, case: &StoreCase) -> Outcome {
        let place = match (self.fresh)() {
            Ok(place) => place,
            Err(error) => return Outcome::Failed { reason: format!("no empty place: {error:?}") },
        };
        let fixture = Fixture {
            fresh: Arc::clone(&self.fresh),
            place,
            declares: self.declares,
            throttles_touch: self.throttles_touch,
            crowd: self.crowd,
        };
        for need in case.needs {
            match *need {
                Need::Has(ability) if !fixture.has(ability) => {
                    return Outcome::Skipped { reason: format!("needs {ability}") };
                }
                Need::Lacks(ability) if fixture.has(ability) => {
                    return Outcome::Skipped { reason: format!("for stores without {ability}") };
                }
                Need::Has(_) | Need::Lacks(_) => {}
            }
        }
        match (case.run)(&fixture) {
            Ok(()) => Outcome::Passed,
            Err(Failure(reason)) => Outcome::Failed { reason },
        }
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("panicked: {}", text.unwrap_or("without a message"))
}

impl fmt::Debug for StoreSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreSuite")
            .field("name", &self.name)
            .field("declares", &self.declares)
            .finish_non_exhaustive()
    }
}
