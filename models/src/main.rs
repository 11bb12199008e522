//! A program, not a test: the unit tests of the files are larder's own. Where threads of larder meet without a lock held throughout: the files themselves, compiled with the locks of crate
//! shuttle, under very many schedules. `cargo xtask check models` runs all of them; a schedule that breaks a promise is
//! printed, and can be replayed.

#![allow(dead_code, reason = "the files are larder's; a model uses a part of each")]

// What the files know as crates is this one.
extern crate self as larder_core;
extern crate self as larder_worker;

#[path = "../../core/src/memory/flight.rs"]
mod flight;
#[path = "../../core/src/marks.rs"]
mod marks;
mod parallel {
    #[path = "../../../core/src/parallel/cancel.rs"]
    pub mod cancel;
    #[path = "../../../core/src/parallel/flow.rs"]
    pub mod flow;
    pub mod place;
    pub mod queue;
}
#[path = "../../parallel-backends/process/src/pool.rs"]
mod pool;

mod copy;
mod single_flight;
mod stand_ins;
mod sync;
mod workers;

use libtest_mimic::{Arguments, Trial};

pub(crate) use stand_ins::*;

/// Random schedules, and as many with few changes of thread, at the worst places.
const SCHEDULES: usize = 5_000;
const CHANGES: usize = 3;

fn main() {
    // shuttle says once that orders weaker than `SeqCst` are taken for it.
    let models: [(&str, fn()); 6] = [
        ("single_flight::one_computes", single_flight::one_computes),
        (
            "single_flight::a_leader_that_goes_is_replaced",
            single_flight::a_leader_that_goes_is_replaced,
        ),
        ("queue::every_task_runs_once", parallel::queue::every_task_runs_once),
        ("queue::who_is_turned_away_comes_back", parallel::queue::who_is_turned_away_comes_back),
        ("copy::an_overtaken_copy_is_not_kept", copy::an_overtaken_copy_is_not_kept),
        ("workers::each_has_one_user", workers::each_has_one_user),
    ];
    let trials = models.map(|(name, model)| {
        Trial::test(name, move || {
            shuttle::check_random(model, SCHEDULES);
            shuttle::check_pct(model, SCHEDULES, CHANGES);
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.into()).exit();
}
