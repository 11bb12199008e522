//! The real pool, over workers that are only counted.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use shuttle::thread;

use crate::pool::Pool;
use crate::{ProcessOptions, Result, TimeSpan};

/// Of this thread's schedule: shuttle runs one at a time, in one thread.
static ALIVE: AtomicUsize = AtomicUsize::new(0);
static POOLS: AtomicUsize = AtomicUsize::new(0);

#[derive(Debug)]
pub struct Worker {
    pub threads: usize,
    dies: bool,
}

impl Worker {
    pub fn start(_: &ProcessOptions, threads: usize) -> Result<Self> {
        ALIVE.fetch_add(1, SeqCst);
        Ok(Self { threads, dies: false })
    }

    pub fn is_alive(&mut self) -> bool {
        !self.dies
    }

    pub fn pid(&self) -> u32 {
        0
    }

    pub fn dismiss(&self) {}

    pub fn leave(self) {}
}

impl Drop for Worker {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, SeqCst);
    }
}

fn use_one(pool: &Arc<Pool>, dies: bool) {
    let mut worker = pool.take(1).expect("workers can be started");
    assert!(!worker.dies, "a dead worker was given out");
    worker.dies = dies;
    thread::yield_now();
    pool.keep(worker);
}

pub(crate) fn each_has_one_user() {
    ALIVE.store(0, SeqCst);
    let number = POOLS.fetch_add(1, SeqCst);
    // At once: the sweeper runs beside those who take and keep.
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
    // The sweeper ends all of them. A program of which one stays goes on for ever here, which shuttle finds.
    while ALIVE.load(SeqCst) > 0 {
        thread::yield_now();
    }
}
