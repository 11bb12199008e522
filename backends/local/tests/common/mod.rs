//! What the tests of stores on a disk share: keys, running futures of a store that never waits, and other processes.

#![allow(dead_code, reason = "each test file uses its part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use larder_core::store::{Lease, LeaseAttempt, LeaseWait, StoreBackend};
use larder_core::{Key, Prefix};

/// The result of a future that must be ready at once.
pub(crate) fn now<T>(run: impl Future<Output = T>) -> T {
    match pin!(run).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("the store says `Inline` and waits"),
    }
}

/// The result of a future that wakes this thread when it is ready.
pub(crate) fn block_on<T>(run: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut run = pin!(run);
    loop {
        match run.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(done) => return done,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// The `n`th key of `version`, in a shard of its own as long as `n` is below 256.
pub(crate) fn key(version: &str, n: u64) -> Key {
    Key::new(&format!("{version}/{:02x}{n:062x}", n % 256)).unwrap()
}

pub(crate) fn prefix(text: &str) -> Prefix {
    Prefix::new(text).unwrap()
}

pub(crate) fn acquired(store: &impl StoreBackend, key: &Key) -> Lease {
    match now(store.lease(key)).unwrap() {
        LeaseAttempt::Acquired(lease) => lease,
        LeaseAttempt::Held(_) => panic!("{key} is held"),
    }
}

pub(crate) fn held(store: &impl StoreBackend, key: &Key) -> LeaseWait {
    match now(store.lease(key)).unwrap() {
        LeaseAttempt::Acquired(_) => panic!("{key} is not held"),
        LeaseAttempt::Held(wait) => wait,
    }
}

/// Every file below `dir`, as relative paths, sorted.
pub(crate) fn files(dir: &Path) -> Vec<PathBuf> {
    fn visit(dir: &Path, root: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                visit(&entry.path(), root, found);
            } else {
                found.push(entry.path().strip_prefix(root).unwrap().to_owned());
            }
        }
    }
    let mut found = Vec::new();
    visit(dir, dir, &mut found);
    found.sort();
    found
}

const ROLE: &str = "LARDER_STORE_TEST_ROLE";
const DIR: &str = "LARDER_STORE_TEST_DIR";

/// In a process that [`Other`] started: its role and directory. The test named `child` of each file asks this.
pub(crate) fn role() -> Option<(String, PathBuf)> {
    Some((std::env::var(ROLE).ok()?, std::env::var_os(DIR)?.into()))
}

/// Says something to the process that started this one.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{line}").unwrap();
    out.flush().unwrap();
}

/// Waits until the process that started this one says something, or is gone.
pub(crate) fn listen() -> String {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).unwrap();
    line
}

/// This test program again, as another process that plays `role` in its test `child`.
pub(crate) fn command(role: &str, dir: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture", "--test-threads=1"]);
    command.env(ROLE, role).env(DIR, dir);
    command
}

/// A running other process, killed when dropped.
pub(crate) struct Other {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Other {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a process starts");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input, output }
    }

    /// A process in `role` that has said "ready".
    pub(crate) fn ready(role: &str, dir: &Path) -> Self {
        let mut other = Self::start(command(role, dir));
        other.hears("ready");
        other
    }

    pub(crate) fn tell(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Reads what it says until it says `wanted`.
    pub(crate) fn hears(&mut self, wanted: &str) {
        let mut line = String::new();
        while line.trim_end() != wanted {
            line.clear();
            assert_ne!(self.output.read_line(&mut line).unwrap(), 0, "it ended before {wanted:?}");
        }
    }

    #[cfg(unix)]
    pub(crate) fn pid(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.child)
    }

    /// `SIGKILL`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end, which must be a success.
    pub(crate) fn finish(mut self) {
        drop(self.input.take());
        let mut said = String::new();
        self.output.read_to_string(&mut said).unwrap();
        assert!(self.child.wait().unwrap().success(), "the other process failed:\n{said}");
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _reaped_already = self.child.wait();
    }
}
