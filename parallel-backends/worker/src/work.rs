//! What a worker does: it runs tasks, and says what became of them, until nobody wants more.

mod stdio;

use std::io;
use std::os::unix::net::UnixStream;
use std::process;
use std::sync::{Arc, Mutex};
use std::thread;

use larder_core::codec::{Codec, EncodeOptions};
use larder_core::parallel::tasks::{self, RegisteredTask};
use larder_core::parallel::{Around, Outcome, Panic, Surroundings};
use larder_core::{Error, ErrorKind, Registry, Result};

use self::stdio::Connection;
use crate::death::At;
use crate::frame::{Frame, Frames, Kind};
use crate::init::GAVE_UP;
use crate::maps::Maps;
use crate::message::{Arrived, Call, Hello, MapsTold, TaskCall, each_buffer, refused, warned};
use crate::outbox::Outbox;
use crate::progress::Progress;
use crate::transport::Source;
use crate::watch::{lock, watch};

/// As much as a main thread has: tasks should not notice that they run on another.
const STACK: usize = 8 << 20;

/// Becomes a worker. Its loop has a thread of its own: around this one may be a runtime, or a test.
pub(crate) fn enter(in_test: bool) -> ! {
    let connection = match stdio::take(in_test) {
        Ok(connection) => connection,
        Err(error) => give_up(&error),
    };
    // The driver hears the end of the process, not that of a thread: then it can see how it ended.
    let _open = connection.watched.try_clone();
    let run = move || match Worker::start(connection).and_then(Worker::run) {
        Ok(()) => process::exit(0),
        Err(error) => give_up(&error),
    };
    match thread::Builder::new().name("larder-worker".to_owned()).stack_size(STACK).spawn(run) {
        Ok(worker) => {
            // It ends the process; should it panic, that is the end as well.
            let _panicked = worker.join();
            process::exit(101)
        }
        Err(error) => give_up(&error),
    }
}

/// The driver sees the connection end; why, only this can tell.
#[expect(clippy::print_stderr, reason = "nobody else is there to tell")]
fn give_up(error: &io::Error) -> ! {
    eprintln!("larder: a worker cannot go on: {error}");
    process::exit(GAVE_UP)
}

struct Worker {
    frames: Frames<Box<dyn Source + Send>>,
    outbox: Arc<Mutex<Outbox>>,
    waker: UnixStream,
    progress: Option<Progress>,
    /// What is around the tasks, and the bytes it was made of.
    around: Option<(Vec<u8>, Around)>,
    maps: Maps,
}

impl Worker {
    fn start(connection: Connection) -> io::Result<Self> {
        let Connection { source, sink, watched } = connection;
        let outbox = Arc::new(Mutex::new(Outbox::new(sink)));
        let waker = watch(watched, outbox.clone())?;
        // Who greets has all it needs.
        lock(&outbox).say(Hello::own().frame())?;
        let (frames, maps) = (Frames::new(source), Maps::default());
        Ok(Self { frames, outbox, waker, progress: None, around: None, maps })
    }

    fn run(self) -> io::Result<()> {
        let Self { mut frames, outbox, waker, mut progress, mut around, mut maps } = self;
        while let Some(mut frame) = frames.next_frame()? {
            match frame.kind {
                Kind::Setup => {
                    let page = frame.descriptors.pop().ok_or(io::ErrorKind::InvalidData)?;
                    progress = Some(Progress::open(page)?);
                }
                Kind::Maps => {
                    let told = MapsTold::of(&mut frame).map_err(|_| io::ErrorKind::InvalidData)?;
                    maps.update(told);
                }
                Kind::Tasks => {
                    let progress = progress.as_ref();
                    let told = Told { outbox: &outbox, waker: &waker, progress, maps: &maps };
                    if let Err(error) = told.run(&frame, &mut around)? {
                        lock(&outbox).say(refused(&error))?;
                    }
                }
                _ => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
        Ok(())
    }
}

/// To whom is told what becomes of a batch.
struct Told<'w> {
    outbox: &'w Mutex<Outbox>,
    waker: &'w UnixStream,
    progress: Option<&'w Progress>,
    maps: &'w Maps,
}

impl Told<'_> {
    /// Runs the tasks of a frame.
    ///
    /// # Errors
    /// Outside, those of the connection; inside, why the tasks cannot be run.
    fn run(
        &self,
        frame: &Frame<'_>,
        around: &mut Option<(Vec<u8>, Around)>,
    ) -> io::Result<Result<()>> {
        let mut call = match Call::of(frame) {
            Ok(call) => call,
            Err(malformed) => return Ok(Err(malformed.into())),
        };
        let codec = match Registry::global().codecs().get(call.batch.codec) {
            Ok(codec) => codec,
            Err(error) => return Ok(Err(error)),
        };
        if lock(self.outbox).begin(&call.batch) {
            io::Write::write_all(&mut &*self.waker, &[0])?;
        }
        let known = around.as_ref().is_some_and(|(bytes, _)| bytes == call.batch.surroundings);
        if !known && !call.batch.surroundings.is_empty() {
            match self.open(call.batch.surroundings)? {
                Ok(opened) => *around = Some((call.batch.surroundings.to_vec(), opened)),
                Err(error) => return Ok(Err(error)),
            }
        }
        let mut runner = Runner { codec: &*codec, maps: self.maps, functions: Vec::new() };
        let mut run = || self.run_all(&mut call, &mut runner);
        match around {
            Some((_, around)) => around.within(run),
            None => run(),
        }
    }

