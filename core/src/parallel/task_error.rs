//! What became of a task that has no result.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use super::panics::{Panic, Trace};
use crate::{Argument, Error, ErrorKind};

/// Why a task has no result, and which task it was.
///
/// Printed with `{}` it is one line, with `{:?}` everything that is known, the backtrace included.
///
/// ```
/// use larder_core::parallel::TaskErrorKind;
/// use larder_core::{Parallel, delayed};
///
/// let tasks = [4, 0, 2].map(|n: i32| delayed(move || 8 / n));
/// let each = Parallel::new().run_each(tasks)?;
/// assert_eq!((each[0].as_ref().ok(), each[2].as_ref().ok()), (Some(&2), Some(&4)));
///
/// let error = each[1].as_ref().unwrap_err();
/// assert_eq!((error.index(), error.kind()), (1, TaskErrorKind::Panicked));
/// assert_eq!(error.message(), "attempt to divide by zero");
/// # Ok::<(), larder_core::Error>(())
/// ```
#[derive(Clone)]
pub struct TaskError(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: TaskErrorKind,
    message: String,
    location: Option<String>,
    backtrace: Option<Trace>,
    source: Option<Arc<Error>>,
    task: TaskInfo,
}

/// How a task failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskErrorKind {
    /// It could not be sent, run or brought back.
    Failed,
    /// It panicked.
    Panicked,
    /// It took longer than it was given.
    TimedOut,
    /// The worker it ran on is gone, and with it the task.
    WorkerDied,
    /// It was not run, or not to its end, because the call was cancelled.
    Cancelled,
}

/// Which task it was, and where it ran.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct TaskInfo {
    /// Its place among the tasks of the call, from 0.
    pub index: usize,
    /// The function; empty for a closure.
    pub function: &'static str,
    /// Its arguments, shortened; none for a closure.
    pub arguments: Vec<Argument>,
    /// The number of the worker it ran on; `None` for a task that did not run.
    pub worker: Option<usize>,
    /// The machine it ran on.
    pub host: String,
}

impl TaskError {
    pub(super) fn new(kind: TaskErrorKind, message: impl Into<String>, task: TaskInfo) -> Self {
        let (location, backtrace, source) = (None, None, None);
        let message = message.into();
        Self(Arc::new(Inner { kind, message, location, backtrace, source, task }))
    }

    pub(super) fn panicked(panic: Panic, task: TaskInfo) -> Self {
        let Panic { message, location, backtrace } = panic;
        let kind = TaskErrorKind::Panicked;
        Self(Arc::new(Inner { kind, message, location, backtrace, source: None, task }))
    }

    pub(super) fn with_source(mut self, source: Error) -> Self {
        Arc::make_mut(&mut self.0).source = Some(Arc::new(source));
        self
    }

    pub(super) fn cancelled(index: usize) -> Self {
        let task = TaskInfo { index, ..TaskInfo::default() };
        Self::new(TaskErrorKind::Cancelled, "the call was cancelled", task)
    }

    /// An error of the call itself, in the place of a result.
    pub(super) fn of_call(index: usize, error: Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::Cancelled => TaskErrorKind::Cancelled,
            _ => TaskErrorKind::Failed,
        };
        let task = TaskInfo { index, ..TaskInfo::default() };
        Self::new(kind, error.to_string(), task).with_source(error)
    }

    /// How it failed.
    pub fn kind(&self) -> TaskErrorKind {
        self.0.kind
    }

    /// What the panic said, what killed the worker, or what could not be done.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Which task, and where it ran.
    pub fn task(&self) -> &TaskInfo {
        &self.0.task
    }

    /// Its place among the tasks of the call, from 0.
    pub fn index(&self) -> usize {
        self.0.task.index
    }

    /// Where in the source it panicked: `src/main.rs:7:13`.
    pub fn location(&self) -> Option<&str> {
        self.0.location.as_deref()
    }

    /// How it came to panic there. Turning it into text takes a while, the first time.
    pub fn backtrace(&self) -> Option<&Trace> {
        self.0.backtrace.as_ref()
    }
}

impl TaskErrorKind {
    /// The kind as it stands in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Panicked => "panicked",
            Self::TimedOut => "timed out",
            Self::WorkerDied => "was lost with its worker",
            Self::Cancelled => "was cancelled",
        }
    }
}

/// `task 3, app::area(width = 2, height = 5)`.
impl fmt::Display for TaskInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {}", self.index)?;
        if !self.function.is_empty() {
            write!(f, ", {}(", self.function)?;
            for (i, argument) in self.arguments.iter().enumerate() {
                let comma = if i == 0 { "" } else { ", " };
                write!(f, "{comma}{} = {}", argument.name, argument.value)?;
            }
            f.write_str(")")?;
        }
        if let Some(worker) = self.worker {
            write!(f, ", on worker {worker} of {}", self.host)?;
        }
        Ok(())
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.task, self.0.kind.as_str())?;
        if let Some(location) = &self.0.location {
            write!(f, " at {location}")?;
        }
        write!(f, ": {}", self.0.message)
    }
}

impl fmt::Debug for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        match &self.0.backtrace {
            Some(backtrace) => write!(f, "\n{}", backtrace.to_string().trim_end()),
            None => Ok(()),
        }
    }
}

impl StdError for TaskError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<TaskError> for Error {
    fn from(error: TaskError) -> Self {
        let kind = match error.kind() {
            TaskErrorKind::TimedOut => ErrorKind::Timeout,
            TaskErrorKind::Cancelled => ErrorKind::Cancelled,
            _ => ErrorKind::Task,
        };
        Self::new(kind, error.to_string()).transient(false).with_source(error)
    }
}

impl Error {
    /// The task that failed, where this is about one.
    pub fn task(&self) -> Option<&TaskError> {
        std::error::Error::source(self)?.downcast_ref()
    }
}
