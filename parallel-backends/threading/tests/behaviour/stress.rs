//! Many threads on the queue and the window at once, giving up at random points.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Wake, Waker};

use larder_core::parallel::{
    Call, NJobs, ParallelBackend, ParallelCapabilities, Pull, TaskErrorKind, repeatable,
};
use larder_core::{Parallel, Result, delayed};

use super::order::Live;
use super::watched;

/// A generator that is good enough, and whose seed is printed.
#[derive(Debug, Clone)]
struct Random(u64);

impl Random {
    #[expect(clippy::print_stdout, reason = "shown when the test fails")]
    fn seeded() -> Self {
        let seed = match std::env::var("LARDER_TEST_SEED") {
            Ok(seed) => seed.parse().expect("LARDER_TEST_SEED is a number"),
            Err(_) => RandomState::new().hash_one(0),
        };
        println!("LARDER_TEST_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) % n
    }
}

/// Pulls in both ways from several threads, holds batches back, and drops some without running them.
#[derive(Debug)]
struct Moody {
    random: Mutex<Random>,
    dropped: Mutex<BTreeSet<usize>>,
}

#[derive(Default)]
struct Alarm(Mutex<bool>, Condvar);

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        *self.0.lock().unwrap() = true;
        self.1.notify_one();
    }
}

impl Moody {
    fn work(&self, call: &dyn Call, worker: usize) {
        let mut random = Random(self.random.lock().unwrap().below(u64::MAX));
        let alarm = Arc::<Alarm>::default();
        let waker = Waker::from(alarm.clone());
        let mut held = Vec::new();
        loop {
            let batch = if held.is_empty() && random.below(2) == 0 {
                call.next_batch(worker)
            } else {
                match call.try_next_batch(worker, &waker) {
                    Pull::Batch(batch) => Some(batch),
                    Pull::Done => None,
                    Pull::Later if !held.is_empty() => held.pop(),
                    Pull::Later => {
                        let mut rung = alarm.0.lock().unwrap();
                        while !std::mem::take(&mut *rung) {
                            rung = alarm.1.wait(rung).unwrap();
                        }
                        continue;
                    }
                }
            };
            let Some(batch) = batch.or_else(|| held.pop()) else { return };
            match random.below(10) {
                0 => {
                    let tasks = batch.start()..batch.start() + batch.len();
                    self.dropped.lock().unwrap().extend(tasks);
                }
                1..4 if held.len() < 3 => held.push(batch),
                _ => batch.run_here(),
            }
        }
    }
}

impl ParallelBackend for Moody {
    fn capabilities(&self) -> ParallelCapabilities {
        ParallelCapabilities::shared_memory()
    }

    fn workers(&self, n_jobs: NJobs) -> Result<usize> {
        Ok(n_jobs.of(2))
    }

    fn run(&self, call: &dyn Call) -> Result<()> {
        std::thread::scope(|scope| {
            for worker in 0..call.workers() {
                scope.spawn(move || self.work(call, worker));
            }
        });
        Ok(())
    }
}

const TASKS: usize = 3000;

#[test]
fn nothing_is_lost_doubled_or_left() {
    let mut random = Random::seeded();
    watched(move || {
        for round in 0..60 {
            let moody = Arc::new(Moody {
                random: Mutex::new(Random(random.below(u64::MAX))),
                dropped: Mutex::default(),
            });
            let backend: Arc<dyn ParallelBackend> = moody.clone();
            let mut parallel =
                Parallel::new().backend(backend).n_jobs(1 + random.below(6) as isize);
            if random.below(2) == 0 {
                parallel = parallel.batch_size(1 + random.below(20) as usize);
            }
            if random.below(2) == 0 {
                parallel = parallel.pre_dispatch(1 + random.below(50) as usize);
            }
            let counts = Arc::default();
            let runs: Arc<Vec<AtomicUsize>> =
                Arc::new((0..TASKS).map(|_| AtomicUsize::new(0)).collect());
            let (live, ran) = (Arc::clone(&counts), runs.clone());
            let retries = random.below(2) as usize;
            let failing = random.below(50) as usize + 2;
            let tasks = (0..TASKS).map(move |i| {
                let (live, ran) = (Live::new(&live), ran.clone());
                let run = move || {
                    let _ = &live;
                    let before = ran[i].fetch_add(1, SeqCst);
                    assert!(i % failing != 0 || before > 0, "the first time");
                    i
                };
                if retries > 0 { repeatable(run) } else { delayed(run) }
            });
            let parallel = parallel.retries(retries);
            let taken = match random.below(3) {
                0 => TASKS,
                _ => random.below(TASKS as u64) as usize,
            };
            let results: Vec<_> = match round % 3 {
                0 => parallel.run_each(tasks).unwrap().into_iter().enumerate().collect(),
                1 => parallel.iter(tasks).unwrap().take(taken).enumerate().collect(),
                _ => parallel.iter_unordered(tasks).unwrap().take(taken).collect(),
            };
            assert_eq!(results.len(), if round % 3 == 0 { TASKS } else { taken });
            let numbers: BTreeSet<_> = results.iter().map(|(index, _)| *index).collect();
            assert_eq!(numbers.len(), results.len());
            let dropped = moody.dropped.lock().unwrap();
            for (index, result) in &results {
                let ran = runs[*index].load(SeqCst);
                match result {
                    Ok(returned) => assert_eq!(returned, index),
                    Err(error) if error.kind() == TaskErrorKind::Cancelled => {
                        assert!(dropped.contains(index) || error.task().worker.is_none());
                    }
                    Err(error) => {
                        assert_eq!((error.message(), ran, retries), ("the first time", 1, 0))
                    }
                }
                assert!(ran <= 1 + retries, "task {index} ran {ran} times");
            }
            assert_eq!(counts.0.load(SeqCst), 0, "tasks are left");
        }
    });
}
