//! A worker as it is heard by who speaks its language: over a socket, and over pipes.
//!
//! This program is its own worker.
#![cfg(unix)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what tasks print is looked at")]

use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use larder_core::codec::{Postcard, Storable, decode};
use larder_core::parallel::tasks::TaskBuffer;
use larder_core::parallel::{Delayed, Outcome};
use larder_core::{ErrorKind, Registry, task};
use larder_worker::{
    At, Batch, BatchWriter, Frames, Hello, Kind, MARK, Outgoing, Plain, Progress, Results, Sink,
    Socket, Source, refusal, setup,
};
use libtest_mimic::{Arguments, Trial};

#[task(crate = larder_core)]
fn double(n: u64) -> u64 {
    2 * n
}

#[task(crate = larder_core)]
fn total(numbers: &[f64]) -> f64 {
    numbers.iter().sum()
}

#[task(crate = larder_core)]
fn speak(out: &str, error: &str) -> usize {
    println!("{out}");
    eprintln!("{error}");
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap()
}

#[task(crate = larder_core)]
fn sleep_forever() {
    loop {
        std::thread::park();
    }
}

#[task(crate = larder_core)]
fn fail() {
    panic!("on purpose");
}

const NO_BUFFERS: [TaskBuffer<'_>; 0] = [];

fn main() -> ExitCode {
    larder_worker::init();
    let trials = [
        trial("hello_comes_first", hello_comes_first),
        trial("results_come_back_over_a_socket", || results_come_back(over_socket())),
        trial("results_come_back_over_pipes", || results_come_back(over_pipes())),
        trial("what_tasks_print_is_no_message", what_tasks_print_is_no_message),
        trial("strangers_are_failures_of_their_own", strangers_are_failures),
        trial("what_cannot_be_run_is_refused", what_cannot_be_run_is_refused),
        trial("a_limit_ends_the_worker", a_limit_ends_the_worker),
        trial("an_idle_worker_leaves_when_nobody_listens", idle_leaves),
        trial("a_busy_worker_ends_when_nobody_listens", busy_ends),
        trial("the_progress_word_tells_where_it_is", progress_tells),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials.into()).exit_code()
}

fn trial(name: &str, test: fn()) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}

/// A worker that has said hello; killed when dropped.
struct Worker {
    child: Child,
    frames: Frames<Box<dyn Source + Send>>,
    sink: Option<Box<dyn Sink>>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _reaped_already = self.child.wait();
    }
}

fn command() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg0(MARK).process_group(0).stderr(Stdio::piped());
    command
}

fn over_socket() -> Worker {
    let (here, there) = UnixStream::pair().unwrap();
    let child = command().stdin(OwnedFd::from(there)).stdout(Stdio::piped()).spawn().unwrap();
    let socket = Socket::new(here);
    Worker::new(child, Box::new(socket.again()), Box::new(socket))
}

fn over_pipes() -> Worker {
    let mut child = command().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    Worker::new(child, Box::new(Plain(from)), Box::new(Plain(to)))
}

impl Worker {
    fn new(child: Child, source: Box<dyn Source + Send>, sink: Box<dyn Sink>) -> Self {
        let mut worker = Self { child, frames: Frames::new(source), sink: Some(sink) };
        let hello = Hello::of(&worker.frames.next_frame().unwrap().unwrap()).unwrap();
        assert_eq!(hello.pid, worker.child.id());
        worker
    }

    fn send(&mut self, frame: Outgoing<'_>) {
        frame.send(&mut **self.sink.as_mut().unwrap()).unwrap();
    }

    /// What comes until the answer is complete, or the worker is gone.
    fn outcomes(&mut self) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        while let Some(mut frame) = self.frames.next_frame().unwrap() {
            assert!(matches!(frame.kind, Kind::Results | Kind::Done), "{frame:?}");
            outcomes.extend(Results::of(&mut frame).map(Result::unwrap));
            if frame.kind.is_last() {
                break;
            }
        }
        outcomes
    }

    fn refusal(&mut self) -> larder_core::Error {
        let frame = self.frames.next_frame().unwrap().unwrap();
        assert_eq!(frame.kind, Kind::Refused);
        refusal(&frame)
    }
}

fn plain() -> Batch<'static> {
    Batch { codec: "postcard", ..Batch::default() }
}

fn add<R>(writer: &mut BatchWriter<'_>, task: &Delayed<'_, R>) {
    let task = task.portable().unwrap();
    let encoded = task.encode(&Postcard).unwrap();
    let buffers: Vec<_> = encoded.buffers.iter().map(TaskBuffer::to_bytes).collect();
    let buffers = buffers.into_iter().map(TaskBuffer::Shared);
    writer.push((task.function(), task.version()), &encoded.payload, buffers);
}

fn batch<R>(batch: Batch<'_>, tasks: &[Delayed<'_, R>]) -> Outgoing<'static> {
    let mut writer = BatchWriter::new(batch, Vec::new());
    tasks.iter().for_each(|task| add(&mut writer, task));
    writer.finish()
}

fn value<T: Storable>(outcome: &Outcome) -> T {
    let Outcome::Returned(returned) = outcome else { panic!("{outcome:?}") };
    let codecs = Registry::global().codecs();
    decode(returned.codec, &returned.payload, &returned.buffers, &codecs).unwrap()
}

fn hello_comes_first() {
    drop(over_socket());
    drop(over_pipes());
}

