//! The parallel suite is tested by backends broken on purpose: each is caught by the cases named for it, and each case
//! catches one.

#[path = "mutants/catching.rs"]
mod catching;
#[path = "mutants/parallel/deaths.rs"]
mod deaths;
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

use larder_conformance::{Outcome, ParallelSuite, parallel_cases};

use catching::each_catches_the_other;
use mutant::{Mutant, PREEMPTIVE, SEPARATE, SHARED};
use processes::{Ends, processes};
use sound::{Custom, elsewhere, here};

fn mutants() -> Vec<Mutant> {
    let all = [talks::mutants, results::mutants, failures::mutants, deaths::mutants, flow::mutants];
    all.into_iter().flat_map(|of_subject| of_subject()).collect()
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

each_catches_the_other!(parallel_cases);
