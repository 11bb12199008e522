//! Suites under `cargo test`.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::report::Outcome;
use crate::store::{StoreSuite, store_cases};

/// The `main` of a test file with `harness = false`: every case of every suite is a test, `suite::case`, with the
/// arguments, filters and output of an ordinary one.
pub fn main(suites: impl IntoIterator<Item = StoreSuite>) -> ExitCode {
    let trials = suites.into_iter().flat_map(|suite| {
        store_cases().map(move |case| {
            let suite = suite.clone();
            Trial::ignorable_test(format!("{}::{}", suite.name(), case.id), move || {
                match suite.run_case(case) {
                    Outcome::Passed => Ok(Completion::Completed),
                    Outcome::Skipped { reason } => Ok(Completion::ignored_with(reason)),
                    Outcome::Failed { reason } => {
                        Err(Failed::from(format!("{reason}\n  broken promise: {}", case.about)))
                    }
                }
            })
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}
