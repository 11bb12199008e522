//! Backends that tell failures wrongly.

use std::sync::atomic::{AtomicBool, Ordering};

use larder_core::parallel::{Call, Outcome, Panic};
use larder_core::{Error, ErrorKind};

use super::mutant::{Mutant, SEPARATE, mutant};
use super::results::{changed, rotated};
use super::sound::{batches, caught, each, elsewhere, letter, outcome_of};

pub(crate) fn mutants() -> Vec<Mutant> {
    vec![
        mutant(
            "swallows panics",
            SEPARATE,
            || {
                |call| {
                    batches(call, |mut batch| {
                        for i in 0..batch.len() {
                            match outcome_of(call, &batch, i) {
                                Outcome::Panicked(_) => {}
                                outcome => batch.set(i, outcome, "elsewhere")?,
                            }
                        }
                        Ok(())
                    })
                }
            },
            &["panic.first", "panic.middle", "panic.last", "panic.all", "panic.told"],
        ),
        mutant(
            "blames the wrong task",
            SEPARATE,
            || {
                let panicked = |outcome: &Outcome| matches!(outcome, Outcome::Panicked(_));
                move |call: &dyn Call| {
                    batches(call, |batch| {
                        rotated(call, batch, |outcomes| outcomes.iter().any(panicked))
                    })
                }
            },
            &["panic.first", "panic.middle", "panic.last", "batch.mates", "stream.failure"],
        ),
        mutant(
            "fails the whole batch",
            SEPARATE,
            || {
                |call| {
                    batches(call, |batch| {
                        let all = (0..batch.len()).map(|i| outcome_of(call, &batch, i));
                        let panic = all.into_iter().find_map(|outcome| match outcome {
                            Outcome::Panicked(panic) => Some(panic),
                            _ => None,
                        });
                        each(call, batch, |batch, i| match &panic {
                            Some(panic) => Outcome::Panicked(panic.clone()),
                            None => outcome_of(call, batch, i),
                        })
                    })
                }
            },
            &["batch.mates", "panic.middle", "stream.failure"],
        ),
        mutant(
            "tells no place",
            SEPARATE,
            || {
                |call| {
                    changed(call, |outcome| match outcome {
                        Outcome::Panicked(panic) => Outcome::Panicked(Panic::new(panic.message)),
                        outcome => outcome,
                    })
                }
            },
            &["panic.told"],
        ),
        mutant(
            "does not say what panics said",
            SEPARATE,
            || {
                |call| {
                    changed(call, |outcome| match outcome {
                        Outcome::Panicked(_) => Outcome::Panicked(Panic::new("a worker panicked")),
                        outcome => outcome,
                    })
                }
            },
            &["panic.first", "panic.all"],
        ),
        mutant(
            "never works again",
            SEPARATE,
            || {
                let broken = AtomicBool::new(false);
                move |call: &dyn Call| {
                    if broken.load(Ordering::Relaxed) {
                        return Err(Error::new(ErrorKind::Unavailable, "no worker is left"));
                    }
                    let done = elsewhere(call);
                    broken.fetch_or(call.is_cancelled(), Ordering::Relaxed);
                    done
                }
            },
            &["calls.again"],
        ),
        mutant(
            "forgets time limits",
            SEPARATE,
            || {
                |call| {
                    batches(call, |batch| {
                        each(call, batch, |batch, i| caught(|| letter(batch, i)?.answer()))
                    })
                }
            },
            &["timeout.told"],
        ),
        mutant(
            "takes every task for late",
            SEPARATE,
            || {
                |call: &dyn Call| {
                    let limited = call.timeout().is_some();
                    changed(call, |outcome| if limited { Outcome::TimedOut } else { outcome })
                }
            },
            &["timeout.within"],
        ),
    ]
}
