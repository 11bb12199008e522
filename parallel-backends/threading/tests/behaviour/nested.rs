use std::collections::HashSet;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Barrier, Mutex};
use std::thread;

use larder_core::{Parallel, cpu_count, delayed};
use larder_threading::Threading;

use super::{two, watched};

/// How many are in here now, and were at most.
#[derive(Default)]
struct Room(AtomicUsize, AtomicUsize);

impl Room {
    fn visit(&self) {
        self.1.fetch_max(self.0.fetch_add(1, SeqCst) + 1, SeqCst);
        thread::yield_now();
        self.0.fetch_sub(1, SeqCst);
    }
}

#[test]
fn three_deep_they_share_the_processors() {
    watched(|| {
        let room = Room::default();
        let all = Parallel::new().backend(Threading).n_jobs(-1);
        let outer = two();
        let leaf = || (0..50).map(|_| delayed(|| room.visit()));
        let middle = || (0..8).map(|_| delayed(|| drop(all.run(leaf()).unwrap())));
        outer.run((0..8).map(|_| delayed(|| drop(all.run(middle()).unwrap())))).unwrap();
        let most = room.1.load(SeqCst);
        assert!(most <= cpu_count().max(2), "{most} at once on {} processors", cpu_count());
    });
}

#[test]
fn inside_of_two_on_two_processors_there_is_one_thread_each() {
    let share = cpu_count() / 2;
    let threads = watched(|| {
        let both = Barrier::new(2);
        let task = || {
            both.wait();
            let inside = two().run((0..20).map(|_| delayed(|| thread::current().id()))).unwrap();
            (thread::current().id(), inside.into_iter().collect::<HashSet<_>>())
        };
        two().run((0..2).map(|_| delayed(task))).unwrap()
    });
    for (own, inside) in threads {
        if share <= 1 {
            assert_eq!(inside, HashSet::from([own]));
        } else {
            assert!(inside.len() <= share);
        }
    }
}

#[test]
fn one_job_outside_changes_nothing_inside() {
    watched(|| {
        for outer in [Parallel::new(), two().n_jobs(1)] {
            let both = Barrier::new(2);
            let inside = || two().run((0..2).map(|_| delayed(|| both.wait().is_leader())));
            outer.run([delayed(inside)]).unwrap().pop().unwrap().unwrap();
        }
    });
}

#[test]
fn recursion_ends() {
    fn sum(numbers: &[u64]) -> u64 {
        match numbers {
            [] => 0,
            [one] => *one,
            many => {
                let halves = many.chunks(many.len().div_ceil(2));
                let tasks = halves.map(|half| delayed(move || sum(half)));
                two().scoped_iter(tasks, |sums| sums.map(Result::unwrap).sum()).unwrap()
            }
        }
    }
    let numbers: Vec<u64> = (0..500).collect();
    assert_eq!(watched(move || sum(&numbers)), 499 * 500 / 2);
}

#[test]
fn calls_from_many_threads_do_not_mix() {
    let seen = Mutex::new(0);
    thread::scope(|scope| {
        for from in 0..8u64 {
            let seen = &seen;
            scope.spawn(move || {
                for _ in 0..20 {
                    let tasks = (0..100).map(|i| delayed(move || (from, i)));
                    let results = two().run(tasks).unwrap();
                    assert!(results.into_iter().eq((0..100).map(|i| (from, i))));
                }
                *seen.lock().unwrap() += 1;
            });
        }
    });
    assert_eq!(seen.into_inner().unwrap(), 8);
}

#[cfg(target_os = "linux")]
#[test]
fn without_threads_there_are_fewer_workers() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    if std::env::var_os("LARDER_TEST_NO_THREADS").is_none() {
        let mut own = std::process::Command::new(std::env::current_exe().unwrap());
        own.args(["nested::without_threads_there_are_fewer_workers", "--exact"]);
        let output = own.env("LARDER_TEST_NO_THREADS", "1").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        return;
    }
    // No room for another stack.
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let used: u64 = pages.split(' ').next().unwrap().parse().unwrap();
    let limit = Some(used * 4096 + (1 << 20));
    let maximum = getrlimit(Resource::As).maximum;
    setrlimit(Resource::As, Rlimit { current: limit, maximum }).unwrap();
    assert!(thread::Builder::new().spawn(|| ()).is_err(), "the limit is none");
    let tasks = || (0..100).map(|i| delayed(move || i));
    let own = thread::current().id();
    assert!(two().run(tasks()).unwrap().into_iter().eq(0..100));
    let threads = two().run((0..9).map(|_| delayed(|| thread::current().id()))).unwrap();
    assert!(threads.iter().all(|thread| *thread == own));
    assert!(two().iter(tasks()).unwrap().map(Result::unwrap).eq(0..100));
    let error = futures::executor::block_on(two().run_async(tasks())).unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("no thread"), "{error}");
}
