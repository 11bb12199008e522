//! The suite is tested by stores broken on purpose: each is caught by the cases named for it, and each case catches one.

#[path = "mutants/compacts.rs"]
mod compacts;
#[path = "mutants/creates.rs"]
mod creates;
#[path = "mutants/flaw.rs"]
mod flaw;
#[path = "mutants/leases.rs"]
mod leases;
#[path = "mutants/lists.rs"]
mod lists;
#[path = "mutants/places.rs"]
mod places;
#[path = "mutants/values.rs"]
mod values;

use std::collections::{BTreeMap, BTreeSet};

use flaw::{Flawless, Mutant, bare, mutant, read_only};
use larder_conformance::{Outcome, StoreCase, store_cases};

fn mutants() -> Vec<Mutant> {
    let all = [
        values::mutants,
        lists::mutants,
        creates::mutants,
        leases::mutants,
        compacts::mutants,
        places::mutants,
    ];
    all.into_iter().flat_map(|of_subject| of_subject()).collect()
}

fn case(id: &str) -> &'static StoreCase {
    store_cases().find(|case| case.id == id).unwrap_or_else(|| panic!("no case is called {id}"))
}

#[test]
fn the_originals_pass_and_between_them_skip_nothing() {
    let mut outcomes: BTreeMap<&str, Vec<Outcome>> = BTreeMap::new();
    let originals = [
        mutant("full", Flawless, &[]),
        bare("bare", Flawless, &[]),
        read_only("read-only", Flawless, &[]),
    ];
    for original in originals {
        for case in store_cases() {
            outcomes.entry(case.id).or_default().push(original.suite.run_case(case));
        }
    }
    for (id, outcomes) in outcomes {
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
        store_cases().map(|case| case.id).filter(|id| !caught_by.contains(id)).collect();
    assert!(idle.is_empty(), "these cases catch no mutant: {idle:?}");
}

#[test]
fn names_are_used_once() {
    let count = store_cases().count();
    assert_eq!(store_cases().map(|case| case.id).collect::<BTreeSet<_>>().len(), count);
    let mutants = mutants();
    assert_eq!(
        mutants.iter().map(|m| m.suite.name()).collect::<BTreeSet<_>>().len(),
        mutants.len()
    );
}
