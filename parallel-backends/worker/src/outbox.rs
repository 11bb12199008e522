//! Results on their way out, and the clock of the task that runs.

use std::io;
use std::time::{Duration, Instant};

use larder_core::parallel::Outcome;

use crate::frame::{Kind, Outgoing};
use crate::message::{Batch, ResultsWriter};
use crate::transport::Sink;
use crate::watch::end;

/// Results wait so long for company: who dies later takes no more than these along.
const FLUSH_AFTER: Duration = Duration::from_millis(5);
/// Nor do they wait beyond this size.
const FLUSH_BYTES: usize = 256 << 10;
/// As many tasks may run between two looks at the clock.
const MAX_STRIDE: u32 = 32;

/// What a worker has to say, and who listens.
pub(crate) struct Outbox {
    sink: Box<dyn Sink + Send>,
    /// What waits.
    results: ResultsWriter,
    /// Tasks until the next look at the clock, and as many as lay between the last two.
    until_look: u32,
    stride: u32,
    looked: Instant,
    flushed: Instant,
    /// Whether a batch runs.
    pub(crate) busy: bool,
    /// Nobody listens any more.
    closed: bool,
    pub(crate) limit: Option<Duration>,
    /// When the task began that runs, of those with a limit.
    pub(crate) begun: Option<Instant>,
    /// Until when the watch sleeps; `None` until it is woken.
    pub(crate) watch_until: Option<Instant>,
}

impl Outbox {
    pub(crate) fn new(sink: Box<dyn Sink + Send>) -> Self {
        Self {
            sink,
            results: ResultsWriter::new(),
            until_look: 1,
            stride: 1,
            looked: Instant::now(),
            flushed: Instant::now(),
            busy: false,
            closed: false,
            limit: None,
            begun: None,
            watch_until: None,
        }
    }

    /// Begins a batch. Says whether the watch has to be woken: it would sleep through a limit.
    #[must_use]
    pub(crate) fn begin(&mut self, batch: &Batch<'_>) -> bool {
        if self.closed {
            end();
        }
        self.busy = true;
        self.limit = batch.timeout;
        self.results.begin(batch.by_file);
        self.begun = None;
        (self.until_look, self.stride) = (1, 1);
        self.looked = Instant::now();
        self.flushed = self.looked;
        let Some(first) = self.limit.and_then(|limit| self.looked.checked_add(limit)) else {
            return false;
        };
        let sleeps_through = self.watch_until.is_none_or(|until| until > first);
        if sleeps_through {
            // It is woken once for it.
            self.watch_until = Some(first);
        }
        sleeps_through
    }

    /// A task begins.
    pub(crate) fn start(&mut self) {
        if self.limit.is_some() {
            self.begun = Some(Instant::now());
        }
    }

    /// A task ended like this. In the nick of time: one that is over its limit has timed out, whoever notices.
    pub(crate) fn push(&mut self, outcome: Outcome) -> io::Result<()> {
        let begun = self.begun.take();
        let late = |limit| begun.is_some_and(|begun| begun.elapsed() > limit);
        let outcome = if self.limit.is_some_and(late) { Outcome::TimedOut } else { outcome };
        self.results.put(outcome);
        self.until_look -= 1;
        let frame = self.results.frame();
        if self.until_look > 0
            && frame.head_len() < FLUSH_BYTES
            && frame.buffers.is_empty()
            && frame.descriptors.is_empty()
        {
            return Ok(());
        }
        let now = Instant::now();
        // Quick tasks are not slowed by looking, slow ones are not kept waiting.
        let is_slow = now - self.looked > FLUSH_AFTER / 16;
        self.stride = if is_slow { 1 } else { (2 * self.stride).min(MAX_STRIDE) };
        (self.until_look, self.looked) = (self.stride, now);
        let is_large = frame.len() >= FLUSH_BYTES || !frame.descriptors.is_empty();
        if now - self.flushed > FLUSH_AFTER || is_large {
            self.flushed = now;
            return self.send(Kind::Results);
        }
        Ok(())
    }

    /// The batch is over.
    pub(crate) fn done(&mut self) -> io::Result<()> {
        self.busy = false;
        self.send(Kind::Done)
    }

    /// Nobody listens any more. Between batches the worker finds that out itself, and leaves in good order.
    pub(crate) fn close(&mut self) {
        self.closed = true;
        if self.busy {
            end();
        }
    }

    /// Says something else than results.
    pub(crate) fn say(&mut self, frame: Outgoing<'static>) -> io::Result<()> {
        if frame.kind.is_last() {
            self.busy = false;
        }
        frame.send(&mut *self.sink).map(drop)
    }

    /// The last words of a worker whose task takes too long.
    pub(crate) fn time_out(&mut self) -> io::Result<()> {
        self.results.put(Outcome::TimedOut);
        self.send(Kind::Results)
    }

    fn send(&mut self, kind: Kind) -> io::Result<()> {
        self.results.send(kind, &mut *self.sink)
    }
}
