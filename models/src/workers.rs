//! The real pool, over workers that are only counted, and a watch that is told at once who has ended.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::Duration;

use shuttle::thread;

use crate::pool::{Pool, Workers};
use crate::start::NotStarted;
use crate::{ProcessOptions, Socket, TimeSpan};

/// Of this thread's schedule: shuttle runs one at a time, in one thread.
static ALIVE: AtomicUsize = AtomicUsize::new(0);
static POOLS: AtomicUsize = AtomicUsize::new(0);

#[derive(Debug)]
pub struct Worker {
    pub threads: usize,
    pub sink: Socket,
}

impl Worker {
    pub fn start(_: &ProcessOptions, threads: usize) -> Result<Self, NotStarted> {
        ALIVE.fetch_add(1, SeqCst);
        Ok(Self { threads, sink: Socket(Arc::new(AtomicBool::new(true))) })
    }

    pub fn is_alive(&mut self) -> bool {
        self.sink.0.load(SeqCst)
    }

    pub fn pid(&self) -> u32 {
        0
    }

    pub fn dismiss(&self) {}

    pub fn leave(self) {}

    fn die(&self) {
        self.sink.0.store(false, SeqCst);
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.die();
        ALIVE.fetch_sub(1, SeqCst);
    }
}

/// There is one: what it is told, it sees for itself.
#[derive(Debug)]
pub struct Watch;

impl Watch {
    pub fn has_work(&self, watched: &[Socket]) -> bool {
        watched.is_empty() || watched.iter().any(|one| !one.0.load(SeqCst))
    }
}

pub fn watch(pool: &Arc<Pool>, workers: &mut Workers) -> io::Result<()> {
    if workers.watch.is_none() {
        let pool = pool.clone();
        thread::spawn(move || watch_all(&pool));
        workers.watch = Some(Watch);
    }
    Ok(())
}

/// As the real one, which waits where this one lets others go on.
fn watch_all(pool: &Pool) {
    loop {
        let workers = pool.workers();
        if workers.watched.is_empty() {
            return pool.unwatched(workers);
        }
        let watched: Vec<_> = workers.watched.iter().map(Socket::again).collect();
        drop(workers);
        thread::yield_now();
        pool.bury(watched.into_iter().filter(|one| !one.0.load(SeqCst)).collect());
    }
}

fn use_one(pool: &Arc<Pool>, dies: bool) {
    let mut worker = pool.take(1).expect("workers can be started");
    assert!(worker.is_alive(), "a dead worker was given out");
    thread::yield_now();
    if dies {
        worker.die();
    }
    pool.keep(worker);
}

pub(crate) fn each_has_one_user() {
    ALIVE.store(0, SeqCst);
    let number = POOLS.fetch_add(1, SeqCst);
    // At once: the watch runs beside those who take and keep.
    let idle = TimeSpan(Duration::ZERO);
    let pool = Pool::of(ProcessOptions { number, exe: None, idle });
    let users = [true, false, false].map(|dies| {
        let pool = pool.clone();
        thread::spawn(move || {
            use_one(&pool, dies);
            use_one(&pool, false);
        })
    });
    users.into_iter().for_each(|user| user.join().unwrap());
    // The watch ends all of them. A program of which one stays goes on for ever here, which shuttle finds.
    while ALIVE.load(SeqCst) > 0 {
        thread::yield_now();
    }
}
