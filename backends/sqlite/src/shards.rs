//! A few connections for any number of threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rusqlite::{Connection, ErrorCode};

/// Connections to one database, each opened when it is first needed and used by one thread at a time.
#[derive(Debug)]
pub(crate) struct Shards(Box<[Mutex<Shard>]>);

#[derive(Debug)]
struct Shard {
    connection: Option<Connection>,
    /// When SQLite last gave up waiting for another process.
    gave_up: Option<Instant>,
}

/// Why there is no result.
#[derive(Debug)]
pub(crate) enum Failure {
    Sqlite(rusqlite::Error),
    /// Whoever was before in the queue waited for another process until the limit, and so has this caller.
    StillBusy,
}

impl Shards {
    pub(crate) fn new(count: usize, mut first: Option<Connection>) -> Self {
        let shard = |_| Mutex::new(Shard { connection: first.take(), gave_up: None });
        Self((0..count).map(shard).collect())
    }

    /// Runs something on a connection that nobody else uses meanwhile.
    pub(crate) fn with<T>(
        &self,
        open: impl FnOnce() -> rusqlite::Result<Connection>,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Failure> {
        let mut shard = match self.free() {
            Some(shard) => shard,
            None => self.queue(Instant::now())?,
        };
        let connection = match &mut shard.connection {
            Some(connection) => connection,
            empty => empty.insert(open().map_err(Failure::Sqlite)?),
        };
        let done = run(connection);
        if let Err(error) = &done
            && error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
        {
            shard.gave_up = Some(Instant::now());
        }
        done.map_err(Failure::Sqlite)
    }

    /// This thread's own connection, when it is free: for a caller who has waited since `asked`.
    fn queue(&self, asked: Instant) -> Result<MutexGuard<'_, Shard>, Failure> {
        let shard = self.0[own() % self.0.len()].lock().unwrap_or_else(PoisonError::into_inner);
        match shard.gave_up {
            Some(at) if at >= asked => Err(Failure::StillBusy),
            _ => Ok(shard),
        }
    }

    /// A connection that is free, this thread's own if it can be: that one may know what it reads.
    fn free(&self) -> Option<MutexGuard<'_, Shard>> {
        let (own, count) = (own(), self.0.len());
        (0..count).find_map(|n| match self.0[(own + n) % count].try_lock() {
            Ok(shard) => Some(shard),
            Err(std::sync::TryLockError::Poisoned(shard)) => Some(shard.into_inner()),
            Err(std::sync::TryLockError::WouldBlock) => None,
        })
    }
}

/// A number of this thread's own.
fn own() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    // While a thread ends it has none, and any will do.
    OWN.try_with(|own| *own).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    #[test]
    fn who_queued_behind_a_vain_wait_does_not_wait_again() {
        let shards = Shards::new(1, Some(Connection::open_in_memory().unwrap()));
        let (inside, queued) = (Barrier::new(2), Barrier::new(2));
        let busy = || rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
        thread::scope(|scope| {
            let first = scope.spawn(|| {
                shards.with(Connection::open_in_memory, |_| -> rusqlite::Result<()> {
                    inside.wait();
                    queued.wait();
                    Err(rusqlite::Error::SqliteFailure(busy(), None))
                })
            });
            inside.wait();
            assert!(shards.free().is_none());
            let asked = Instant::now();
            queued.wait();
            assert!(matches!(first.join().unwrap(), Err(Failure::Sqlite(_))));
            assert!(matches!(shards.queue(asked), Err(Failure::StillBusy)));
            assert!(shards.queue(Instant::now()).is_ok(), "who asks later");
        });
        shards.with(Connection::open_in_memory, |_| Ok(())).expect("who comes later may try");
    }
}
