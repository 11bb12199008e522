//! Running a case so that neither a panic nor a hang is more than its failure.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::report::Outcome;

/// The outcome of `run`, on a thread of its own. What is not done after `limit` has failed; its thread stays behind.
pub(crate) fn watched(
    id: &'static str,
    limit: Duration,
    run: impl FnOnce() -> Outcome + Send + 'static,
) -> Outcome {
    let (done, outcome) = channel();
    let run = move || {
        // A receiver that is gone has counted the case as hung already.
        let _ = done.send(catch_unwind(AssertUnwindSafe(run)));
    };
    if let Err(error) = thread::Builder::new().name(id.into()).spawn(run) {
        return Outcome::Failed { reason: format!("no thread for the case: {error}") };
    }
    match outcome.recv_timeout(limit) {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(panic)) => Outcome::Failed { reason: format!("panicked: {}", panic_text(&*panic)) },
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            Outcome::Failed { reason: format!("not done after {limit:?}") }
        }
    }
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}
