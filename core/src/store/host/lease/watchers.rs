//! Who waits for a lease of another process: a thread that blocks in the kernel, for the first few keys; one thread
//! that looks again and again, for all others.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

use super::HostLeases;
use super::lock_file::{LockFile, Offset};

/// Threads that block, each for one key. A thread learns of the end in well under a millisecond.
const BLOCKING: usize = 8;
const FIRST_DELAY: Duration = Duration::from_millis(1);
const LONGEST_DELAY: Duration = Duration::from_millis(20);

/// The waits under way for leases of other processes.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    blocking: usize,
    polling: Vec<(Offset, Arc<LockFile>)>,
    /// Whether the one thread that polls is there.
    poller: bool,
}

impl HostLeases {
    /// Starts to wait for the lease at `at` on `file`; its end comes through [`State::foreign`](super::State).
    /// `open` opens the file once more: a lock that is waited for must not mix with those held through `file`.
    pub(super) fn watch(
        self: &Arc<Self>,
        watchers: &mut Watchers,
        at: Offset,
        file: &Arc<LockFile>,
        open: impl Fn() -> io::Result<File>,
    ) -> io::Result<()> {
        let leases = Arc::clone(self);
        if watchers.blocking < BLOCKING {
            let file = LockFile::new(open()?);
            spawn(move || leases.block(at, &file))?;
            watchers.blocking += 1;
            return Ok(());
        }
        if !watchers.poller {
            spawn(move || leases.poll())?;
            watchers.poller = true;
        }
        watchers.polling.push((at, Arc::clone(file)));
        Ok(())
    }

    fn block(&self, at: Offset, file: &LockFile) {
        if let Err(error) = file.wait(at) {
            tracing::warn!(%error, "cannot wait for a lease");
        }
        self.state().watchers.blocking -= 1;
        self.tell(at, file);
    }

    fn poll(&self) {
        let mut delay = FIRST_DELAY;
        loop {
            thread::sleep(delay);
            delay = (delay * 2).min(LONGEST_DELAY);
            let polling = self.state().watchers.polling.clone();
            for (at, file) in &polling {
                let wanted = self.state().foreign.get(at).is_some_and(|end| !end.is_closed());
                if wanted && file.is_held(*at).unwrap_or(false) {
                    continue;
                }
                self.state().watchers.polling.retain(|(other, _)| other != at);
                self.tell(*at, file);
                delay = FIRST_DELAY;
            }
            let mut state = self.state();
            if state.watchers.polling.is_empty() {
                state.watchers.poller = false;
                return;
            }
        }
    }

    /// The lease at `at` has ended.
    fn tell(&self, at: Offset, file: &LockFile) {
        let abandoned = file.abandoned(at).ok();
        let waiting = self.state().foreign.remove(&at);
        if let Some(waiting) = waiting {
            waiting.send_replace(Some(Ended { abandoned }));
        }
    }
}

fn spawn(run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name("larder-lease".into()).spawn(run).map(drop)
}

/// What a watcher found when a lease had ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    /// The key's mark then.
    pub(super) abandoned: Option<u32>,
}

/// Where the end of another process's lease is announced.
pub(super) type Announcement = watch::Sender<Option<Ended>>;
