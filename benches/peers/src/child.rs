//! Another process that does some of the work, warm: it is asked line by line.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child as Process, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::bench::Counted;
use crate::row::Run;

/// A process that answers each line it reads with a number. It ends with this value.
#[derive(Debug)]
pub(crate) struct Child {
    process: Process,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Child {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().with_context(|| format!("cannot run {command:?}"))?;
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().context("a pipe was asked for")?);
        Ok(Self { process, input, output })
    }

    pub(crate) fn ask(&mut self, words: &str) -> Result<f64> {
        self.tell(words)?;
        self.answer()
    }

    pub(crate) fn tell(&mut self, words: &str) -> Result<()> {
        let input = self.input.as_mut().context("a pipe was asked for")?;
        writeln!(input, "{words}").with_context(|| format!("asked for `{words}`, it had ended"))
    }

    fn lives(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    pub(crate) fn answer(&mut self) -> Result<f64> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        ensure!(!line.is_empty(), "its process ended early: see above");
        if let Some(reason) = line.trim().strip_prefix("failed ") {
            bail!("{reason}");
        }
        line.trim().parse().with_context(|| format!("`{}` is no number", line.trim()))
    }
}

impl Drop for Child {
    /// At the end of its input it leaves, and clears up after itself; but nobody waits for it for ever.
    fn drop(&mut self) {
        drop(self.input.take());
        for _ in 0..500 {
            if !matches!(self.process.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A child that several sides ask.
#[derive(Debug, Clone)]
pub(crate) struct Shared(Rc<RefCell<Child>>);

impl Shared {
    pub(crate) fn new(child: Child) -> Self {
        Self(Rc::new(RefCell::new(child)))
    }

    /// The side that has the child do `work`.
    pub(crate) fn does(&self, work: impl Into<String>) -> Run {
        let (child, work) = (self.0.clone(), work.into());
        Box::new(move |times| {
            let seconds = child.borrow_mut().ask(&format!("{work} {times}"))?;
            Ok(Duration::from_secs_f64(seconds))
        })
    }

    /// The megabytes that `work` takes at its peak.
    pub(crate) fn peak(&self, work: impl Into<String>) -> Counted<'static> {
        let (child, work) = (self.0.clone(), work.into());
        Box::new(move || child.borrow_mut().ask(&format!("peak {work}")))
    }

    pub(crate) fn lives(&self) -> bool {
        self.0.borrow_mut().lives()
    }

    pub(crate) fn ask(&self, words: &str) -> Result<f64> {
        self.0.borrow_mut().ask(words)
    }

    /// Has the child do `work` once while something else is done here.
    pub(crate) fn beside<T>(&self, work: &str, here: impl FnOnce() -> Result<T>) -> Result<T> {
        let mut child = self.0.borrow_mut();
        child.tell(&format!("{work} 1"))?;
        let done = here()?;
        child.answer()?;
        Ok(done)
    }
}
