//! The bridge to Dask: a Python process, and what is said with it.

mod message;
mod routes;
mod tail;

use std::io::{BufReader, Write};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use larder_core::{Error, ErrorKind, Result};

pub(crate) use self::message::{Answer, Failed, FailedKind, Loss};
use self::message::{Said, settings};
use self::routes::Routes;
use self::tail::Tail;
use crate::launch::ChildLaunch;
use crate::options::DaskOptions;

const SOURCE: &str = include_str!("python/bridge.py");
const SHIM: &str = include_str!("python/shim.py");

/// How long Python may take to begin, apart from what the options allow for the rest.
const BEGIN: Duration = Duration::from_secs(60);
/// How long a bridge may take to leave the cluster in good order.
const LEAVE: Duration = Duration::from_secs(5);

/// A connection to a cluster.
#[derive(Debug)]
pub(crate) struct Bridge {
    process: Mutex<Child>,
    /// Closed, the bridge ends.
    input: Mutex<Option<ChildStdin>>,
    routes: Arc<Routes>,
    /// How many arrays there were.
    shared: AtomicU64,
}

/// What comes to a call.
#[derive(Debug)]
pub(crate) enum Event {
    /// It is worth asking for tasks again.
    Wake,
    /// The cluster has more threads than before, or fewer.
    Resized,
    /// The call was cancelled.
    Cancel,
    /// What became of a submission.
    Answer(u64, Answer),
}

impl Bridge {
    /// Connects.
    ///
    /// # Errors
    /// Everything that can be missing or not fit; the message tells what.
    pub(crate) fn start(options: &DaskOptions) -> Result<Self> {
        let launch = ChildLaunch::new(options)?;
        let mut process = spawn(options)?;
        let pipes = (process.stdin.take(), process.stdout.take(), process.stderr.take());
        let (Some(input), Some(output), Some(said)) = pipes else {
            return Err(Error::new(ErrorKind::Bug, "a process that was asked for pipes has none"));
        };
        let bridge = Self {
            process: Mutex::new(process),
            input: Mutex::new(Some(input)),
            routes: Arc::new(Routes::new(&options.endpoint)),
            shared: AtomicU64::default(),
        };
        let ready = bridge.listen(output, said);
        bridge
            .write(&[&settings(options, &launch, SHIM)?])
            .map_err(|error| bridge.cannot(error))?;
        let limit = BEGIN + 2 * options.connect_timeout.0 + options.wait_for_workers.0;
        match ready.recv_timeout(limit) {
            Ok(Ok(())) => Ok(bridge),
            Ok(Err(loss)) => Err(loss.into()),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                let message =
                    format!("{} did not begin within {limit:?}", options.python.display());
                Err(Error::new(ErrorKind::Timeout, message))
            }
        }
    }

    /// Whether it can be used.
    pub(crate) fn is_up(&self) -> bool {
        self.routes.loss().is_none()
    }

    /// How many threads the cluster's workers have together, as far as is known.
    pub(crate) fn threads(&self) -> usize {
        self.routes.threads()
    }

    /// Has a worker run what these bytes ask for, as a task that Dask shows as `name` and that needs these
    /// [arrays](Self::share). What becomes of it is told `to`, once, under the number that comes back.
    ///
    /// # Errors
    /// The bridge is gone.
    pub(crate) fn submit(
        &self,
        name: &str,
        arrays: &[u64],
        payload: &[&[u8]],
        to: &Sender<Event>,
    ) -> Result<u64> {
        let number = self.routes.add(to)?;
        let head = message::run(number, name, arrays);
        let parts: Vec<&[u8]> = std::iter::once(&head[..]).chain(payload.iter().copied()).collect();
        if let Err(error) = self.write(&parts) {
            self.routes.forget(number);
            return Err(self.cannot(error));
        }
        Ok(number)
    }

    /// Ends these submissions. They are answered when nothing of them runs any more.
    ///
    /// # Errors
    /// The bridge is gone.
    pub(crate) fn cancel(&self, numbers: impl IntoIterator<Item = u64>) -> Result<()> {
        self.write(&[&message::cancel(numbers)]).map_err(|error| self.cannot(error))
    }

    /// Gives the cluster an array, to be kept until it is [freed](Self::free), and gives back its number.
    ///
    /// # Errors
    /// The bridge is gone.
    pub(crate) fn share(&self, array: &[u8]) -> Result<u64> {
        let number = self.shared.fetch_add(1, Relaxed);
        self.write(&[&message::share(number), array]).map_err(|error| self.cannot(error))?;
        Ok(number)
    }

    /// Has the cluster forget these arrays once what was submitted is over.
    ///
    /// # Errors
    /// The bridge is gone.
    pub(crate) fn free(&self, arrays: impl IntoIterator<Item = u64>) -> Result<()> {
        self.write(&[&message::free(arrays)]).map_err(|error| self.cannot(error))
    }

    /// Writes a frame.
    fn write(&self, parts: &[&[u8]]) -> std::io::Result<()> {
        let mut input = lock(&self.input);
        let input = input.as_mut().ok_or(std::io::ErrorKind::BrokenPipe)?;
        let len: usize = parts.iter().map(|part| part.len()).sum();
        let small = len < 1 << 16;
        let mut frame = Vec::with_capacity(8 + if small { len } else { 0 });
        frame.extend((len as u64).to_le_bytes());
        if small {
            parts.iter().for_each(|part| frame.extend_from_slice(part));
            return input.write_all(&frame);
        }
        input.write_all(&frame)?;
        parts.iter().try_for_each(|part| input.write_all(part))
    }

    /// Why it cannot be written to: what it said last tells more than the system does.
    fn cannot(&self, error: std::io::Error) -> Error {
        match self.routes.wait_for_loss(LEAVE) {
            Some(loss) => loss.into(),
            None => Error::new(ErrorKind::Unavailable, "the bridge to Dask cannot be written to")
                .with_source(error),
        }
    }

    /// Begins to hear what it says; the receiver hears whether it connected.
    fn listen(&self, output: ChildStdout, said: ChildStderr) -> mpsc::Receiver<Result<(), Loss>> {
        let (tell, ready) = mpsc::channel();
        let tail = Tail::of(said);
        let routes = self.routes.clone();
        thread::spawn(move || {
            let loss = hear(&mut BufReader::with_capacity(1 << 16, output), &routes, &tell);
            let loss = loss.unwrap_or_else(|| Loss::ended(&tail.end()));
            let _ = tell.send(Err(loss.clone()));
            routes.lose(loss);
        });
        ready
    }
}

