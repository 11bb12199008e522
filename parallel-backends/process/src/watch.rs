//! The thread that sees workers end: those that were killed while nobody used them, and those that were idle too long.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use larder_worker::{Socket, wait_for_hang_up};

use crate::pool::{Pool, Workers};

/// The end of the watch by which it is told of new workers.
#[derive(Debug)]
pub(crate) struct Watch(UnixStream);

/// Has the watch look at all that are to be watched, which are new in part. It begins with the first of them.
///
/// # Errors
/// There is no room for one more thread.
pub(crate) fn watch(pool: &Arc<Pool>, workers: &mut Workers) -> io::Result<()> {
    if let Some(Watch(waker)) = &workers.watch {
        return io::Write::write_all(&mut &*waker, &[0]);
    }
    let (waker, woken) = UnixStream::pair()?;
    woken.set_nonblocking(true)?;
    let pool = pool.clone();
    let thread = thread::Builder::new().name("larder-watch".to_owned()).stack_size(256 << 10);
    thread.spawn(move || run(&pool, woken))?;
    workers.watch = Some(Watch(waker));
    Ok(())
}

impl Watch {
    /// Whether one of these has ended, and was not looked after, or the watch itself has to end.
    pub(crate) fn has_work(&self, watched: &[Socket]) -> bool {
        let connections = watched.iter().map(AsFd::as_fd);
        let gone = wait_for_hang_up(connections, self.0.as_fd(), Some(Duration::ZERO));
        gone.is_empty() || gone.contains(&true)
    }
}

/// Watches until there is nobody left.
fn run(pool: &Pool, woken: UnixStream) {
    loop {
        let workers = pool.workers();
        if workers.watched.is_empty() {
            drop(woken);
            return pool.unwatched(workers);
        }
        let watched: Vec<_> = workers.watched.iter().map(Socket::again).collect();
        let left = workers.next_expiry(pool.options().idle.0);
        drop(workers);
        let gone = wait_for_hang_up(watched.iter().map(AsFd::as_fd), woken.as_fd(), Some(left));
        let _drained = io::Read::read(&mut &woken, &mut [0; 64]);
        let ended = watched.into_iter().zip(gone).filter_map(|(one, gone)| gone.then_some(one));
        pool.bury(ended.collect());
    }
}
