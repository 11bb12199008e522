//! The thread of a worker that sees what its tasks do not: that nobody listens any more, and that a task takes too long.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{io, thread};

use rustix::process::{Signal, getpgrp, getpid, kill_current_process_group, kill_process};

use crate::hang_up::wait_for_hang_up;
use crate::outbox::Outbox;

/// Begins to watch `connection`, and the clock in `outbox`. What comes back wakes the watch when written to.
pub(crate) fn watch(connection: OwnedFd, outbox: Arc<Mutex<Outbox>>) -> io::Result<UnixStream> {
    let (waker, woken) = UnixStream::pair()?;
    woken.set_nonblocking(true)?;
    let run = move || {
        loop {
            let until = until_too_long(&outbox);
            // A little later rather than a little earlier: the limit must have passed.
            let left = until.map(|until| {
                until.saturating_duration_since(Instant::now()) + Duration::from_micros(50)
            });
            let gone = wait_for_hang_up([connection.as_fd()], woken.as_fd(), left);
            let _drained = io::Read::read(&mut &woken, &mut [0; 64]);
            if gone[0] {
                return lock(&outbox).close();
            }
        }
    };
    thread::Builder::new().name("larder-watch".to_owned()).stack_size(256 << 10).spawn(run)?;
    Ok(waker)
}

/// When the task that runs, or the next one, will have taken too long. Where it has, this is the end of the process.
fn until_too_long(outbox: &Mutex<Outbox>) -> Option<Instant> {
    let mut outbox = lock(outbox);
    let until = match (outbox.limit, outbox.begun) {
        (Some(limit), Some(begun)) => {
            if begun.elapsed() > limit {
                // If nobody hears it, nobody waits for it.
                let _ = outbox.time_out();
                end();
            }
            begun.checked_add(limit)
        }
        (Some(limit), None) if outbox.busy => Instant::now().checked_add(limit),
        _ => None,
    };
    outbox.watch_until = until;
    until
}

/// Ends this process, and what its tasks have started, if it leads a group.
pub(crate) fn end() -> ! {
    if getpgrp() == getpid() {
        let _ = kill_current_process_group(Signal::KILL);
    }
    let _ = kill_process(getpid(), Signal::KILL);
    std::process::abort()
}

pub(crate) fn lock(outbox: &Mutex<Outbox>) -> MutexGuard<'_, Outbox> {
    outbox.lock().unwrap_or_else(PoisonError::into_inner)
}
