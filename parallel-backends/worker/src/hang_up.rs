//! Waiting until the other end of a connection is gone.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// What tells the other end's death from its silence.
#[cfg(target_os = "linux")]
const HANG_UP: PollFlags = PollFlags::RDHUP;
/// What tells the other end's death from its silence.
#[cfg(not(target_os = "linux"))]
const HANG_UP: PollFlags = PollFlags::HUP;

/// Waits until one of these connections hangs up, there is something to read from `waker`, or so long has passed; of
/// each connection, whether its other end is gone.
pub fn wait_for_hang_up<'f>(
    connections: impl IntoIterator<Item = BorrowedFd<'f>>,
    waker: BorrowedFd<'f>,
    left: Option<Duration>,
) -> Vec<bool> {
    let connections = connections.into_iter().map(|one| PollFd::from_borrowed_fd(one, HANG_UP));
    let mut all = vec![PollFd::from_borrowed_fd(waker, PollFlags::IN)];
    all.extend(connections);
    let left = left.and_then(|left| Timespec::try_from(left).ok());
    // An interruption, by a signal, is as good as a wake-up.
    let _ = poll(&mut all, left.as_ref());
    let gone = HANG_UP | PollFlags::HUP | PollFlags::ERR;
    all[1..].iter().map(|connection| connection.revents().intersects(gone)).collect()
}