    /// What is around the tasks; without a memory where that cannot be opened here.
    fn open(&self, bytes: &[u8]) -> io::Result<Result<Around>> {
        let opened = Surroundings::from_bytes(bytes).and_then(|around| match around.open() {
            Err(error) => Ok((around.without_memory().open()?, Some(error))),
            Ok(opened) => Ok((opened, None)),
        });
        if let Ok((_, Some(error))) = &opened {
            let text =
                format!("tasks compute what they could remember: no memory in a worker: {error}");
            lock(self.outbox).say(warned(&text))?;
        }
        Ok(opened.map(|(around, _)| around))
    }

    fn run_all(&self, call: &mut Call<'_>, runner: &mut Runner<'_>) -> io::Result<Result<()>> {
        if call.batch.initializer {
            self.note(At::Initializer);
            if let Err(error) = initialize(call, runner) {
                return Ok(Err(error));
            }
        }
        for index in 0.. {
            let task = match call.next_task() {
                Ok(Some(task)) => task,
                Ok(None) => break,
                Err(malformed) => return Ok(Err(malformed.into())),
            };
            self.note(At::Task(index));
            if call.batch.timeout.is_some() {
                lock(self.outbox).start();
            }
            let outcome = runner.run(task);
            lock(self.outbox).push(outcome)?;
        }
        self.note(At::Nothing);
        lock(self.outbox).done().map(Ok)
    }

    fn note(&self, at: At) {
        if let Some(progress) = self.progress {
            progress.set(at);
        }
    }
}

/// Does what comes before the first task.
fn initialize(call: &mut Call<'_>, runner: &mut Runner<'_>) -> Result<()> {
    let Some(initializer) = call.next_task()? else { return Ok(()) };
    match runner.run(initializer) {
        Outcome::Panicked(Panic { message, location, .. }) => {
            let error = Error::new(ErrorKind::Task, format!("the initializer panicked: {message}"));
            Err(location.iter().fold(error, |error, location| error.with("location", location)))
        }
        Outcome::Failed(error) => {
            let message = format!("the initializer cannot be run: {error}");
            Err(Error::new(error.kind(), message))
        }
        _ => Ok(()),
    }
}

/// Runs the tasks of one batch.
struct Runner<'c> {
    codec: &'c dyn Codec,
    maps: &'c Maps,
    /// Found once each.
    functions: Vec<Result<RegisteredTask>>,
}

impl Runner<'_> {
    fn run(&mut self, task: TaskCall<'_>) -> Outcome {
        if task.function == self.functions.len() {
            self.functions.push(tasks::find(task.name, task.version));
        }
        let function = match &self.functions[task.function] {
            Ok(function) => function,
            Err(error) => {
                return Outcome::Failed(Error::new(error.kind(), error.to_string()));
            }
        };
        let options = EncodeOptions::new(self.codec);
        let buffers = each_buffer(task.buffers, |buffer| match buffer {
            Arrived::Here(bytes) => Ok(bytes),
            Arrived::Mapped { number, offset, len } => self.maps.part(number, offset, len),
        });
        let buffers = match buffers {
            Ok(buffers) => buffers,
            Err(error) => return Outcome::Failed(error),
        };
        match Panic::catch(|| function.run(task.payload, buffers, &options)) {
            Ok(Ok(returned)) => Outcome::Returned(returned),
            Ok(Err(error)) => Outcome::Failed(error),
            Err(panic) => Outcome::Panicked(panic),
        }
    }
}
