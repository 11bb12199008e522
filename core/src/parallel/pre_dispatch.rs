//! How far ahead of the results tasks are taken from their iterator.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Error, OptionValue, Result};

/// How many tasks may be taken from their iterator and not be done with: what bounds memory where tasks are large, and
/// how far ahead a lazy iterator is asked.
///
/// As text: `auto`, `all`, a number, or `1.5 * n_jobs`.
///
/// ```
/// use larder_core::parallel::PreDispatch;
///
/// assert_eq!("all".parse::<PreDispatch>()?, PreDispatch::All);
/// assert_eq!("2*n_jobs".parse::<PreDispatch>()?, PreDispatch::PerJob(2.0));
/// assert_eq!(PreDispatch::PerJob(1.5).tasks(4), Some(6));
/// assert!("2 + n_jobs".parse::<PreDispatch>().is_err());
/// # Ok::<(), larder_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum PreDispatch {
    /// Two batches a worker; where results are streamed, also no more than have been taken so far.
    #[default]
    Auto,
    /// As many as the backend takes.
    All,
    /// So many tasks. Batches are small enough that every worker gets its share.
    Tasks(usize),
    /// So many tasks a worker.
    PerJob(f64),
}

impl PreDispatch {
    /// The number of tasks for so many workers; `None` for [`Auto`](Self::Auto) and [`All`](Self::All).
    pub fn tasks(self, n_jobs: usize) -> Option<usize> {
        match self {
            Self::Auto | Self::All => None,
            Self::Tasks(tasks) => Some(tasks),
            Self::PerJob(factor) => Some(((factor * n_jobs as f64) as usize).max(1)),
        }
    }

    fn check(self) -> Result<Self> {
        match self {
            Self::Tasks(0) => Err(Error::invalid("pre_dispatch = 0 would run nothing")),
            Self::PerJob(factor) if !(factor.is_finite() && factor > 0.0) => Err(Error::invalid(
                format!("pre_dispatch = {factor} * n_jobs: the factor must be above 0"),
            )),
            fine => Ok(fine),
        }
    }
}

impl FromStr for PreDispatch {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let number = |text: &str| text.trim().parse::<f64>().ok();
        let parsed = match text.trim() {
            "auto" => Some(Self::Auto),
            "all" => Some(Self::All),
            "n_jobs" => Some(Self::PerJob(1.0)),
            other => match (other.split_once('*'), other.parse()) {
                (Some((factor, jobs)), _) if jobs.trim() == "n_jobs" => {
                    number(factor).map(Self::PerJob)
                }
                (Some((jobs, factor)), _) if jobs.trim() == "n_jobs" => {
                    number(factor).map(Self::PerJob)
                }
                (None, Ok(tasks)) => Some(Self::Tasks(tasks)),
                _ => None,
            },
        };
        let unclear = || {
            Error::invalid(format!(
                "pre_dispatch = {text:?} is none of `auto`, `all`, a number, or a number `* n_jobs`"
            ))
        };
        parsed.ok_or_else(unclear)?.check()
    }
}

impl fmt::Display for PreDispatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::All => f.write_str("all"),
            Self::Tasks(tasks) => tasks.fmt(f),
            Self::PerJob(factor) => write!(f, "{factor} * n_jobs"),
        }
    }
}

impl Serialize for PreDispatch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A number, or text.
impl<'de> Deserialize<'de> for PreDispatch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = OptionValue::deserialize(deserializer)?.to_string();
        text.parse().map_err(de::Error::custom)
    }
}

impl TryFrom<&str> for PreDispatch {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self> {
        text.parse()
    }
}

impl TryFrom<usize> for PreDispatch {
    type Error = Error;

    fn try_from(tasks: usize) -> Result<Self> {
        Self::Tasks(tasks).check()
    }
}

/// For numbers as they stand in code.
impl TryFrom<i32> for PreDispatch {
    type Error = Error;

    fn try_from(tasks: i32) -> Result<Self> {
        let negative = |_| Error::invalid(format!("pre_dispatch = {tasks}: at least 1"));
        Self::Tasks(usize::try_from(tasks).map_err(negative)?).check()
    }
}
