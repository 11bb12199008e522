//! Backends that take too much, wait for what does not come, go on too long, or do not let others go on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::task::Waker;
use std::thread;
use std::time::Duration;

use larder_core::parallel::{Batch, Call, Outcome, Pull};
use larder_core::{Error, ErrorKind};

use super::mutant::{Mutant, PREEMPTIVE, SEPARATE, SHARED, hanging, mutant};
use super::processes::{Ends, processes};
use super::sound::{batches, caught, each, here, letter, on_threads, outcome_of};

pub(crate) fn mutants() -> Vec<Mutant> {
    let mut mutants = waiting();
    mutants.extend(ending());
    mutants
}

fn waiting() -> Vec<Mutant> {
    vec![
        mutant(
            "expects a task",
            SHARED,
            || {
                |call: &dyn Call| {
                    call.next_batch(0).expect("a call has tasks").run_here();
                    here(call)
                }
            },
            &["scale.none", "cancel.before"],
        ),
        hanging(
            "begins when every worker has a task",
            SHARED,
            || {
                |call: &dyn Call| {
                    let all = Barrier::new(call.workers());
                    on_threads(call, |worker| {
                        let first = call.next_batch(worker);
                        if first.is_some() {
                            all.wait();
                        }
                        first.into_iter().for_each(Batch::run_here);
                        while let Some(batch) = call.next_batch(worker) {
                            batch.run_here();
                        }
                        Ok(())
                    })
                }
            },
            &["scale.one", "scale.few"],
        ),
        hanging(
            "runs one task at a time",
            SHARED,
            || {
                let turn = Mutex::new(());
                move |call: &dyn Call| {
                    on_threads(call, |worker| {
                        while let Some(batch) = call.next_batch(worker) {
                            let _turn = turn.lock();
                            batch.run_here();
                        }
                        Ok(())
                    })
                }
            },
            &[
                "concurrent.two_at_once",
                "order.late",
                "stream.fastest_first",
                "nesting.same_backend",
            ],
        ),
        hanging(
            "runs one call at a time",
            SHARED,
            || {
                let turn = Mutex::new(());
                move |call: &dyn Call| {
                    let _turn = turn.lock();
                    here(call)
                }
            },
            &["calls.beside", "nesting.same_backend"],
        ),
        hanging(
            "refuses a second call",
            SHARED,
            || {
                let busy = AtomicBool::new(false);
                move |call: &dyn Call| {
                    if busy.swap(true, Ordering::SeqCst) {
                        return Err(Error::new(ErrorKind::Unavailable, "the workers are taken"));
                    }
                    let done = here(call);
                    busy.store(false, Ordering::SeqCst);
                    done
                }
            },
            &["calls.beside", "nesting.same_backend"],
        ),
        hanging(
            "takes everything first",
            SHARED,
            || {
                |call: &dyn Call| {
                    let all: Vec<_> = std::iter::from_fn(|| call.next_batch(0)).collect();
                    all.into_iter().for_each(Batch::run_here);
                    Ok(())
                }
            },
            &[
                "errors.end",
                "cancel.other_thread",
                "lazy.bounded",
                "lazy.panics",
                "stream.slow_consumer",
                "stream.dropped",
                "stream.stages",
            ],
        ),
        hanging(
            "delivers at the end",
            SEPARATE,
            || {
                |call: &dyn Call| {
                    let done = Mutex::new(Vec::new());
                    on_threads(call, |worker| {
                        while let Some(mut batch) = call.next_batch(worker) {
                            let outcome = outcome_of(call, &batch, 0);
                            batch.set(0, outcome, "elsewhere")?;
                            done.lock().unwrap().push(batch);
                        }
                        Ok(())
                    })
                }
            },
            &["stream.fastest_first", "lazy.bounded"],
        ),
    ]
}

fn ending() -> Vec<Mutant> {
    vec![
        mutant(
            "goes on after a cancel",
            SEPARATE,
            || {
                |call: &dyn Call| {
                    let mut taken = Vec::new();
                    loop {
                        match call.try_next_batch(0, Waker::noop()) {
                            Pull::Batch(batch) => taken.push(batch),
                            Pull::Later => {}
                            Pull::Done => break,
                        }
                    }
                    for mut batch in taken {
                        for i in 0..batch.len() {
                            let outcome = outcome_of(call, &batch, i);
                            batch.set(i, outcome, "elsewhere")?;
                        }
                    }
                    Ok(())
                }
            },
            &["cancel.prompt"],
        ),
        hanging(
            "waits in its hook",
            SHARED,
            || {
                |call: &dyn Call| {
                    let (ended, end) = mpsc::channel::<()>();
                    let _guard = call.on_cancel(Box::new(move || _ = end.recv()));
                    let done = here(call);
                    drop(ended);
                    done
                }
            },
            &["cancel.from_task"],
        ),
        mutant(
            "leaves a task running",
            SEPARATE,
            || |call| batches(call, |batch| each(call, batch, |b, i| abandoning(call, b, i))),
            &["left.after_cancel", "left.after_failure", "left.after_drop"],
        ),
        hanging(
            "does not end cancelled tasks",
            PREEMPTIVE,
            || |call: &dyn Call| processes(call, Ends { when_cancelled: false, ..Ends::ALL }),
            &["cancel.ends_tasks"],
        ),
        mutant(
            "takes a cancelled task for a lost one",
            PREEMPTIVE,
            || {
                |call| {
                    batches(call, |mut batch| {
                        (0..batch.len()).try_for_each(|i| {
                            let outcome = Ends::ALL.outcome(call, &batch, i);
                            batch.set(i, outcome, "elsewhere")
                        })
                    })
                }
            },
            &["cancel.ends_tasks"],
        ),
        {
            let deaf = Ends { when_late: false, ..Ends::ALL };
            let run = move || move |call: &dyn Call| processes(call, deaf);
            let Mutant { suite, caught_by } =
                mutant("does not end late tasks", PREEMPTIVE, run, &["timeout.ends_task"]);
            // Longer than the case gives the task.
            Mutant { suite: suite.limit(Duration::from_secs(5)), caught_by }
        },
    ]
}

/// Runs the task on a thread of its own, which is left alone when the call is cancelled.
fn abandoning(call: &dyn Call, batch: &Batch<'_>, i: usize) -> Outcome {
    let letter = match letter(batch, i) {
        Ok(letter) => letter,
        Err(error) => return Outcome::Failed(error),
    };
    let (answer, answered) = mpsc::channel();
    let cancel = answer.clone();
    let _guard = call.on_cancel(Box::new(move || _ = cancel.send(None)));
    let letter = Arc::new(letter);
    thread::spawn(move || _ = answer.send(Some(caught(|| letter.answer()))));
    answered.recv().ok().flatten().unwrap_or(Outcome::TimedOut)
}
