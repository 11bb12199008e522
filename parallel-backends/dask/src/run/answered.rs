//! What the shim returned.

use std::time::Duration;

use larder_core::parallel::Outcome;
use larder_core::{Error, ErrorKind, Result};
use larder_worker::{At, Frames, Kind, Plain, Results, refusal, warning};
use serde::Deserialize;

/// What became of a parcel.
#[derive(Debug)]
pub(super) struct Answered {
    /// Of the first tasks.
    pub(super) outcomes: Vec<Outcome>,
    pub(super) took: Duration,
    /// Where.
    pub(super) host: String,
    /// Why there are no more.
    pub(super) trouble: Trouble,
}

/// Why of some tasks nothing is known.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Their child has ended.
    Died { at: At, how: String },
    /// An array they were to be given is lost.
    Missing(String),
    /// No task of the call can be run.
    Fatal(Error),
}

/// The JSON at the end.
#[derive(Debug, Deserialize)]
struct Told {
    host: String,
    seconds: f64,
    kind: Option<String>,
    #[serde(default)]
    message: String,
    #[serde(default)]
    said: String,
    /// What its progress word was.
    #[serde(default)]
    at: Option<u64>,
}

impl Answered {
    /// # Errors
    /// It is not what the shim returns.
    pub(super) fn of(bytes: &[u8]) -> Result<Self> {
        let (length, rest) =
            bytes.split_first_chunk().ok_or_else(|| malformed("it is too short"))?;
        let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let (said, told) = rest.split_at_checked(length).ok_or_else(|| malformed("it is cut"))?;
        let told: Told =
            serde_json::from_slice(told).map_err(|error| malformed(&error.to_string()))?;
        let (mut outcomes, mut refused) = (Vec::new(), None);
        let mut frames = Frames::new(Plain(said));
        while let Some(mut frame) =
            frames.next_frame().map_err(|error| malformed(&error.to_string()))?
        {
            match frame.kind {
                Kind::Results | Kind::Done => {
                    for outcome in Results::of(&mut frame) {
                        outcomes.push(outcome?);
                    }
                }
                Kind::Refused => refused = Some(refusal(&frame)),
                Kind::Warning => {
                    tracing::warn!(target: "larder::parallel", host = told.host, "{}", warning(&frame))
                }
                _ => {}
            }
        }
        Ok(Self {
            outcomes,
            took: Duration::try_from_secs_f64(told.seconds).unwrap_or_default(),
            trouble: match refused {
                Some(error) => Trouble::Fatal(error.with("host", &told.host)),
                None => told.trouble(),
            },
            host: told.host,
        })
    }
}

impl Told {
    fn trouble(&self) -> Trouble {
        let said = if self.said.is_empty() {
            String::new()
        } else {
            format!("; it said last: {}", self.said)
        };
        let how = format!("{}{said}", self.message);
        match (self.kind.as_deref(), self.at.map(At::of_word)) {
            (Some("died"), Some(At::Initializer)) => {
                let message = format!("the initializer ended its process: {how}");
                Trouble::Fatal(Error::new(ErrorKind::Task, message).with("host", &self.host))
            }
            (Some("died"), at) => Trouble::Died { at: at.unwrap_or(At::Nothing), how },
            (Some("missing"), _) => Trouble::Missing(how),
            (Some("start"), _) => {
                let message = format!("a worker cannot run the program: {how}");
                Trouble::Fatal(Error::new(ErrorKind::Unavailable, message).with("host", &self.host))
            }
            _ => Trouble::Fatal(malformed("results are missing")),
        }
    }
}

fn malformed(why: &str) -> Error {
    Error::new(ErrorKind::Bug, format!("what came back from a Dask worker makes no sense: {why}"))
}
