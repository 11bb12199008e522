//! Two processes on one bucket: each result is computed once, whatever happens to who computes it.
#![cfg(all(unix, feature = "s3"))]

mod common;

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use common::{S3, key, now, registry, unique};
use larder_core::Memory;
use larder_core::store::{LeaseAttempt, PutMode, PutOutcome, StoreBackend, StoreExt};
use rustix::process::{Pid, Signal, kill_process};

const ROLE: &str = "LARDER_TEST_ROLE";
const PREFIX: &str = "LARDER_TEST_PREFIX";
const FILE: &str = "LARDER_TEST_FILE";
const KEYS: u32 = 40;

/// Short, so that nobody waits long for the dead.
const TTL: &str = "1s";

fn store(prefix: &str) -> std::sync::Arc<dyn StoreBackend> {
    let config = S3::given().config(prefix).option("lease_ttl", TTL);
    registry().open_store(&config).unwrap()
}

fn memory(prefix: &str) -> Memory {
    Memory::over(store(prefix)).open().unwrap()
}

/// This test program again, in a role.
struct Other {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Other {
    fn start(role: &str, prefix: &str, file: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "child", "--nocapture"]);
        command.env(ROLE, role).env(PREFIX, prefix).env(FILE, file);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input, output }
    }

    fn hears(&mut self, wanted: &str) {
        let mut line = String::new();
        while line.trim_end() != wanted {
            line.clear();
            assert_ne!(self.output.read_line(&mut line).unwrap(), 0, "it ended before {wanted:?}");
        }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn tell(&mut self) {
        writeln!(self.input).unwrap();
    }

    fn finish(mut self) {
        assert!(self.child.wait().unwrap().success(), "the other process failed");
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _reaped_already = self.child.wait();
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{line}").unwrap();
    out.flush().unwrap();
}

fn listen() {
    std::io::stdin().lock().read_line(&mut String::new()).unwrap();
}

/// What the other processes do.
#[test]
fn child() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let prefix = std::env::var(PREFIX).unwrap();
    match role.as_str() {
        "compute" => {
            let file = std::env::var_os(FILE).unwrap();
            say("ready");
            listen();
            compute_all(&memory(&prefix), Path::new(&file));
        }
        "hold" => {
            let store = store(&prefix);
            let LeaseAttempt::Acquired(_lease) = now(store.lease(&key(1))).unwrap() else {
                panic!("somebody has it")
            };
            say("ready");
            listen();
        }
        "late" => {
            let memory = memory(&prefix);
            let late = || {
                say("computing");
                listen();
                "late".to_owned()
            };
            assert_eq!(memory.get_or_compute("key", late).unwrap(), "late");
            let stats = memory.stats();
            assert_eq!(
                (stats.stored, stats.store_errors),
                (0, 0),
                "it came too late, and that is no error"
            );
        }
        role => panic!("no such role: {role}"),
    }
}

/// What the function does, it does once a line.
fn compute_all(memory: &Memory, file: &Path) {
    for n in 0..KEYS {
        let compute = || {
            let mut file = OpenOptions::new().append(true).create(true).open(file).unwrap();
            file.write_all(format!("{n}\n").as_bytes()).unwrap();
            n * n
        };
        assert_eq!(memory.get_or_compute(&n, compute).unwrap(), n * n);
    }
}

#[test]
fn each_result_is_computed_once() {
    let (prefix, dir) = (unique(), tempfile::tempdir().unwrap());
    let file = dir.path().join("runs");
    let mut others = [(); 2].map(|()| Other::start("compute", &prefix, &file));
    others.iter_mut().for_each(|other| other.hears("ready"));
    others.iter_mut().for_each(Other::tell);
    others.into_iter().for_each(Other::finish);
    let runs = fs::read_to_string(&file).unwrap();
    let mut runs: Vec<u32> = runs.lines().map(|line| line.parse().unwrap()).collect();
    runs.sort_unstable();
    assert_eq!(runs, (0..KEYS).collect::<Vec<_>>());
}

#[test]
fn a_killed_holder_is_taken_over() {
    let (prefix, dir) = (unique(), tempfile::tempdir().unwrap());
    let mut holder = Other::start("hold", &prefix, dir.path());
    holder.hears("ready");
    let store = store(&prefix);
    let LeaseAttempt::Held(end) = now(store.lease(&key(1))).unwrap() else {
        panic!("it is held by the other process")
    };
    holder.signal(Signal::KILL);
    now(end);
    let lease = loop {
        match now(store.lease(&key(1))).unwrap() {
            LeaseAttempt::Acquired(lease) => break lease,
            LeaseAttempt::Held(end) => drop(now(end)),
        }
    };
    let put = now(store.put(&key(1), vec![1].into(), PutMode::Leased(&lease)));
    assert_eq!(put.unwrap(), PutOutcome::Written);
}

#[test]
fn a_holder_that_lives_is_waited_for_however_long() {
    let (prefix, dir) = (unique(), tempfile::tempdir().unwrap());
    let mut holder = Other::start("hold", &prefix, dir.path());
    holder.hears("ready");
    let store = store(&prefix);
    // A lease that is not renewed would be taken over in this time, as the test before shows.
    let start = std::time::Instant::now();
    while start.elapsed() < std::time::Duration::from_secs(4) {
        let attempt = now(store.lease(&key(1))).unwrap();
        assert!(matches!(attempt, LeaseAttempt::Held(_)), "it was taken from a living holder");
    }
    holder.tell();
    holder.finish();
}

#[test]
fn what_a_paused_holder_puts_too_late_is_refused() {
    let (prefix, dir) = (unique(), tempfile::tempdir().unwrap());
    let mut holder = Other::start("late", &prefix, dir.path());
    holder.hears("computing");
    holder.signal(Signal::STOP);
    let memory = memory(&prefix);
    assert_eq!(memory.get_or_compute("key", || "mine".to_owned()).unwrap(), "mine");
    assert_eq!(memory.stats().stored, 1);
    holder.signal(Signal::CONT);
    holder.tell();
    holder.finish();
    let again = memory.get_or_compute("key", || "nobody's".to_owned()).unwrap();
    assert_eq!(again, "mine");
    let entries = now(store(&prefix).entries(&larder_core::Prefix::root())).unwrap();
    assert_eq!(entries.len(), 1);
}
