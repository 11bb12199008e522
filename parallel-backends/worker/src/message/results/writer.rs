//! Writes what becomes of tasks.

use std::{io, mem};

use larder_core::codec::Encoded;
use larder_core::parallel::Outcome;
use larder_core::parallel::tasks::TaskBuffer;
use larder_core::{Error, ErrorKind, ShortName};

use super::{FAILED, PANICKED, RETURNED, SAME_CODEC, TIMED_OUT, WORKER_DIED, put_error};
use crate::frame::{Kind, Outgoing};
use crate::message::aside::Aside;
use crate::message::{ByFile, put_buffer};
use crate::transport::Sink;
use crate::wire::Put;

/// Writes outcomes, frame by frame.
#[derive(Debug)]
pub(crate) struct ResultsWriter {
    frame: Outgoing<'static>,
    aside: Aside,
    /// The last codec of this frame: it is that of most, and not said again.
    codec: Option<ShortName>,
}

impl ResultsWriter {
    pub(crate) fn new() -> Self {
        Self { frame: Outgoing::new(Kind::Results), aside: Aside::default(), codec: None }
    }

    /// From here on, buffers go where this batch says.
    pub(crate) fn begin(&mut self, by_file: Option<ByFile<'_>>) {
        self.aside = Aside::new(by_file);
    }

    /// The frame as it stands.
    pub(crate) fn frame(&self) -> &Outgoing<'static> {
        &self.frame
    }

    /// Adds what became of the next task.
    #[inline]
    pub(crate) fn put(&mut self, outcome: Outcome) {
        let head = &mut self.frame.bytes;
        match outcome {
            Outcome::Returned(returned) => self.put_returned(returned),
            Outcome::Panicked(panic) => {
                head.put_number(PANICKED);
                head.put_bytes(panic.message.as_bytes());
                head.put_bytes(panic.location.as_deref().unwrap_or("").as_bytes());
                let backtrace = panic.backtrace.map(|trace| trace.to_string());
                head.put_bytes(backtrace.unwrap_or_default().as_bytes());
            }
            Outcome::Failed(error) => {
                head.put_number(FAILED);
                put_error(head, &error);
            }
            Outcome::TimedOut => head.put_number(TIMED_OUT),
            Outcome::WorkerDied(why) => {
                head.put_number(WORKER_DIED);
                head.put_bytes(why.as_bytes());
            }
            other => {
                head.put_number(FAILED);
                put_error(head, &Error::new(ErrorKind::Bug, format!("no way back for {other:?}")));
            }
        }
    }

    fn put_returned(&mut self, Encoded { codec, payload, buffers, .. }: Encoded) {
        let head = &mut self.frame.bytes;
        head.put_number(RETURNED);
        match self.codec.replace(codec) == Some(codec) {
            true => head.put_bytes(SAME_CODEC.as_bytes()),
            false => head.put_bytes(codec.as_str().as_bytes()),
        }
        head.put_bytes(&payload);
        head.put_number(buffers.len() as u64);
        for buffer in buffers {
            let buffer = TaskBuffer::Shared(buffer);
            if !self.aside.put(&mut self.frame, &buffer) {
                put_buffer(&mut self.frame.bytes, self.frame.buffers.len());
                self.frame.buffers.push(buffer);
            }
        }
    }

    /// Sends the frame, as one of this kind, and begins the next in its room.
    ///
    /// # Errors
    /// Those of the connection.
    pub(crate) fn send(&mut self, kind: Kind, sink: &mut (impl Sink + ?Sized)) -> io::Result<()> {
        self.codec = None;
        let mut frame = mem::replace(&mut self.frame, Outgoing::new(Kind::Results));
        frame.kind = kind;
        let room = frame.send(sink)?;
        self.frame = Outgoing::reusing(Kind::Results, room);
        Ok(())
    }
}
