//! Parallel calls on threads: what programs can rely on.

mod asynchronous;
mod balance;
mod carried;
mod failing;
mod liars;
mod nested;
mod options;
mod order;
mod rayon_inside;
mod streaming;
mod stress;

use std::sync::mpsc;
use std::time::Duration;

use larder_core::Parallel;
use larder_threading::Threading;

/// Two workers, whatever the machine has.
fn two() -> Parallel {
    Parallel::new().backend(Threading).n_jobs(2)
}

/// Runs `test` on a thread of its own: what hangs fails, instead of holding up everything.
fn watched<R: Send + 'static>(test: impl FnOnce() -> R + Send + 'static) -> R {
    let (done, result) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        let _ = done.send(test());
    });
    match result.recv_timeout(Duration::from_secs(120)) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            std::panic::resume_unwind(thread.join().unwrap_err())
        }
    }
}
