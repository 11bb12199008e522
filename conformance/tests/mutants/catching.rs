//! What holds between the mutants and the cases of either suite.

/// Tests that each of `mutants()` is caught by the cases named for it, and each of `$cases()` catches one.
macro_rules! each_catches_the_other {
    ($cases:ident) => {
        use std::collections::BTreeSet;

        #[test]
        fn every_mutant_is_caught_by_the_cases_named_for_it() {
            let mut survived = Vec::new();
            for Mutant { suite, caught_by } in mutants() {
                assert!(!caught_by.is_empty(), "nothing is said to catch {:?}", suite.name());
                for id in caught_by {
                    let case = $cases().find(|case| case.id == *id);
                    let case = case.unwrap_or_else(|| panic!("no case is called {id}"));
                    let outcome = suite.run_case(case);
                    if !outcome.is_failed() {
                        survived.push(format!("{} under {id}: {outcome:?}", suite.name()));
                    }
                }
            }
            assert!(survived.is_empty(), "{survived:#?}");
        }

        #[test]
        fn every_case_catches_a_mutant() {
            let mutants = mutants();
            let caught_by: BTreeSet<_> = mutants.iter().flat_map(|m| m.caught_by).collect();
            let idle: Vec<&str> =
                $cases().map(|case| case.id).filter(|id| !caught_by.contains(id)).collect();
            assert!(idle.is_empty(), "these cases catch no mutant: {idle:?}");
        }

        #[test]
        fn names_are_used_once() {
            let ids: BTreeSet<&str> = $cases().map(|case| case.id).collect();
            assert_eq!(ids.len(), $cases().count());
            let mutants = mutants();
            let names: BTreeSet<&str> = mutants.iter().map(|m| m.suite.name()).collect();
            assert_eq!(names.len(), mutants.len());
        }
    };
}
pub(crate) use each_catches_the_other;
