//! How the parallel suite judges: what fails, what is skipped, what the report says.

use std::thread;
use std::time::Duration;

use larder_conformance::{Outcome, ParallelCase, ParallelSuite, Report, parallel_cases};
use larder_core::parallel::{Call, NJobs, ParallelBackend, ParallelCapabilities, Sequential};
use larder_core::{Error, ErrorKind, Memory, Result};

const SHARED: ParallelCapabilities = ParallelCapabilities::shared_memory();

fn case(id: &str) -> &'static ParallelCase {
    parallel_cases().find(|case| case.id == id).expect("there is such a case")
}

fn reason(outcome: Outcome) -> String {
    match outcome {
        Outcome::Failed { reason } | Outcome::Skipped { reason } => reason,
        Outcome::Passed => String::new(),
    }
}

/// Does this instead of running a call.
#[derive(Debug)]
struct Instead(fn() -> Result<()>);

impl ParallelBackend for Instead {
    fn capabilities(&self) -> ParallelCapabilities {
        SHARED
    }

    fn workers(&self, _: NJobs) -> Result<usize> {
        Ok(1)
    }

    fn run(&self, _: &dyn Call) -> Result<()> {
        (self.0)()
    }
}

fn instead(run: fn() -> Result<()>) -> ParallelSuite {
    ParallelSuite::new("instead", SHARED, move || Ok(Instead(run)))
}

#[test]
fn a_backend_that_hangs_panics_or_errs_fails_with_what_it_said() {
    let hangs = instead(|| {
        thread::sleep(Duration::from_secs(3600));
        Ok(())
    });
    let outcome = hangs.limit(Duration::from_millis(50)).run_case(case("order.results"));
    assert!(outcome.is_failed() && reason(outcome).contains("50ms"));

    let outcome = instead(|| panic!("out of cheese")).run_case(case("order.results"));
    assert!(outcome.is_failed() && reason(outcome).contains("out of cheese"));

    let cut = || Err(Error::new(ErrorKind::Unavailable, "the cable is cut"));
    let outcome = instead(cut).run_case(case("order.results"));
    assert!(outcome.is_failed() && reason(outcome).contains("the cable is cut"));

    let none = || Err::<Sequential, _>(Error::new(ErrorKind::Unavailable, "nobody is there"));
    let outcome = ParallelSuite::new("none", SHARED, none).run_case(case("order.results"));
    assert!(outcome.is_failed() && reason(outcome).contains("nobody is there"));
}

/// Were the backend's own word taken, it would pass by declaring nothing.
#[test]
fn a_backend_is_held_to_what_its_test_file_pins() {
    let pinned = |must| ParallelSuite::new("pinned", must, || Ok(Sequential));
    for must in [SHARED.preemptive(), SHARED.remote(), ParallelCapabilities::separate()] {
        assert!(pinned(must).run_case(case("declared.as_pinned")).is_failed());
    }
    let separate = pinned(ParallelCapabilities::separate());
    assert!(separate.run_case(case("undeclared.closures")).is_failed());
    assert!(pinned(SHARED).run_case(case("declared.two_workers")).is_failed());
}

#[test]
fn a_case_that_does_not_concern_a_backend_is_skipped_with_its_reason() {
    let sequential = ParallelSuite::new("sequential", SHARED, || Ok(Sequential)).one_at_a_time();
    let skipped = |suite: &ParallelSuite, id| match suite.run_case(case(id)) {
        Outcome::Skipped { reason } => reason,
        other => panic!("{id}: {other:?}"),
    };
    assert_eq!(skipped(&sequential, "concurrent.two_at_once"), "needs two tasks at once");
    assert_eq!(skipped(&sequential, "timeout.ends_task"), "needs a way to end running tasks");
    assert_eq!(skipped(&sequential, "undeclared.closures"), "for those without shared memory");
    let separate = ParallelSuite::new("s", ParallelCapabilities::separate(), || Ok(Sequential));
    assert_eq!(skipped(&separate, "memory.once"), "needs a memory that tasks reach");
    let reached = separate.memory(|| Memory::open("memory:"));
    assert_eq!(reached.run_case(case("memory.once")), Outcome::Passed);
}

#[test]
fn a_report_names_every_case_in_order_and_survives_json() {
    let report = instead(|| Ok(())).limit(Duration::from_secs(1)).run();
    assert!(!report.is_success());
    let ids = parallel_cases().map(|case| case.id);
    assert!(ids.eq(report.cases.iter().map(|case| case.id.as_str())));
    assert!(report.failed().any(|case| case.id == "scale.one"));
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
}
