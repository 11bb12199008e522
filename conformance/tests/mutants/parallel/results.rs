//! Backends that lose, cut, mix up or repeat.

use std::mem;
use std::sync::Mutex;

use larder_core::Result;
use larder_core::parallel::{Batch, Call, Outcome, Pull};

use super::mutant::{Mutant, SEPARATE, SHARED, hanging, mutant};
use super::sound::{batches, caught, each, here, letter, on_threads, outcome_of};

pub(crate) fn mutants() -> Vec<Mutant> {
    vec![
        mutant(
            "delivers to another index",
            SEPARATE,
            || |call| batches(call, |batch| rotated(call, batch, |_| true)),
            &[
                "order.results",
                "batch.sizes",
                "errors.typed",
                "errors.returned",
                "nesting.default",
                "scale.many",
                "stream.in_order",
                "stream.as_they_come",
            ],
        ),
        mutant(
            "runs a task twice",
            SEPARATE,
            || {
                |call| {
                    batches(call, |batch| {
                        each(call, batch, |batch, i| {
                            drop(outcome_of(call, batch, i));
                            outcome_of(call, batch, i)
                        })
                    })
                }
            },
            &["order.once", "retries.no_more"],
        ),
        mutant(
            "forgets a batch",
            SHARED,
            || {
                |call: &dyn Call| {
                    mem::forget(call.next_batch(0));
                    here(call)
                }
            },
            &["order.results", "scale.one", "left.released", "left.all_done"],
        ),
        hanging(
            "drops the last batch",
            SHARED,
            || {
                |call: &dyn Call| {
                    let mut last = None;
                    while let Some(batch) = call.next_batch(0) {
                        last.replace(batch).into_iter().for_each(Batch::run_here);
                    }
                    Ok(())
                }
            },
            &["scale.one", "scale.many", "lazy.ends", "borrow.arguments"],
        ),
        mutant(
            "runs the first of a batch",
            SEPARATE,
            || {
                |call| {
                    batches(call, |mut batch| {
                        let outcome = outcome_of(call, &batch, 0);
                        batch.set(0, outcome, "elsewhere")
                    })
                }
            },
            &["batch.sizes", "scale.many"],
        ),
        mutant(
            "returns early",
            SHARED,
            || {
                |call: &dyn Call| {
                    call.next_batch(0).into_iter().for_each(Batch::run_here);
                    Ok(())
                }
            },
            &["order.results", "scale.many", "left.all_done", "stream.in_order"],
        ),
        mutant(
            "returns before what is tried again",
            SEPARATE,
            || {
                |call: &dyn Call| {
                    let mut taken = Vec::new();
                    while let Pull::Batch(batch) = call.try_next_batch(0, std::task::Waker::noop())
                    {
                        taken.push(batch);
                    }
                    let mut taken = taken.into_iter();
                    taken.try_for_each(|batch| each(call, batch, |b, i| outcome_of(call, b, i)))
                }
            },
            &["retries.last", "retries.until_it_works", "retries.returned"],
        ),
        mutant(
            "tries again by itself",
            SHARED,
            || {
                |call| {
                    batches(call, |batch| {
                        each(call, batch, |batch, i| match outcome_of(call, batch, i) {
                            Outcome::Panicked(_) => outcome_of(call, batch, i),
                            outcome => outcome,
                        })
                    })
                }
            },
            &["retries.no_more", "retries.one_shot"],
        ),
        mutant(
            "cuts long results",
            SEPARATE,
            || {
                |call| {
                    changed(call, |mut outcome| {
                        if let Outcome::Returned(returned) = &mut outcome {
                            returned.payload.truncate(1 << 16);
                            returned.buffers.iter_mut().for_each(|b| b.truncate(1 << 16));
                        }
                        outcome
                    })
                }
            },
            &["scale.results"],
        ),
        mutant(
            "loses what stands beside arguments",
            SEPARATE,
            || {
                |call| {
                    batches(call, |batch| {
                        each(call, batch, |batch, i| {
                            caught(|| {
                                let mut letter = letter(batch, i)?;
                                letter.buffers.clear();
                                letter.answer()
                            })
                        })
                    })
                }
            },
            &["scale.arguments", "borrow.arguments"],
        ),
        mutant(
            "mixes up calls",
            SEPARATE,
            || {
                // What another call's task came to, if there is one at hand.
                let other = Mutex::new(None);
                move |call: &dyn Call| {
                    on_threads(call, |worker| {
                        while let Some(batch) = call.next_batch(worker) {
                            each(call, batch, |batch, i| {
                                let mut other = other.lock().unwrap();
                                let own = outcome_of(call, batch, i);
                                other.replace(own).unwrap_or_else(|| outcome_of(call, batch, i))
                            })?;
                        }
                        Ok(())
                    })
                }
            },
            &["calls.at_once", "stream.stages"],
        ),
    ]
}

/// Sets outcomes as `change` changes them.
pub(crate) fn changed(call: &dyn Call, change: impl Fn(Outcome) -> Outcome + Sync) -> Result<()> {
    batches(call, |batch| each(call, batch, |batch, i| change(outcome_of(call, batch, i))))
}

/// Sets outcomes, where `when` says so those of the tasks before.
pub(crate) fn rotated(
    call: &dyn Call,
    mut batch: Batch<'_>,
    when: impl Fn(&[Outcome]) -> bool,
) -> Result<()> {
    let len = batch.len();
    let outcomes: Vec<_> = (0..len).map(|i| outcome_of(call, &batch, i)).collect();
    let by = usize::from(when(&outcomes));
    let mut set = |(i, outcome)| batch.set((i + by) % len, outcome, "elsewhere");
    outcomes.into_iter().enumerate().try_for_each(&mut set)
}
