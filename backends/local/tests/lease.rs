//! Leases, among threads and among processes.
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::io::Write;
use std::path::Path;

use common::{Other, acquired, block_on, held, key, listen, now, say};
use larder_core::store::{LeaseAttempt, LeaseEnd, PutMode, PutOutcome, StoreBackend, StoreExt};
use larder_local::LocalStore;

/// What the other processes do.
#[test]
fn child() {
    let Some((role, dir)) = common::role() else { return };
    let store = LocalStore::open(&dir).unwrap();
    match role.as_str() {
        "hold" => {
            let _leases: Vec<_> = (0..20).map(|n| acquired(&store, &key("a", n))).collect();
            say("ready");
            listen();
        }
        "end" => {
            let (kept, given_up) = (acquired(&store, &key("a", 1)), acquired(&store, &key("a", 2)));
            say("ready");
            listen();
            drop(kept);
            given_up.abandon();
            say("ended");
            listen();
        }
        "wait" => {
            let threads = || fs::read_dir("/proc/self/task").unwrap().count();
            let before = threads();
            let waits: Vec<_> = (0..20).map(|n| held(&store, &key("a", n))).collect();
            assert!((1..=9).contains(&(threads() - before)), "{} threads wait", threads() - before);
            say("ready");
            waits.into_iter().for_each(|wait| assert_eq!(block_on(wait), LeaseEnd::Free));
        }
        "compute" => compute_all(&store, &dir),
        "fork" => fork(&store),
        role => panic!("no such role: {role}"),
    }
}

#[test]
fn a_lease_excludes_everybody_until_it_is_given_back() {
    let dir = tempfile::tempdir().unwrap();
    let (store, other) =
        (LocalStore::open(dir.path()).unwrap(), LocalStore::open(dir.path()).unwrap());
    let (a, b) = (key("a", 1), key("a", 2));
    for (first, second) in [(&store, &store), (&store, &other)] {
        let lease = acquired(first, &a);
        let _independent = acquired(second, &b);
        let wait = held(second, &a);
        let early = held(second, &a);
        drop(lease);
        assert_eq!(block_on(wait), LeaseEnd::Free);
        assert_eq!(block_on(early), LeaseEnd::Free);

        let lease = acquired(second, &a);
        let waits = [held(first, &a), held(first, &a), held(second, &a)];
        drop(held(first, &a));
        lease.abandon();
        for wait in waits {
            assert_eq!(block_on(wait), LeaseEnd::Abandoned);
        }
        assert!(!now(first.contains(&a)).unwrap(), "a lease is no entry");
    }
    assert_eq!(now(store.entries(&larder_core::Prefix::root())).unwrap(), []);
}

#[test]
fn a_leased_put_needs_the_lease_of_its_key() {
    let dir = tempfile::tempdir().unwrap();
    let (store, other) =
        (LocalStore::open(dir.path()).unwrap(), LocalStore::open(dir.path()).unwrap());
    let (a, b) = (key("a", 1), key("a", 2));
    let lease = acquired(&store, &a);
    let put = |store: &LocalStore, key| {
        now(store.put(key, b"value".to_vec().into(), PutMode::Leased(&lease))).unwrap()
    };
    assert_eq!(put(&store, &b), PutOutcome::LeaseLost);
    assert_eq!(put(&other, &a), PutOutcome::LeaseLost);
    assert!(!now(store.contains(&a)).unwrap() && !now(store.contains(&b)).unwrap());
    assert_eq!(put(&store, &a), PutOutcome::Written);
    assert_eq!(now(store.get(&a)).unwrap().unwrap(), "value");
}

#[test]
fn a_killed_holder_frees_what_it_held() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::open(dir.path()).unwrap();
    let holder = Other::ready("hold", dir.path());
    // More than there are threads to block for them.
    let waits: Vec<_> = (0..20).map(|n| held(&store, &key("a", n))).collect();
    let _free = acquired(&store, &key("a", 20));
    holder.kill();
    for (n, wait) in (0..).zip(waits) {
        assert_eq!(block_on(wait), LeaseEnd::Free);
        let _lease = acquired_soon(&store, n);
    }
}

#[test]
fn few_threads_wait_for_many_leases() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::open(dir.path()).unwrap();
    let leases: Vec<_> = (0..20).map(|n| acquired(&store, &key("a", n))).collect();
    let waiter = Other::ready("wait", dir.path());
    drop(leases);
    waiter.finish();
}

