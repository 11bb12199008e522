//! The frames between this program and the bridge; `bridge.py` says what they are.

use std::io::{self, BufRead, Read};

use larder_core::{Error, ErrorKind, Result};
use serde::Deserialize;
use serde_json::json;

use crate::launch::ChildLaunch;
use crate::options::DaskOptions;

const READY: u8 = 0;
const DONE: u8 = 1;
const FAILED: u8 = 2;
const CANCELLED: u8 = 3;
const NEWS: u8 = 4;
const LOST: u8 = 5;

const RUN: u8 = 0;
const CANCEL: u8 = 1;
const SHARE: u8 = 2;
const FREE: u8 = 3;

/// Room made in advance for what a length claims.
const AHEAD: u64 = 16 << 20;

/// What the bridge says.
#[derive(Debug)]
pub(super) enum Said {
    Ready(News),
    News(News),
    Answer(u64, Answer),
    Lost(Loss),
}

/// What became of a submission.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It ran: what the shim returned.
    Done(Vec<u8>),
    /// Dask could not run it.
    Failed(Failed),
    /// It was ended, as asked.
    Cancelled,
    /// It is lost with the cluster.
    Lost(Loss),
}

/// Why Dask could not run it.
#[derive(Debug, Deserialize)]
pub(crate) struct Failed {
    pub(crate) kind: FailedKind,
    pub(crate) message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FailedKind {
    /// Several Dask workers were lost while they ran it.
    Killed,
    /// Arrays that it needs are lost with the workers that had them.
    Missing,
    Error,
}

/// How the cluster is.
#[derive(Debug, Deserialize)]
pub(super) struct News {
    pub(super) threads: usize,
    /// For how many seconds the scheduler has not answered.
    #[serde(default)]
    pub(super) silent: u64,
}

/// Why there is no connection any more, or none came about.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Loss {
    kind: String,
    message: String,
}

impl Loss {
    /// The bridge ended without a word to us; perhaps it had one for its standard error.
    pub(super) fn ended(said: &str) -> Self {
        let said = if said.is_empty() { String::new() } else { format!("; it said last: {said}") };
        let message = format!("the bridge to Dask, a Python process, has ended{said}");
        Self { kind: "ended".to_owned(), message }
    }
}

impl From<Loss> for Error {
    fn from(loss: Loss) -> Self {
        let kind = match loss.kind.as_str() {
            "missing" | "version" => ErrorKind::Invalid,
            _ => ErrorKind::Unavailable,
        };
        Self::new(kind, loss.message)
    }
}

/// The first frame.
pub(super) fn settings(
    options: &DaskOptions,
    launch: &ChildLaunch<'_>,
    shim: &str,
) -> Result<Vec<u8>> {
    let tls = options.tls_ca_file.as_ref().map(|authority| {
        json!({
            "tls_ca_file": authority,
            "tls_client_cert": options.tls_client_cert,
            "tls_client_key": options.tls_client_key,
        })
    });
    let settings = json!({
        "endpoint": options.endpoint,
        "exe": executable(options)?,
        "launch": launch,
        "submit_bytes": options.batch_bytes.0,
        "tls": tls,
        "direct": options.direct,
        "connect_timeout": options.connect_timeout.0.as_secs_f64(),
        "wait_for_workers": options.wait_for_workers.0.as_secs_f64(),
        "shim": shim,
    });
    serde_json::to_vec(&settings).map_err(|error| {
        Error::invalid("an option of the backend dask is a path that is not Unicode")
            .with_source(error)
    })
}

/// The program to upload, if one is.
fn executable(options: &DaskOptions) -> Result<Option<std::path::PathBuf>> {
    if options.exe_on_workers.is_some() {
        return Ok(None);
    }
    if let Some(given) = &options.exe {
        return Ok(Some(given.clone()));
    }
    // This names the program that runs, even when another was built in its place meanwhile.
    if cfg!(target_os = "linux") {
        return Ok(Some(format!("/proc/{}/exe", std::process::id()).into()));
    }
    let found = std::env::current_exe().map(Some);
    found.map_err(|error| Error::new(ErrorKind::Io, "this program is not found").with_source(error))
}

