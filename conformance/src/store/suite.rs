//! All cases over one store.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use larder_core::store::StoreCapabilities;
use larder_core::{MAX_KEY_LEN, Result};

use super::case::{Ability, StoreCase};
use super::cases::store_cases;
use super::fixture::{Fixture, Fresh};
use super::place::StorePlace;
use crate::failure::Failure;
use crate::harness::{Check, Checks, Suite};
use crate::need::{Need, unmet};
use crate::report::{CaseReport, Outcome, Report};
use crate::watch::watched;

/// The suite over one store: run it under `cargo test` with [`main`](crate::main), or from code with [`run`](Self::run).
#[derive(Clone)]
pub struct StoreSuite {
    name: String,
    declares: StoreCapabilities,
    throttles_touch: bool,
    crowd: u64,
    longest_key: usize,
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
            longest_key: MAX_KEY_LEN,
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

    /// Says that the store takes keys of `len` bytes and no longer, as a layer does that lengthens them.
    #[must_use]
    pub fn longest_key(mut self, len: usize) -> Self {
        self.longest_key = len;
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
        watched(case.id, self.limit, move || suite.run_here(case))
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
            longest_key: self.longest_key,
        };
        // Every case needs this but those for stores without it.
        let writes = [Need::Has(Ability::Writes)];
        let unless_told = !case.needs.contains(&Need::Lacks(Ability::Writes));
        let needs = [case.needs, if unless_told { &writes } else { &[] }].concat();
        if let Some(reason) = unmet(&needs, |ability| fixture.has(ability)) {
            return Outcome::Skipped { reason };
        }
        match (case.run)(&fixture) {
            Ok(()) => Outcome::Passed,
            Err(Failure(reason)) => Outcome::Failed { reason },
        }
    }
}

impl Checks for StoreSuite {
    fn name(&self) -> &str {
        &self.name
    }

    fn checks(&self) -> Vec<Check> {
        let check = |case: &'static StoreCase| {
            let suite = self.clone();
            Check::new(case.id, case.about, move || suite.run_case(case))
        };
        store_cases().map(check).collect()
    }
}

impl Suite for StoreSuite {}

impl fmt::Debug for StoreSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreSuite")
            .field("name", &self.name)
            .field("declares", &self.declares)
            .finish_non_exhaustive()
    }
}