fn results_come_back(mut worker: Worker) {
    let numbers: Vec<f64> = (0..100_000).map(f64::from).collect();
    for round in 0..3 {
        worker.send(batch(plain(), &(0..1000).map(double::delayed).collect::<Vec<_>>()));
        let outcomes = worker.outcomes();
        assert!(outcomes.iter().map(value::<u64>).eq((0..1000).map(|n| 2 * n)), "round {round}");
        worker.send(batch(plain(), &[total::delayed(&numbers)]));
        assert_eq!(value::<f64>(&worker.outcomes()[0]), numbers.iter().sum::<f64>());
    }
}

fn what_tasks_print_is_no_message() {
    let mut socket = over_socket();
    socket.send(batch(plain(), &[speak::delayed("to out", "to error")]));
    assert_eq!(value::<usize>(&socket.outcomes()[0]), 0, "its input is empty");
    assert_eq!(told(&mut socket), ("to out\n".to_owned(), "to error\n".to_owned()));
    let mut pipes = over_pipes();
    pipes.send(batch(plain(), &[speak::delayed("to out", "to error")]));
    assert_eq!(value::<usize>(&pipes.outcomes()[0]), 0, "its input is empty");
    assert_eq!(told(&mut pipes).1, "to out\nto error\n");
}

/// What a worker wrote to its standard output and error, once it is dismissed.
fn told(worker: &mut Worker) -> (String, String) {
    worker.sink = None;
    worker.frames = Frames::new(Box::new(Plain(std::io::empty())));
    let (mut out, mut error) = (String::new(), String::new());
    if let Some(mut stdout) = worker.child.stdout.take() {
        stdout.read_to_string(&mut out).unwrap();
    }
    worker.child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
    (out, error)
}

fn strangers_are_failures() {
    let mut worker = over_socket();
    let mut writer = BatchWriter::new(plain(), Vec::new());
    add(&mut writer, &double::delayed(1));
    writer.push(("nobody::knows", 1), &[], NO_BUFFERS);
    let known = double::delayed(2);
    let known = known.portable().unwrap();
    writer.push((known.function(), known.version() ^ 1), &[4], NO_BUFFERS);
    writer.push((known.function(), known.version()), b"no arguments", NO_BUFFERS);
    add(&mut writer, &fail::delayed());
    add(&mut writer, &double::delayed(4));
    worker.send(writer.finish());
    let outcomes = worker.outcomes();
    assert_eq!((value::<u64>(&outcomes[0]), value::<u64>(&outcomes[5])), (2, 8));
    let [
        Outcome::Failed(unknown),
        Outcome::Failed(other),
        Outcome::Failed(garbled),
        Outcome::Panicked(panic),
    ] = &outcomes[1..5]
    else {
        panic!("{outcomes:?}");
    };
    assert_eq!(unknown.kind(), ErrorKind::NotFound);
    assert!(unknown.to_string().contains("nobody::knows"), "{unknown}");
    assert!(other.to_string().contains("built from the same source"), "{other}");
    assert!(garbled.is_decode(), "{garbled}");
    assert_eq!(panic.message, "on purpose");
    assert!(panic.location.as_ref().unwrap().contains("conversation.rs:"));
    assert!(panic.backtrace.as_ref().unwrap().to_string().contains("fail"));
}

fn what_cannot_be_run_is_refused() {
    let mut worker = over_socket();
    worker.send(batch(Batch { codec: "morse", ..plain() }, &[double::delayed(1)]));
    assert!(worker.refusal().to_string().contains("morse"));
    worker.send(batch(Batch { surroundings: b"{", ..plain() }, &[double::delayed(1)]));
    assert!(worker.refusal().is_decode());
    let initializer = Batch { initializer: true, ..plain() };
    worker.send(batch(initializer, &[fail::delayed(), fail::delayed()]));
    assert!(worker.refusal().to_string().contains("initializer panicked: on purpose"));
    worker.send(batch(plain(), &[double::delayed(1)]));
    assert_eq!(value::<u64>(&worker.outcomes()[0]), 2, "it goes on");
}

fn a_limit_ends_the_worker() {
    let mut worker = over_socket();
    let mut writer =
        BatchWriter::new(Batch { timeout: Some(Duration::from_millis(20)), ..plain() }, Vec::new());
    add(&mut writer, &double::delayed(1));
    add(&mut writer, &sleep_forever::delayed());
    add(&mut writer, &double::delayed(3));
    worker.send(writer.finish());
    let outcomes = worker.outcomes();
    assert_eq!(value::<u64>(&outcomes[0]), 2);
    assert!(matches!(outcomes[1..], [Outcome::TimedOut]), "{outcomes:?}");
    assert!(!worker.child.wait().unwrap().success());
}

fn idle_leaves() {
    for mut worker in [over_socket(), over_pipes()] {
        worker.send(batch(plain(), &[double::delayed(1)]));
        worker.outcomes();
        let (_, error) = told(&mut worker);
        assert!(worker.child.wait().unwrap().success(), "{error}");
    }
}

fn busy_ends() {
    for mut worker in [over_socket(), over_pipes()] {
        worker.send(batch(plain(), &[sleep_forever::delayed()]));
        told(&mut worker);
        assert_eq!(worker.child.wait().unwrap().code(), None, "no signal ended it");
    }
}

fn progress_tells() {
    let (progress, page) = Progress::new().unwrap();
    let mut worker = over_socket();
    worker.send(setup(page));
    let mut writer = BatchWriter::new(plain(), Vec::new());
    (0..3).for_each(|n| add(&mut writer, &double::delayed(n)));
    add(&mut writer, &sleep_forever::delayed());
    worker.send(writer.finish());
    while progress.get() != At::Task(3) {
        std::thread::yield_now();
    }
    worker.child.kill().unwrap();
    worker.child.wait().unwrap();
    assert_eq!(progress.get(), At::Task(3), "it is lost with its worker");
}