/// Asks to run what follows, where these arrays are at hand.
pub(super) fn run(number: u64, name: &str, arrays: &[u64]) -> Vec<u8> {
    let mut head = about(RUN, number);
    for length in [name.len(), arrays.len()] {
        head.extend((length as u32).to_le_bytes());
    }
    head.extend_from_slice(name.as_bytes());
    arrays.iter().for_each(|array| head.extend(array.to_le_bytes()));
    head
}

/// Asks to end these.
pub(super) fn cancel(numbers: impl IntoIterator<Item = u64>) -> Vec<u8> {
    about_all(CANCEL, numbers)
}

/// Asks to keep the array that follows.
pub(super) fn share(number: u64) -> Vec<u8> {
    about(SHARE, number)
}

/// Asks to keep these arrays no longer.
pub(super) fn free(numbers: impl IntoIterator<Item = u64>) -> Vec<u8> {
    about_all(FREE, numbers)
}

fn about(kind: u8, number: u64) -> Vec<u8> {
    let mut frame = vec![kind];
    frame.extend(number.to_le_bytes());
    frame
}

fn about_all(kind: u8, numbers: impl IntoIterator<Item = u64>) -> Vec<u8> {
    let mut frame = about(kind, 0);
    numbers.into_iter().for_each(|number| frame.extend(number.to_le_bytes()));
    frame
}

impl Said {
    /// The next frame; `None` at the end.
    pub(super) fn read(input: &mut impl BufRead) -> io::Result<Option<Self>> {
        if input.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let mut head = [0; 17];
        input.read_exact(&mut head)?;
        let number = |at: usize| head[at..].first_chunk().copied().map_or(0, u64::from_le_bytes);
        let len = number(0).checked_sub(9).ok_or(io::ErrorKind::InvalidData)?;
        let (kind, number) = (head[8], number(9));
        let mut body = Vec::with_capacity(len.min(AHEAD) as usize);
        if input.take(len).read_to_end(&mut body)? as u64 != len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Some(match kind {
            READY => Self::Ready(parse(&body)?),
            NEWS => Self::News(parse(&body)?),
            DONE => Self::Answer(number, Answer::Done(body)),
            FAILED => Self::Answer(number, Answer::Failed(parse(&body)?)),
            CANCELLED => Self::Answer(number, Answer::Cancelled),
            LOST => Self::Lost(parse(&body)?),
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }))
    }
}

fn parse<'b, T: Deserialize<'b>>(body: &'b [u8]) -> io::Result<T> {
    Ok(serde_json::from_slice(body)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, number: u64, body: &[u8]) -> Vec<u8> {
        let mut frame = (9 + body.len() as u64).to_le_bytes().to_vec();
        frame.push(kind);
        frame.extend(number.to_le_bytes());
        frame.extend_from_slice(body);
        frame
    }

    #[test]
    fn frames_are_read_to_their_end() {
        let mut said = frame(READY, 0, br#"{"threads": 4, "distributed": "2026.8.0"}"#);
        said.extend(frame(DONE, 7, b"bytes"));
        said.extend(frame(FAILED, 8, br#"{"kind": "killed", "message": "three times"}"#));
        said.extend(frame(CANCELLED, 9, b""));
        let mut said = &said[..];
        assert!(matches!(
            Said::read(&mut said).unwrap(),
            Some(Said::Ready(News { threads: 4, .. }))
        ));
        match Said::read(&mut said).unwrap() {
            Some(Said::Answer(7, Answer::Done(body))) => assert_eq!(body, b"bytes"),
            other => panic!("{other:?}"),
        }
        match Said::read(&mut said).unwrap() {
            Some(Said::Answer(8, Answer::Failed(failed))) => {
                assert_eq!(failed.kind, FailedKind::Killed)
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(Said::read(&mut said).unwrap(), Some(Said::Answer(9, Answer::Cancelled))));
        assert!(Said::read(&mut said).unwrap().is_none());
    }

    #[test]
    fn what_is_cut_or_no_frame_is_an_error() {
        let whole = frame(DONE, 7, b"bytes");
        for cut in 1..whole.len() {
            assert!(Said::read(&mut &whole[..cut]).is_err(), "cut after {cut} bytes");
        }
        assert!(Said::read(&mut &frame(99, 0, b"")[..]).is_err());
        assert!(Said::read(&mut &frame(READY, 0, b"{}")[..]).is_err());
        assert!(Said::read(&mut &[0; 17][..]).is_err());
    }
}
