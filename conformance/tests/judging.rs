//! How the suite judges: what fails, what is skipped, what the report says.

use std::time::Duration;

use larder_conformance::{Outcome, Report, StoreCase, StorePlace, StoreSuite, store_cases};
use larder_core::store::{
    Fault, FaultStore, LeaseScope, MemoryStore, StoreBackend, StoreCapabilities, When,
};
use larder_core::{Error, ErrorKind, Result};

fn case(id: &str) -> &'static StoreCase {
    store_cases().find(|case| case.id == id).expect("there is such a case")
}

fn memory() -> Result<impl StorePlace> {
    let memory = MemoryStore::new();
    Ok(move || Ok(memory.clone()))
}

fn faulty(when: When, fault: Fault) -> StoreSuite {
    StoreSuite::new("faulty", MemoryStore::new().capabilities(), move || {
        let memory = MemoryStore::new();
        Ok(move || {
            let store = FaultStore::new(std::sync::Arc::new(memory.clone()));
            store.inject(when, fault);
            Ok(store)
        })
    })
}

fn reason(outcome: Outcome) -> String {
    match outcome {
        Outcome::Failed { reason } | Outcome::Skipped { reason } => reason,
        Outcome::Passed => String::new(),
    }
}

#[test]
fn a_store_that_errs_fails_with_its_error() {
    let suite = faulty(When::Nth(1), Fault::Fail(ErrorKind::StorageFull));
    let outcome = suite.run_case(case("value.replaced"));
    assert!(outcome.is_failed());
    let reason = reason(outcome);
    assert!(reason.contains("put") && reason.contains("storage full"), "{reason}");
}

#[test]
fn a_store_that_hangs_fails_and_does_not_hold_up_the_suite() {
    let suite = faulty(When::Always, Fault::Delay(Duration::from_secs(3600)));
    let outcome = suite.limit(Duration::from_millis(50)).run_case(case("value.replaced"));
    assert!(outcome.is_failed());
    assert!(reason(outcome).contains("50ms"));
}

#[test]
fn a_panic_is_a_failure_and_says_what_it_said() {
    let suite = StoreSuite::new("panics", StoreCapabilities::inline(), || {
        Ok(|| -> Result<MemoryStore> { panic!("out of cheese") })
    });
    let outcome = suite.run_case(case("value.sizes"));
    assert!(outcome.is_failed());
    assert!(reason(outcome).contains("out of cheese"));
}

#[test]
fn a_place_that_cannot_be_made_or_opened_is_a_failure() {
    let broken = |what| Error::new(ErrorKind::PermissionDenied, what);
    let nowhere = StoreSuite::new("nowhere", StoreCapabilities::inline(), move || {
        Err::<fn() -> Result<MemoryStore>, _>(broken("no place"))
    });
    assert!(reason(nowhere.run_case(case("value.sizes"))).contains("no place"));
    let closed = StoreSuite::new("closed", StoreCapabilities::inline(), move || {
        Ok(move || -> Result<MemoryStore> { Err(broken("no key")) })
    });
    let outcome = closed.run_case(case("value.sizes"));
    assert!(outcome.is_failed());
    assert!(reason(outcome).contains("no key"));
}

/// Were the store's own word taken, it would pass by declaring nothing.
#[test]
fn a_store_is_held_to_what_its_test_file_pins() {
    let more = MemoryStore::new().capabilities().persistent();
    let pinned_too_much = StoreSuite::new("more", more, memory);
    assert!(pinned_too_much.run_case(case("declared.as_pinned")).is_failed());

    let pinned_too_little = StoreSuite::new("less", StoreCapabilities::inline(), memory);
    for id in ["declared.as_pinned", "undeclared.lease", "undeclared.create", "undeclared.recency"]
    {
        assert!(pinned_too_little.run_case(case(id)).is_failed(), "{id}");
    }
    let another_scope = MemoryStore::new().capabilities().lease(LeaseScope::Global);
    let wider = StoreSuite::new("wider", another_scope, memory);
    assert!(wider.run_case(case("declared.as_pinned")).is_failed());
}

#[test]
fn a_case_that_does_not_concern_a_store_is_skipped_with_its_reason() {
    let suite = StoreSuite::new("memory", MemoryStore::new().capabilities(), memory);
    let skipped = |id| match suite.run_case(case(id)) {
        Outcome::Skipped { reason } => reason,
        other => panic!("{id}: {other:?}"),
    };
    assert_eq!(skipped("reopen.keeps"), "needs entries that outlive the process");
    assert_eq!(skipped("undeclared.lease"), "for those without leases");
    let throttled = suite.clone().throttles_touch();
    let outcome = throttled.run_case(case("recency.touch"));
    assert_eq!(reason(outcome), "needs a touch that is never left out");
    assert_eq!(throttled.run_case(case("recency.answers")), Outcome::Passed);
}

#[test]
fn a_report_names_every_case_in_order_and_survives_json() {
    let report = faulty(When::Always, Fault::Fail(ErrorKind::Io)).run();
    assert!(!report.is_success());
    let ids = store_cases().map(|case| case.id);
    assert!(ids.eq(report.cases.iter().map(|case| case.id.as_str())));
    assert!(report.failed().any(|case| case.id == "value.sizes"));

    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    let text = report.to_string();
    assert_eq!(text.lines().count(), report.cases.len() + 1);
    assert!(text.contains("FAILED   value.sizes: put of"));
}