/// Hears the bridge until it is lost. `None` where it did not say why.
fn hear(
    output: &mut impl std::io::BufRead,
    routes: &Routes,
    ready: &Sender<Result<(), Loss>>,
) -> Option<Loss> {
    loop {
        match Said::read(output).ok()?? {
            Said::Ready(news) => {
                routes.learn(&news);
                // Nobody waits for it where that took too long.
                let _ = ready.send(Ok(()));
            }
            Said::News(news) => routes.learn(&news),
            Said::Answer(number, answer) => routes.answer(number, answer),
            Said::Lost(loss) => return Some(loss),
        }
    }
}

fn spawn(options: &DaskOptions) -> Result<Child> {
    let mut command = Command::new(&options.python);
    command.args(["-c", SOURCE]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // What is typed at the terminal is for this program.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn().map_err(|error| {
        let python = options.python.display();
        let message = format!(
            "cannot run `{python}`: the backend dask needs a Python that has the package `distributed`; \
             the option `python` names it"
        );
        Error::invalid(message).with_source(error)
    })
}

impl Drop for Bridge {
    fn drop(&mut self) {
        *lock(&self.input) = None;
        let mut process = lock(&self.process);
        let begun = Instant::now();
        // Its output ends when it does.
        self.routes.wait_for_loss(LEAVE);
        while begun.elapsed() < LEAVE && matches!(process.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(5));
        }
        // One that does not leave, or is none any more.
        let _ = process.kill();
        let _ = process.wait();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
