//! Suites under `cargo test`.

use std::fmt;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::quiet::quiet;
use crate::report::Outcome;

/// A suite that [`main`] runs: over a store, or over a parallel backend.
pub trait Suite: Checks {}

/// What [`main`] sees of a suite.
pub trait Checks {
    /// The name of the backend.
    fn name(&self) -> &str;

    /// Every case, ready to run.
    fn checks(&self) -> Vec<Check>;
}

/// A case over one backend.
pub struct Check {
    id: &'static str,
    about: &'static str,
    run: Box<dyn FnOnce() -> Outcome + Send>,
}

impl Check {
    pub(crate) fn new(
        id: &'static str,
        about: &'static str,
        run: impl FnOnce() -> Outcome + Send + 'static,
    ) -> Self {
        Self { id, about, run: Box::new(run) }
    }

    fn trial(self, suite: &str) -> Trial {
        let Self { id, about, run } = self;
        Trial::ignorable_test(format!("{suite}::{id}"), move || match run() {
            Outcome::Passed => Ok(Completion::Completed),
            Outcome::Skipped { reason } => Ok(Completion::ignored_with(reason)),
            Outcome::Failed { reason } => {
                Err(Failed::from(format!("{reason}\n  broken promise: {about}")))
            }
        })
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Check({}: {})", self.id, self.about)
    }
}

/// The `main` of a test file with `harness = false`: every case of every suite is a test, `suite::case`, with the
/// arguments, filters and output of an ordinary one.
pub fn main(suites: impl IntoIterator<Item = impl Suite>) -> ExitCode {
    quiet();
    let trials = suites.into_iter().flat_map(|suite| {
        let checks = suite.checks().into_iter();
        checks.map(|check| check.trial(suite.name())).collect::<Vec<_>>()
    });
    let mut arguments = Arguments::from_args();
    // Most of the time of most cases is waiting: for a lease, a server, another process.
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    arguments.test_threads.get_or_insert(2 * cpus);
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}
