//! The suite is tested by stores broken on purpose: each is caught by the cases named for it, and each case catches one.

#[path = "mutants/catching.rs"]
mod catching;
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

use std::collections::BTreeMap;

use catching::each_catches_the_other;
use flaw::{Flawless, Mutant, bare, mutant, read_only};
use larder_conformance::{Outcome, store_cases};

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

each_catches_the_other!(store_cases);
