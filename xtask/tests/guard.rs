//! A server lives as long as the command that needs it, and leaves nothing.

#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A guard whose server is a shell with a process of its own. Both end late, or never, if nobody ends them.
fn guard(folder: &Path, server: &str) -> Child {
    let mut guard = Command::new(env!("CARGO_BIN_EXE_xtask"));
    guard
        .arg("guard")
        .arg("--folder")
        .arg(folder)
        .arg("--remove")
        .arg(folder.with_extension("sock"));
    guard.args(["--", "sh", "-c", server]).stdin(Stdio::piped()).spawn().unwrap()
}

/// A directory for the server, and a place outside of it where it leaves something.
fn place() -> (tempfile::TempDir, std::path::PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("server");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.with_extension("sock"), "").unwrap();
    (place, folder)
}

#[track_caller]
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn is_alive(pid: &str) -> bool {
    let pid = rustix::process::Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
    rustix::process::test_kill_process(pid).is_ok()
}

/// Starts a server, lets `end` end the command that needs it, and sees that everything is gone.
fn everything_ends_when(server: &str, end: impl FnOnce(&mut Child, &Path)) {
    let (_place, folder) = place();
    let mut guard = guard(&folder, server);
    let log = folder.join("log");
    let said = || fs::read_to_string(&log).unwrap_or_default();
    until("the server is up", || said().ends_with("up\n"));
    let pids: Vec<String> = said().lines().next().unwrap().split(' ').map(str::to_owned).collect();
    assert!(pids.len() == 2 && pids.iter().all(|pid| is_alive(pid)));

    end(&mut guard, &folder);
    // `wait` closes the input first, which this keeps from happening.
    let input = guard.stdin.take();
    guard.wait().unwrap();
    drop(input);
    assert!(!folder.exists() && !folder.with_extension("sock").exists());
    for pid in &pids {
        until("a process of the server is still there", || !is_alive(pid));
    }
}

#[test]
fn a_server_ends_with_the_command_that_needs_it() {
    everything_ends_when("sleep 1000 & echo $$ $!; echo up; wait", |guard, _| guard.stdin = None);
}

#[test]
fn a_server_that_holds_on_is_killed() {
    let server = "trap '' TERM; sleep 1000 & echo $$ $!; echo up; while :; do wait; done";
    everything_ends_when(server, |guard, _| guard.stdin = None);
}

#[test]
fn what_a_server_started_ends_with_it() {
    let server = "sleep 1000 & echo $$ $!; echo up; until [ -e end ]; do sleep 0.01; done";
    everything_ends_when(server, |_, folder| fs::write(folder.join("end"), "").unwrap());
}
