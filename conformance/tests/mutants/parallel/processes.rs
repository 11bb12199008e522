//! A process for each task: a backend that can end tasks. This program is its own worker.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs};

use larder_core::codec::Encoded;
use larder_core::parallel::{Batch, Call, Outcome, Panic};
use larder_core::{Result, ShortName};

use super::sound::{Letter, batches, each, letter};

const TASK: &str = "LARDER_CONFORMANCE_TASK";

/// What a child does: runs the task of its letter, and leaves the answer beside it.
#[test]
fn worker() {
    let Some(dir) = env::var_os(TASK) else { return };
    // Without the program that asked for it, the answer is nobody's.
    thread::spawn(|| {
        let _ = io::stdin().read(&mut [0]);
        std::process::exit(1)
    });
    let answer = run_letter(Path::new(&dir)).unwrap();
    let whole = Path::new(&dir).join("whole");
    fs::write(&whole, answer).unwrap();
    fs::rename(whole, Path::new(&dir).join("answer")).unwrap();
}

/// The name of the codec, and what it wrote.
fn run_letter(dir: &Path) -> Result<Vec<u8>> {
    let name = fs::read_to_string(dir.join("function"))?;
    let (name, version) = name.split_once(' ').expect("a name and a version");
    let function = larder_core::parallel::tasks::find(name, version.parse().unwrap())?;
    let payload = fs::read(dir.join("payload"))?;
    let returned = function.run(&payload, Vec::new(), &Default::default())?;
    Ok([&returned.codec.to_bytes()[..], &returned.payload].concat())
}

fn open_answer(answer: &[u8]) -> Result<Encoded> {
    let (codec, payload) = answer.split_first_chunk().expect("an answer begins with a codec");
    Ok(Encoded::new(ShortName::from_bytes(*codec)?, payload.to_vec(), Vec::new()))
}

/// Runs a call, each task in a process, which `ends` ends when it must.
pub(crate) fn processes(call: &dyn Call, ends: Ends) -> Result<()> {
    batches(call, |batch| each(call, batch, |batch, i| ends.outcome(call, batch, i)))
}

/// What ends a task before it does itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends {
    pub(crate) when_cancelled: bool,
    pub(crate) when_late: bool,
    /// Whether it is told when a worker is gone.
    pub(crate) with_word: bool,
    /// Whether a task is waited for whose call is cancelled.
    pub(crate) with_patience: bool,
}

impl Ends {
    pub(crate) const ALL: Self =
        Self { when_cancelled: true, when_late: true, with_word: true, with_patience: true };

    pub(crate) fn outcome(self, call: &dyn Call, batch: &Batch<'_>, i: usize) -> Outcome {
        let dir = tempfile::tempdir().unwrap();
        let child = match letter(batch, i).and_then(|letter| Ok(send(&letter, dir.path())?)) {
            Ok(child) => Arc::new(Mutex::new(child)),
            Err(error) => return Outcome::Failed(error),
        };
        let own = child.clone();
        let _guard = call.on_cancel(Box::new(move || {
            if self.when_cancelled {
                let _ = own.lock().unwrap().kill();
            }
        }));
        let begun = Instant::now();
        let status = loop {
            let mut running = child.lock().unwrap();
            if let Some(status) = running.try_wait().unwrap() {
                break status;
            }
            if self.when_late && call.timeout().is_some_and(|limit| begun.elapsed() > limit) {
                let _ = running.kill();
                let _ = running.wait();
                return Outcome::TimedOut;
            }
            drop(running);
            if !self.with_patience && call.is_cancelled() {
                // Its input stays open: it goes on.
                std::mem::forget(child);
                return Outcome::TimedOut;
            }
            thread::sleep(Duration::from_millis(1));
        };
        match fs::read(dir.path().join("answer")) {
            Ok(answer) => open_answer(&answer).map_or_else(Outcome::Failed, Outcome::Returned),
            // A panic leaves no answer either, but an exit code.
            Err(_) if status.code().is_some() => Outcome::Panicked(Panic::new("it panicked")),
            Err(_) if !self.with_word => Outcome::TimedOut,
            Err(_) => Outcome::WorkerDied(status.to_string()),
        }
    }
}

fn send(letter: &Letter, dir: &Path) -> io::Result<Child> {
    fs::write(dir.join("function"), format!("{} {}", letter.function, letter.version))?;
    fs::write(dir.join("payload"), &letter.payload)?;
    let mut command = Command::new(env::current_exe()?);
    command.args(["processes::worker", "--exact"]).env(TASK, dir);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}
