//! Results on their way back.

#[cfg(unix)]
mod writer;

use bytes::Bytes;
use larder_core::codec::Encoded;
use larder_core::parallel::{Outcome, Panic};
use larder_core::{Error, ErrorKind, Result, ShortName};

#[cfg(unix)]
pub(crate) use self::writer::ResultsWriter;
#[cfg(unix)]
use super::aside;
use super::{Arrived, each_buffer, take_buffers};
use crate::frame::{Frame, Kind, Outgoing};
use crate::wire::{Malformed, Put, Take};

const RETURNED: u64 = 0;
const PANICKED: u64 = 1;
const FAILED: u64 = 2;
const TIMED_OUT: u64 = 3;
const WORKER_DIED: u64 = 4;

/// In place of a codec's name: that of the last result in the frame.
const SAME_CODEC: &str = "";

/// The outcomes in a frame, of consecutive tasks.
#[derive(Debug)]
pub struct Results<'f> {
    head: Take<'f>,
    buffers: &'f [Bytes],
    /// The last one.
    codec: Option<ShortName>,
    #[cfg(unix)]
    files: Vec<std::fs::File>,
}

impl<'f> Results<'f> {
    /// Those in a [`Results`](Kind::Results) or [`Done`](Kind::Done) frame.
    pub fn of(frame: &'f mut Frame<'_>) -> Self {
        Self {
            #[cfg(unix)]
            files: std::mem::take(&mut frame.descriptors).into_iter().map(Into::into).collect(),
            head: Take(frame.head),
            buffers: &frame.buffers,
            codec: None,
        }
    }

    fn bytes(&self, buffer: Arrived) -> Result<Bytes> {
        match buffer {
            Arrived::Here(bytes) => Ok(bytes),
            #[cfg(unix)]
            Arrived::Mapped { number, offset, len } => {
                let file = usize::try_from(number).ok().and_then(|number| self.files.get(number));
                aside::open(file.ok_or(Malformed)?, offset as u64, len)
            }
            #[cfg(not(unix))]
            Arrived::Mapped { .. } => Err(Malformed.into()),
        }
    }

    #[inline]
    fn outcome(&mut self) -> Result<Outcome> {
        let head = &mut self.head;
        Ok(match head.number()? {
            RETURNED => {
                let codec = match head.text()? {
                    SAME_CODEC => self.codec.ok_or(Malformed)?,
                    name => *self.codec.insert(ShortName::new(name)?),
                };
                let payload = head.bytes()?.to_vec();
                let buffers = take_buffers(head, self.buffers)?;
                match each_buffer(buffers, |buffer| self.bytes(buffer)) {
                    Ok(buffers) => Outcome::Returned(Encoded::new(codec, payload, buffers)),
                    Err(error) => Outcome::Failed(error),
                }
            }
            PANICKED => {
                let panic = Panic::new(head.text()?);
                let (location, backtrace) = (head.text()?, head.text()?);
                let panic = if location.is_empty() { panic } else { panic.location(location) };
                let known = !backtrace.is_empty();
                Outcome::Panicked(if known { panic.backtrace(backtrace.to_owned()) } else { panic })
            }
            FAILED => Outcome::Failed(take_error(head)?),
            TIMED_OUT => Outcome::TimedOut,
            WORKER_DIED => Outcome::WorkerDied(head.text()?.to_owned()),
            _ => return Err(Malformed.into()),
        })
    }
}

/// # Errors
/// [`Decode`](ErrorKind::Decode) for bytes that are no outcome; then there are no more.
impl Iterator for Results<'_> {
    type Item = Result<Outcome>;

    fn next(&mut self) -> Option<Result<Outcome>> {
        if self.head.is_empty() {
            return None;
        }
        let outcome = self.outcome();
        if outcome.is_err() {
            self.head = Take(&[]);
        }
        Some(outcome)
    }
}

/// The frame that says why tasks are not run.
pub(crate) fn refused(error: &Error) -> Outgoing<'static> {
    let mut frame = Outgoing::new(Kind::Refused);
    put_error(&mut frame.bytes, error);
    frame
}

/// Why a worker does not run the tasks: what a [`Refused`](Kind::Refused) frame says.
pub fn refusal(frame: &Frame<'_>) -> Error {
    take_error(&mut Take(frame.head)).unwrap_or_else(Error::from)
}

/// The frame that says something for a person.
pub(crate) fn warned(text: &str) -> Outgoing<'static> {
    let mut frame = Outgoing::new(Kind::Warning);
    frame.bytes.put_bytes(text.as_bytes());
    frame
}

/// What a [`Warning`](Kind::Warning) frame says.
pub fn warning<'f>(frame: &'f Frame<'_>) -> &'f str {
    Take(frame.head).text().unwrap_or("")
}

/// An error as its kind and text.
fn put_error(head: &mut Vec<u8>, error: &Error) {
    head.put_bytes(error.kind().as_str().as_bytes());
    head.put_bytes(error.to_string().as_bytes());
}

fn take_error(head: &mut Take<'_>) -> Result<Error, Malformed> {
    let kind = ErrorKind::named(head.text()?).unwrap_or(ErrorKind::Io);
    Ok(Error::new(kind, head.text()?))
}

#[cfg(test)]
mod tests;
