//! Workers are kept warm, shared, and not kept for ever.

use std::collections::BTreeSet;
use std::time::Duration;

use larder_core::units::{ByteSize, TimeSpan};
use larder_core::{Parallel, task};
use larder_process::{Process, ProcessOptions};

use super::{pid, watched};

#[task(crate = larder_core)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Keeps what it is asked for.
#[task(crate = larder_core)]
fn hoards(bytes: usize) -> u32 {
    std::mem::forget(std::hint::black_box(vec![1_u8; bytes]));
    std::process::id()
}

/// Options that no other test has, so that workers are this test's alone.
fn own(idle: Duration) -> ProcessOptions {
    let mut options = ProcessOptions::default();
    options.idle = TimeSpan(idle);
    options
}

fn pids(parallel: &Parallel) -> BTreeSet<u32> {
    parallel.run((0..8).map(pid::delayed)).unwrap().into_iter().collect()
}

#[test]
fn workers_are_shared_by_all_calls_with_the_same_options() {
    let options = own(Duration::from_secs(77));
    let one = |options: &ProcessOptions| {
        Parallel::new().backend(Process::with(options.clone()).unwrap()).n_jobs(1)
    };
    let first = pids(&one(&options));
    assert_eq!(first.len(), 1);
    assert!(!first.contains(&std::process::id()), "it ran here");
    for _ in 0..5 {
        assert_eq!(pids(&one(&options)), first);
    }
    assert!(pids(&one(&own(Duration::from_secs(78)))).is_disjoint(&first));
}

#[test]
fn no_more_are_started_than_there_are_tasks() {
    let options = own(Duration::from_secs(79));
    let many = Parallel::new().backend(Process::with(options).unwrap()).n_jobs(16).batch_size(1);
    assert!(
        many.run((0..2).map(pid::delayed)).unwrap().into_iter().collect::<BTreeSet<_>>().len() <= 2
    );
}

#[cfg(target_os = "linux")]
#[test]
fn who_is_idle_leaves() {
    watched(|| {
        let options = own(Duration::from_millis(20));
        let parallel = Parallel::new().backend(Process::with(options).unwrap()).n_jobs(2);
        pids(&parallel).into_iter().for_each(super::wait_until_gone);
        assert!(!pids(&parallel).is_empty(), "and others come");
    });
}

#[cfg(target_os = "linux")]
#[test]
fn shutting_down_waits_until_they_are_gone() {
    watched(|| {
        let processes = Process::with(own(Duration::from_secs(80))).unwrap();
        let parallel = Parallel::new().backend(processes.clone()).n_jobs(2);
        let before = pids(&parallel);
        processes.shut_down();
        for pid in &before {
            assert!(!std::fs::exists(format!("/proc/{pid}")).unwrap(), "{pid} is still there");
        }
        assert!(pids(&parallel).is_disjoint(&before));
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_worker_that_died_idle_is_replaced() {
    use rustix::process::{Pid, Signal, kill_process};

    watched(|| {
        let options = own(Duration::from_secs(81));
        let parallel = Parallel::new().backend(Process::with(options).unwrap()).n_jobs(2);
        for _ in 0..4 {
            for pid in pids(&parallel) {
                kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), Signal::KILL).unwrap();
            }
        }
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_worker_that_is_killed_while_it_is_idle_does_not_remain() {
    use rustix::process::{Pid, Signal, kill_process};

    watched(|| {
        let options = own(Duration::from_secs(84));
        let parallel = Parallel::new().backend(Process::with(options).unwrap()).n_jobs(2);
        let before = pids(&parallel);
        for pid in &before {
            kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), Signal::KILL).unwrap();
            super::wait_until_gone(*pid);
        }
        assert!(pids(&parallel).is_disjoint(&before));
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_worker_that_grew_too_large_is_replaced() {
    watched(|| {
        let mut options = own(Duration::from_secs(82));
        options.max_worker_memory = Some(ByteSize(200 << 20));
        let parallel = Parallel::new().backend(Process::with(options).unwrap()).n_jobs(1);
        let hoard = |bytes| parallel.run([hoards::delayed(bytes)]).unwrap()[0];
        let first = hoard(0);
        assert_eq!(hoard(50 << 20), first);
        assert_eq!(hoard(300 << 20), first);
        assert_ne!(hoard(0), first);
        super::wait_until_gone(first);
    });
}

#[test]
fn libraries_of_others_are_told_their_share_unless_the_user_said_more() {
    assert_eq!(std::env::var_os("OMP_NUM_THREADS"), None, "this test needs it unset");
    let options = own(Duration::from_secs(83));
    let processes = Process::with(options).unwrap();
    let parallel = Parallel::new().backend(processes).n_jobs(2);
    let told = |parallel: &Parallel| {
        let names = ["OMP_NUM_THREADS", "RAYON_NUM_THREADS"];
        parallel.run(names.map(variable::delayed)).unwrap()
    };
    let three = Some("3".to_owned());
    assert_eq!(told(&parallel.clone().inner_max_num_threads(3)), [three.clone(), three]);
    let one = Some("1".to_owned());
    assert_eq!(told(&parallel.inner_max_num_threads(1)), [one.clone(), one]);
}
