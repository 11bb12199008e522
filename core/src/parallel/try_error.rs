//! How a call of fallible tasks failed.

use std::error::Error as StdError;
use std::fmt;

use super::task_error::TaskInfo;
use crate::{Error, ErrorKind};

/// What ended [`try_run`](super::Parallel::try_run).
#[derive(Debug)]
#[non_exhaustive]
pub enum TryError<E> {
    /// A task returned this error.
    Returned {
        /// The task's own error.
        error: E,
        /// Which task, and where it ran.
        task: TaskInfo,
    },
    /// A task has no result, as [`Error::task`] tells, or the call itself failed.
    Other(Error),
}

impl<E> TryError<E> {
    /// The task's own error, where that is what ended the call.
    pub fn returned(self) -> Option<E> {
        match self {
            Self::Returned { error, .. } => Some(error),
            Self::Other(_) => None,
        }
    }
}

impl<E: fmt::Display> fmt::Display for TryError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned { error, task } => write!(f, "{task} failed: {error}"),
            Self::Other(error) => error.fmt(f),
        }
    }
}

impl<E: StdError + 'static> StdError for TryError<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Returned { error, .. } => Some(error),
            Self::Other(error) => Some(error),
        }
    }
}

impl<E> From<Error> for TryError<E> {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl<E: StdError + Send + Sync + 'static> From<TryError<E>> for Error {
    fn from(error: TryError<E>) -> Self {
        match error {
            TryError::Returned { error, task } => {
                Self::new(ErrorKind::Task, format!("{task} failed: {error}")).with_source(error)
            }
            TryError::Other(error) => error,
        }
    }
}
