//! larder's own threads for tasks: kept warm between calls, lent to one call at a time.
//!
//! A lane is a small rayon pool that runs a single job of ours: one worker's loop. So the loop may wait without holding
//! up anybody, there is never a second job of ours that a task's own `par_iter` could steal and run in its middle, and
//! that `par_iter` finds a pool of just the task's share of the processors. And rayon's scopes lend the loop what the
//! caller borrows, without `unsafe` here.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rayon_core::{ThreadPool, ThreadPoolBuilder};

/// How long a lane nobody uses is kept.
const IDLE: Duration = Duration::from_secs(60);

static FREE: Mutex<Free> = Mutex::new(Free { lanes: Vec::new(), has_sweeper: false });

struct Free {
    /// The most recently used last: those used least go first.
    lanes: Vec<(Instant, Lane)>,
    has_sweeper: bool,
}

#[derive(Debug)]
struct Lane {
    pool: ThreadPool,
    threads: usize,
}

/// The use of a lane, until dropped.
#[derive(Debug)]
pub(super) struct Lease(Option<Lane>);

impl Lease {
    /// A lane whose jobs have `threads` threads; `None` where the system gives none.
    pub(super) fn take(threads: usize) -> Option<Self> {
        let mut free = free();
        let warm = free.lanes.iter().rposition(|(_, lane)| lane.threads == threads);
        if let Some(at) = warm {
            return Some(Self(Some(free.lanes.remove(at).1)));
        }
        drop(free);
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|_| "larder-task".to_owned())
            .build();
        match pool {
            Ok(pool) => Some(Self(Some(Lane { pool, threads }))),
            Err(error) => {
                tracing::warn!(target: "larder::parallel", %error, "no thread to be had: fewer workers");
                None
            }
        }
    }

    /// Runs `job` on the lane while `meanwhile` runs here, and returns when both are done.
    pub(super) fn beside<R>(&self, job: impl FnOnce() + Send, meanwhile: impl FnOnce() -> R) -> R {
        match &self.0 {
            Some(lane) => lane.pool.in_place_scope(|scope| {
                scope.spawn(|_| job());
                meanwhile()
            }),
            None => unreachable!("a lease has its lane until it is dropped"),
        }
    }

    /// Runs `job` on the lane, which is free again afterwards. `job` must not panic.
    pub(super) fn detach(mut self, job: impl FnOnce() + Send + 'static) {
        if let Some(lane) = self.0.take() {
            let own = Arc::new(Mutex::new(None::<Lane>));
            let handle = own.clone();
            // Held until the lane is in its place, so that a job which ends at once finds it there.
            let mut place = own.lock().unwrap_or_else(PoisonError::into_inner);
            lane.pool.spawn(move || {
                job();
                drop(Self(handle.lock().unwrap_or_else(PoisonError::into_inner).take()));
            });
            *place = Some(lane);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(lane) = self.0.take() {
            let mut free = free();
            free.lanes.push((Instant::now(), lane));
            if !free.has_sweeper {
                let sweeper = std::thread::Builder::new().name("larder-idle".to_owned());
                free.has_sweeper = sweeper.spawn(sweep).is_ok();
            }
        }
    }
}

/// Ends the lanes that nobody has used for a while, and itself once there are none.
fn sweep() {
    loop {
        let mut free = free();
        let ended = free.expired(IDLE);
        let Some((oldest, _)) = free.lanes.first() else {
            free.has_sweeper = false;
            return;
        };
        let wait = IDLE.saturating_sub(oldest.elapsed());
        drop(free);
        drop(ended);
        std::thread::sleep(wait);
    }
}

impl Free {
    /// Takes out the lanes that nobody has used for that long.
    fn expired(&mut self, idle: Duration) -> Vec<(Instant, Lane)> {
        let kept = self.lanes.iter().position(|(since, _)| since.elapsed() < idle);
        let kept = kept.unwrap_or(self.lanes.len());
        self.lanes.drain(..kept).collect()
    }
}

fn free() -> MutexGuard<'static, Free> {
    FREE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `work(worker)` for each of `workers` workers, each on a thread of larder's own, the first on this one; returns
/// when all are done. Where the system gives fewer threads, there are fewer workers.
///
/// For backends: these threads may wait in [`next_batch`](super::Call::next_batch) as long as they like, and are kept
/// warm between calls. Rayon, called on one of them, finds a pool of `threads_per_worker` threads.
pub fn drive(workers: usize, threads_per_worker: usize, work: &(dyn Fn(usize) + Sync)) {
    fn spread(lanes: &[Lease], worker: usize, work: &(dyn Fn(usize) + Sync)) {
        match lanes.split_first() {
            Some((lane, others)) => {
                lane.beside(|| work(worker), || spread(others, worker + 1, work));
            }
            None => work(0),
        }
    }
    let lanes: Vec<_> = (1..workers).map_while(|_| Lease::take(threads_per_worker)).collect();
    spread(&lanes, 1, work);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_is_used_again_and_ends_when_it_is_not() {
        // Of a width that no other test has.
        let name = || std::thread::current().id();
        let on = |lease: &Lease| {
            let mut seen = None;
            lease.beside(|| seen = Some(name()), || ());
            seen
        };
        let first = Lease::take(13).unwrap();
        let threads = rayon_core::current_num_threads;
        let mut inside = 0;
        first.beside(|| inside = threads(), || ());
        assert_eq!(inside, 13);
        drop(first);
        assert!(free().lanes.iter().any(|(_, lane)| lane.threads == 13), "it is kept");
        let (again, second) = (Lease::take(13).unwrap(), Lease::take(13).unwrap());
        assert_ne!(on(&again), on(&second), "one call at a time");
        drop((again, second));
        assert!(free().has_sweeper);
        let young = free().expired(Duration::from_secs(3600));
        assert!(young.is_empty());
        let old = free().expired(Duration::ZERO);
        assert_eq!(old.iter().filter(|(_, lane)| lane.threads == 13).count(), 2);
    }

    #[test]
    fn a_detached_job_gives_its_lane_back() {
        let lease = Lease::take(11).unwrap();
        let (done, wait) = std::sync::mpsc::channel();
        lease.detach(move || done.send(()).unwrap());
        wait.recv().unwrap();
        while !free().lanes.iter().any(|(_, lane)| lane.threads == 11) {
            std::thread::yield_now();
        }
    }
}
