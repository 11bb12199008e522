//! Backends that do not cope with the end of a worker, or with ending one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use larder_core::parallel::{Batch, Call, Outcome};
use larder_core::{Error, ErrorKind, Result};

use super::mutant::{Mutant, PREEMPTIVE, hanging, mutant};
use super::processes::{Ends, processes};
use super::sound::{batches, each};

pub(crate) fn mutants() -> Vec<Mutant> {
    let died = |outcome: &Outcome| matches!(outcome, Outcome::WorkerDied(_));
    let late = |outcome: &Outcome| matches!(outcome, Outcome::TimedOut);
    vec![
        mutant(
            "takes a lost worker for a late one",
            PREEMPTIVE,
            || |call: &dyn Call| processes(call, Ends { with_word: false, ..Ends::ALL }),
            &["errors.lost_worker"],
        ),
        hanging(
            "waits for a worker that is gone",
            PREEMPTIVE,
            || {
                |call: &dyn Call| {
                    batches(call, |batch| {
                        each(call, batch, |batch, i| match Ends::ALL.outcome(call, batch, i) {
                            Outcome::WorkerDied(_) => loop {
                                thread::park();
                            },
                            outcome => outcome,
                        })
                    })
                }
            },
            &["errors.lost_worker"],
        ),
        mutant(
            "does not start another worker",
            PREEMPTIVE,
            move || {
                let gone = AtomicBool::new(false);
                move |call: &dyn Call| {
                    batches(call, |batch| {
                        each(call, batch, |batch, i| {
                            if gone.load(Ordering::Relaxed) {
                                let why = "no worker is left";
                                return Outcome::Failed(Error::new(ErrorKind::Unavailable, why));
                            }
                            let outcome = Ends::ALL.outcome(call, batch, i);
                            gone.fetch_or(died(&outcome), Ordering::Relaxed);
                            outcome
                        })
                    })
                }
            },
            &["errors.lost_worker"],
        ),
        mutant(
            "blames another task of the batch for a death",
            PREEMPTIVE,
            move || move |call: &dyn Call| batches(call, |batch| blaming_first(call, batch, died)),
            &["errors.lost_worker"],
        ),
        mutant(
            "blames another task of the batch for a delay",
            PREEMPTIVE,
            move || move |call: &dyn Call| batches(call, |batch| blaming_first(call, batch, late)),
            &["timeout.ends_task"],
        ),
        mutant(
            "loses what is in a batch with a deadly task",
            PREEMPTIVE,
            move || move |call: &dyn Call| batches(call, |batch| losing_rest(call, batch, died)),
            &["errors.lost_worker"],
        ),
        mutant(
            "loses what is in a batch with a late task",
            PREEMPTIVE,
            move || move |call: &dyn Call| batches(call, |batch| losing_rest(call, batch, late)),
            &["timeout.ends_task"],
        ),
        mutant(
            "leaves a process running",
            PREEMPTIVE,
            || {
                let ends = Ends { when_cancelled: false, with_patience: false, ..Ends::ALL };
                move |call: &dyn Call| processes(call, ends)
            },
            &["left.after_cancel", "left.after_drop"],
        ),
    ]
}

/// An outcome that `is_bad` goes to the first task of the batch, whose own goes to the one that was to blame.
fn blaming_first(
    call: &dyn Call,
    mut batch: Batch<'_>,
    is_bad: fn(&Outcome) -> bool,
) -> Result<()> {
    let mut outcomes: Vec<_> =
        (0..batch.len()).map(|i| Ends::ALL.outcome(call, &batch, i)).collect();
    if let Some(bad) = outcomes.iter().position(is_bad) {
        outcomes.swap(0, bad);
    }
    let mut outcomes = outcomes.into_iter().enumerate();
    outcomes.try_for_each(|(i, outcome)| batch.set(i, outcome, "elsewhere"))
}

/// Nothing is known of tasks that come after one whose outcome `is_bad`.
fn losing_rest(call: &dyn Call, mut batch: Batch<'_>, is_bad: fn(&Outcome) -> bool) -> Result<()> {
    for i in 0..batch.len() {
        let outcome = Ends::ALL.outcome(call, &batch, i);
        let is_last = is_bad(&outcome);
        batch.set(i, outcome, "elsewhere")?;
        if is_last {
            break;
        }
    }
    Ok(())
}
