//! A test that hangs fails, and says so.

use std::panic::resume_unwind;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// Far more than any test takes, on any machine.
const LIMIT: Duration = Duration::from_secs(120);

/// Runs `test` on a thread of its own; fails when that does not end.
pub(crate) fn watched(test: impl FnOnce() + Send + 'static) {
    // No wait must be over before the first function asks for them.
    super::waits::listen();
    let (done, ended) = mpsc::channel::<()>();
    let body = thread::spawn(move || {
        let _done = done;
        test();
    });
    if ended.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
        panic!("no end within {LIMIT:?}: somebody waits for ever");
    }
    if let Err(panic) = body.join() {
        resume_unwind(panic);
    }
}
