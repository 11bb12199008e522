//! Where a program runs whose end is looked at: what it and its workers leave behind is found there.

use std::collections::BTreeSet;
#[cfg(target_os = "linux")]
use std::fs;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::own::names_in;
#[cfg(target_os = "linux")]
use crate::own::processes;

/// In the environment of the programs that this one starts: which to be. Workers inherit it, and are none of them.
pub(crate) const ROLE: &str = "LARDER_TEST_ROLE";
/// How long what belongs to a program that has ended may take to end as well.
const PATIENCE: Duration = Duration::from_secs(60);

/// An own directory for temporary files. Whatever runs in a program's behalf has it in its environment, and is known by
/// that.
pub(crate) struct Place {
    temporary: TempDir,
    /// What others have in shared memory.
    shared: BTreeSet<String>,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { temporary: tempfile::tempdir().unwrap(), shared: shared_memory() }
    }

    /// This program in a role.
    pub(crate) fn start(&self, role: &str) -> Child {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env(ROLE, role).env("TMPDIR", self.temporary.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// What became of a child, and of all that it had to do with: nothing is left.
    pub(crate) fn end_of(self, child: Child) -> Output {
        let ended = thread::spawn(|| child.wait_with_output().unwrap());
        let begun = Instant::now();
        while !(ended.is_finished() && self.processes().is_empty()) && begun.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(1));
        }
        let (none, empty) = (Vec::<String>::new(), BTreeSet::new());
        assert_eq!(self.processes(), none, "processes that are left");
        let output = ended.join().unwrap();
        assert_eq!(
            names_in(self.temporary.path()).unwrap(),
            empty,
            "temporary files that are left"
        );
        let shared: BTreeSet<_> = shared_memory().difference(&self.shared).cloned().collect();
        assert_eq!(shared, empty, "shared memory that is left");
        output
    }

    /// The processes, which have not ended, of the programs started here.
    #[cfg(target_os = "linux")]
    fn processes(&self) -> Vec<String> {
        let variable = format!("TMPDIR={}", self.temporary.path().display());
        let is_ours = |pid: &String| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|one| one == variable.as_bytes())
        };
        let told = |pid: String| {
            let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            format!("{pid}: {}", String::from_utf8_lossy(&command))
        };
        processes().into_iter().filter(is_ours).map(told).collect()
    }

    /// That they have ended is known by their output alone.
    #[cfg(not(target_os = "linux"))]
    fn processes(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Shared memory with larder's name.
fn shared_memory() -> BTreeSet<String> {
    let mut names = names_in("/dev/shm".as_ref()).unwrap_or_default();
    names.retain(|name| name.contains("larder"));
    names
}
