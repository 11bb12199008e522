//! Runs the command: piped, and at a terminal.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The command with these arguments, in `dir`, without what the environment says of larder and of colours.
pub(crate) fn larder(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_larder"));
    command.args(arguments).current_dir(dir).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("LARDER_") || name.starts_with("CLICOLOR") || name == "NO_COLOR" {
            command.env_remove(name);
        }
    }
    command.env("TERM", "xterm").env("COLUMNS", "100");
    command
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self {
            code: output.status.code().expect("an exit code"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

/// Runs with pipes.
pub(crate) fn piped(dir: &Path, arguments: &[&str]) -> Ended {
    larder(dir, arguments).output().expect("the command runs").into()
}

/// What is written when all goes well.
#[track_caller]
pub(crate) fn stdout(dir: &Path, arguments: &[&str]) -> String {
    let ended = piped(dir, arguments);
    assert_eq!((ended.code, &ended.stderr[..]), (0, ""), "{arguments:?}: {ended:?}");
    ended.stdout
}

/// What is written as JSON when all goes well.
#[track_caller]
pub(crate) fn json(dir: &Path, arguments: &[&str]) -> serde_json::Value {
    serde_json::from_str(&stdout(dir, arguments)).expect("JSON")
}

/// Runs at a terminal where `typed` is typed; the exit code, and everything the terminal shows.
#[cfg(target_os = "linux")]
pub(crate) fn at_terminal(mut command: Command, typed: &str) -> (i32, String) {
    use std::fs::File;
    use std::io::{Read, Write};

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use rustix::termios::{Winsize, tcsetwinsize};

    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
    grantpt(&ours).and_then(|()| unlockpt(&ours)).expect("our own");
    let size = Winsize { ws_row: 40, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&ours, size).expect("a size");
    let name = ptsname(&ours, Vec::new()).expect("a name").into_string().expect("ASCII");
    let theirs = File::options().read(true).write(true).open(name).expect("the other side");
    let side = || Stdio::from(theirs.try_clone().expect("a descriptor"));
    let mut child =
        command.stdin(side()).stdout(side()).stderr(side()).spawn().expect("the command runs");
    // Ours is then the only open one: reading ends when the child does.
    drop((command, theirs));
    let mut ours = File::from(ours);
    ours.write_all(typed.as_bytes()).expect("room for a line");
    let mut shown = Vec::new();
    // A terminal without another side is an error, after all that was written.
    let _ = ours.read_to_end(&mut shown);
    let code = child.wait().expect("it ended").code().expect("an exit code");
    (code, String::from_utf8(shown).expect("UTF-8").replace("\r\n", "\n"))
}
