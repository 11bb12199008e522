//! Backends that say of themselves what is not so, or do what they say they cannot.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use larder_core::Result;
use larder_core::parallel::Call;

use super::mutant::{Mutant, PREEMPTIVE, SEPARATE, SHARED, altered, mutant};
use super::sound::{Custom, batches, each, elsewhere, here, on_threads, outcome_of, prepare};

pub(crate) fn mutants() -> Vec<Mutant> {
    vec![
        altered(
            "declares more",
            SEPARATE,
            || Custom::new(PREEMPTIVE, elsewhere),
            &["declared.as_pinned"],
        ),
        altered(
            "changes its mind",
            SHARED,
            || {
                let asked = Arc::new(AtomicUsize::new(0));
                let declares = move || {
                    let odd = asked.fetch_add(1, Ordering::Relaxed) % 2 == 1;
                    if odd { SHARED.remote() } else { SHARED }
                };
                Custom { declares: Box::new(declares), ..Custom::new(SHARED, here) }
            },
            &["declared.stable"],
        ),
        altered(
            "has no workers",
            SHARED,
            || Custom { workers: |_| 0, ..Custom::new(SHARED, here) },
            &["declared.workers"],
        ),
        altered(
            "has one worker",
            SHARED,
            || Custom { workers: |_| 1, ..Custom::new(SHARED, here) },
            &["declared.two_workers"],
        ),
        mutant(
            "runs closures all the same",
            SEPARATE,
            || {
                |call| {
                    batches(call, |batch| {
                        if (0..batch.len()).all(|i| batch.portable(i).is_some()) {
                            return each(call, batch, |batch, i| outcome_of(call, batch, i));
                        }
                        batch.run_here();
                        Ok(())
                    })
                }
            },
            &["undeclared.closures"],
        ),
        mutant(
            "has no closures",
            SHARED,
            || elsewhere,
            &["borrow.shared", "nesting.same_backend", "cancel.from_task"],
        ),
        mutant(
            "loses the memory in scope",
            SHARED,
            || elsewhere,
            &["memory.ambient", "memory.once"],
        ),
        mutant("prepares nothing", SEPARATE, || unprepared, &["setup.first", "setup.fails"]),
        mutant(
            "does not mind a failed setup",
            SEPARATE,
            || {
                |call: &dyn Call| {
                    let _ = prepare(call);
                    unprepared(call)
                }
            },
            &["setup.fails"],
        ),
    ]
}

/// As [`elsewhere`], without a look at the initializer.
fn unprepared(call: &dyn Call) -> Result<()> {
    on_threads(call, |worker| {
        while let Some(batch) = call.next_batch(worker) {
            each(call, batch, |batch, i| outcome_of(call, batch, i))?;
        }
        Ok(())
    })
}
