//! What the tests share: counted runs, stores, the events of `tracing`, and this program run again.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};

use larder::store::{FaultStore, MemoryStore};
use larder::{Memory, MemoryBuilder, Result};
use tempfile::TempDir;
use tracing::field::{Field, Visit};
use tracing::span;

thread_local! {
    static RUNS: Cell<u32> = const { Cell::new(0) };
}

/// For the bodies of functions: one ran, on this thread.
pub(crate) fn note_run() {
    RUNS.set(RUNS.get() + 1);
}

/// How many bodies ran on this thread since this was last asked.
pub(crate) fn runs() -> u32 {
    RUNS.take()
}

/// A directory that is gone at the end of the test, and a memory over a part of it that is not there yet.
pub(crate) fn local() -> (TempDir, Memory) {
    local_with(|builder| builder)
}

/// As [`local`], with settings.
pub(crate) fn local_with(set: impl FnOnce(MemoryBuilder) -> MemoryBuilder) -> (TempDir, Memory) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let builder = Memory::builder(dir.path().join("cache")).expect("a path");
    let memory = set(builder).open().expect("a fresh directory");
    (dir, memory)
}

/// A memory over a store that fails when told to.
pub(crate) fn faulty() -> (Arc<FaultStore>, Memory) {
    faulty_with(|builder| builder)
}

/// As [`faulty`], with settings.
pub(crate) fn faulty_with(
    set: impl FnOnce(MemoryBuilder) -> MemoryBuilder,
) -> (Arc<FaultStore>, Memory) {
    let store = Arc::new(FaultStore::new(Arc::new(MemoryStore::new())));
    let memory = set(Memory::over(store.clone())).open().expect("a store that was built");
    (store, memory)
}

/// Every file below `dir` with what is in it.
pub(crate) fn files(dir: &Path) -> BTreeMap<std::path::PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => files.extend(self::files(&path)),
            false => drop(files.insert(path.clone(), std::fs::read(&path).expect("a file"))),
        }
    }
    files
}

/// One event: its fields as text.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) target: String,
    pub(crate) level: tracing::Level,
    pub(crate) fields: BTreeMap<&'static str, String>,
}

/// What `act` returns, and larder's events of this thread meanwhile.
pub(crate) fn events_of<R>(act: impl FnOnce() -> R) -> (R, Vec<Event>) {
    // One that always listens: else a place in the code that is reached for the first time on another thread, just as
    // this recorder is made, may be told once for all that nobody does.
    static LISTENER: OnceLock<tracing::Dispatch> = OnceLock::new();
    LISTENER.get_or_init(|| tracing::Dispatch::new(Recorder::default()));
    let recorder = Recorder::default();
    let events = recorder.0.clone();
    let result = tracing::subscriber::with_default(recorder, act);
    let events = std::mem::take(&mut *events.lock().expect("no test panics while recording"));
    (result, events)
}

/// How many of `events` have this target.
pub(crate) fn count(events: &[Event], target: &str) -> u64 {
    events.iter().filter(|event| event.target == target).count() as u64
}

#[derive(Default)]
struct Recorder(Arc<Mutex<Vec<Event>>>);

impl tracing::Subscriber for Recorder {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("larder")
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        struct Fields(BTreeMap<&'static str, String>);
        impl Visit for Fields {
            fn record_str(&mut self, field: &Field, value: &str) {
                self.0.insert(field.name(), value.to_owned());
            }
            fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
                self.0.insert(field.name(), format!("{value:?}"));
            }
        }
        let mut fields = Fields(BTreeMap::new());
        event.record(&mut fields);
        self.0.lock().expect("no test panics while recording").push(Event {
            target: event.metadata().target().to_owned(),
            level: *event.metadata().level(),
            fields: fields.0,
        });
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// The variable that tells a child of this program what to do.
const ROLE: &str = "LARDER_TEST_ROLE";

/// What this process is to do in a test that runs the program again; `None` in the test itself.
pub(crate) fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

/// This program once more, to run only `test`, with `role` to play.
pub(crate) fn again(test: &str, role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    command.args([test, "--exact", "--quiet"]).env(ROLE, role).stdin(Stdio::null());
    command
}

/// `child`, started by a shell after `first`: what only a shell can set for it.
pub(crate) fn after(first: &str, child: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!(r#"{first}; exec "$0" "$@""#));
    shell.arg(child.get_program()).args(child.get_args()).stdin(Stdio::null());
    shell.envs(child.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell
}

/// Runs `child` and checks that it ran its test, and that it passed.
pub(crate) fn passes(mut child: Command) {
    let output = child.output().expect("this program can be run again");
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{errors}");
}

/// The panic's message.
pub(crate) fn panic_of<R>(act: impl FnOnce() -> R) -> String {
    let Err(panic) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act)) else {
        panic!("it did not panic");
    };
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast_ref::<&str>().copied().unwrap_or_default().to_owned(),
    }
}

/// The text of an error, with its causes.
pub(crate) fn error_of<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => panic!("it did not fail"),
        Err(error) => format!("{error:?}"),
    }
}
