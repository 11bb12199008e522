//! The parallel suite is tested by backends broken on purpose: each is caught by the cases named for it, and each case
//! catches one.

#[path = "mutants/parallel/failures.rs"]
mod failures;
#[path = "mutants/parallel/flow.rs"]
mod flow;
#[path = "mutants/parallel/mutant.rs"]
mod mutant;
#[path = "mutants/parallel/processes.rs"]
mod processes;
#[path = "mutants/parallel/results.rs"]
mod results;
#[path = "mutants/parallel/sound.rs"]
mod sound;
#[path = "mutants/parallel/talks.rs"]
mod talks;

use std::collections::BTreeSet;

use larder_conformance::{Outcome, ParallelCase, ParallelSuite, parallel_cases};

use mutant::{Mutant, PREEMPTIVE, SEPARATE, SHARED};
use processes::{Ends, processes};
use sound::{Custom, elsewhere, here};

fn mutants() -> Vec<Mutant> {
    let all = [talks::mutants, results::mutants, failures::mutants, flow::mutants];
    all.into_iter().flat_map(|of_subject| of_subject()).collect()
}

fn case(id: &str) -> &'static ParallelCase {
    parallel_cases().find(|case| case.id == id).unwrap_or_else(|| panic!("no case is called {id}"))
}

/// What threads skip runs on processes: a process for each task is slow.
#[test]
fn the_originals_pass_and_between_them_skip_nothing() {
    let originals = [
        ParallelSuite::new("here", SHARED, || Ok(Custom::new(SHARED, here))),
        ParallelSuite::new("elsewhere", SEPARATE, || Ok(Custom::new(SEPARATE, elsewhere))),
        ParallelSuite::new("processes", PREEMPTIVE, || {
            Ok(Custom::new(PREEMPTIVE, |call| processes(call, Ends::ALL)))
        }),
    ];
    let [threads @ .., processes] = originals;
    for case in parallel_cases() {
        let mut outcomes: Vec<_> = threads.iter().map(|suite| suite.run_case(case)).collect();
        if !outcomes.contains(&Outcome::Passed) {
            outcomes.push(processes.run_case(case));
        }
        let id = case.id;
        assert!(outcomes.iter().all(|outcome| !outcome.is_failed()), "{id}: {outcomes:?}");
        assert!(outcomes.contains(&Outcome::Passed), "{id} ran over none: {outcomes:?}");
    }
}

#[test]
fn every_mutant_is_caught_by_the_cases_named_for_it() {
    let mut survived = Vec::new();
    for Mutant { suite, caught_by } in mutants() {
        assert!(!caught_by.is_empty(), "nothing is said to catch {:?}", suite.name());
        for id in caught_by {
            let outcome = suite.run_case(case(id));
            if !outcome.is_failed() {
                survived.push(format!("{} under {id}: {outcome:?}", suite.name()));
            }
        }
    }
    assert!(survived.is_empty(), "{survived:#?}");
}

#[test]
fn every_case_catches_a_mutant() {
    let caught_by: BTreeSet<&str> = mutants().iter().flat_map(|m| m.caught_by).copied().collect();
    let idle: Vec<&str> =
        parallel_cases().map(|case| case.id).filter(|id| !caught_by.contains(id)).collect();
    assert!(idle.is_empty(), "these cases catch no mutant: {idle:?}");
}

#[test]
fn names_are_used_once() {
    let count = parallel_cases().count();
    assert_eq!(parallel_cases().map(|case| case.id).collect::<BTreeSet<_>>().len(), count);
    let mutants = mutants();
    assert_eq!(
        mutants.iter().map(|m| m.suite.name()).collect::<BTreeSet<_>>().len(),
        mutants.len()
    );
}