/// Another thread that waited may be passing through.
fn acquired_soon(store: &LocalStore, n: u64) -> larder_core::store::Lease {
    loop {
        match now(store.lease(&key("a", n))).unwrap() {
            LeaseAttempt::Acquired(lease) => return lease,
            LeaseAttempt::Held(wait) => drop(block_on(wait)),
        }
    }
}

#[test]
fn other_processes_learn_how_a_lease_ended() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::open(dir.path()).unwrap();
    let mut holder = Other::ready("end", dir.path());
    let waits = [1, 2].map(|n| held(&store, &key("a", n)));
    holder.tell("end them");
    assert_eq!(waits.map(block_on), [LeaseEnd::Free, LeaseEnd::Abandoned]);
    holder.hears("ended");
    let _again = [1, 2].map(|n| acquired(&store, &key("a", n)));
    holder.finish();
}

#[test]
fn a_removed_lock_file_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache");
    let (store, other) = (LocalStore::open(&path).unwrap(), LocalStore::open(&path).unwrap());
    let a = key("a", 1);
    let before = acquired(&store, &a);
    fs::remove_dir_all(&path).unwrap();
    let after = acquired(&other, &a);
    drop(held(&store, &a));
    drop(before);
    drop(held(&store, &a));
    drop(after);
    let _lease = acquired_soon(&store, 1);
}

const KEYS: u64 = 50;

fn compute_all(store: &LocalStore, dir: &Path) {
    let mut log = fs::File::options().append(true).create(true).open(dir.join("log")).unwrap();
    say("ready");
    listen();
    for n in 0..KEYS {
        let key = key("a", n);
        while now(store.get(&key)).unwrap().is_none() {
            match now(store.lease(&key)).unwrap() {
                LeaseAttempt::Acquired(lease) => {
                    if now(store.get(&key)).unwrap().is_none() {
                        log.write_all(format!("{n}\n").as_bytes()).unwrap();
                        let mode = PutMode::Leased(&lease);
                        let put = now(store.put(&key, b"value".to_vec().into(), mode)).unwrap();
                        assert_eq!(put, PutOutcome::Written);
                    }
                }
                LeaseAttempt::Held(wait) => assert_eq!(block_on(wait), LeaseEnd::Free),
            }
        }
    }
}

#[test]
fn eight_processes_compute_each_key_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut all: Vec<_> = (0..8).map(|_| Other::ready("compute", dir.path())).collect();
    all.iter_mut().for_each(|other| other.tell("go"));
    all.into_iter().for_each(Other::finish);
    let log = fs::read_to_string(dir.path().join("log")).unwrap();
    let mut computed: Vec<u64> = log.lines().map(|line| line.parse().unwrap()).collect();
    computed.sort_unstable();
    assert_eq!(computed, (0..KEYS).collect::<Vec<_>>());
}

fn fork(store: &LocalStore) {
    let (mine, free) = (key("a", 1), key("a", 2));
    let lease = acquired(store, &mine);
    // SAFETY: this process has one thread, which the harness was told to run its one test on.
    match unsafe { nix::unistd::fork() }.unwrap() {
        nix::unistd::ForkResult::Child => {
            let excluded = matches!(now(store.lease(&mine)), Ok(LeaseAttempt::Held(_)));
            let refused = matches!(
                now(store.put(&mine, b"x".to_vec().into(), PutMode::Leased(&lease))),
                Ok(PutOutcome::LeaseLost)
            );
            drop(lease);
            let still = matches!(now(store.lease(&mine)), Ok(LeaseAttempt::Held(_)));
            let own = matches!(now(store.lease(&free)), Ok(LeaseAttempt::Acquired(_)));
            let all = excluded && refused && still && own;
            // SAFETY: ends the process without running what belongs to the parent.
            unsafe { nix::libc::_exit(if all { 0 } else { 1 }) }
        }
        nix::unistd::ForkResult::Parent { child } => {
            let status = nix::sys::wait::waitpid(child, None).unwrap();
            assert_eq!(status, nix::sys::wait::WaitStatus::Exited(child, 0));
        }
    }
}

#[test]
fn a_forked_child_does_not_hold_its_parents_leases() {
    let dir = tempfile::tempdir().unwrap();
    Other::start(common::command("fork", dir.path())).finish();
}
