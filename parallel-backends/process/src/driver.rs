//! One worker's share of a call: batches are sent to it, and what comes back is set.

use std::io;
use std::mem;
use std::net::Shutdown;
use std::sync::Arc;

use larder_core::codec::Codec;
use larder_core::parallel::tasks::EncodedTask;
use larder_core::parallel::{Batch, Call, Outcome, Panic};
use larder_core::{Error, ErrorKind, Result};
use larder_worker::{
    At, Death, Kind, MapsWriter, Outgoing, Results, each_buffer, refusal, warning,
};

use crate::context::Context;
use crate::crew::{GivenUp, Seat, Turn};
use crate::failure::Failure;
use crate::left::Left;
use crate::pool::Pool;
use crate::start::NotStarted;
use crate::worker::{Ended, Worker};

/// So many workers in a row may end before they begin a task.
const MAX_STILLBORN: u32 = 3;
/// So many bytes of arrays are sent with one piece of a batch, about: they are in memory until it is done.
const MAX_PIECE: usize = 32 << 20;

/// Drives a worker of a call, and those that replace it.
pub(crate) struct Driver<'c> {
    pool: &'c Arc<Pool>,
    call: &'c dyn Call,
    context: &'c Context<'c>,
    failure: &'c Failure,
    number: usize,
    worker: Option<Prepared>,
    /// From its first worker on.
    seat: Option<Seat<'c>>,
    stillborn: u32,
}

/// A worker, and whether it has done what comes before the first task of the call.
struct Prepared {
    worker: Worker,
    is_prepared: bool,
}

/// How it went with a piece of a batch.
enum Went {
    Well,
    /// The worker is gone.
    Dead(Death, Ended),
    /// The call was cancelled meanwhile, or another of its drivers has failed.
    Over,
    /// There is no room for a worker, until another driver of the call leaves it one.
    Nowhere(Turn),
}

/// What a worker answered.
enum Heard {
    Everything,
    /// It broke off after so many outcomes.
    Only(usize),
    /// It will not run the tasks.
    Refusal(Error),
}

impl<'c> Driver<'c> {
    pub(crate) fn new(
        pool: &'c Arc<Pool>,
        call: &'c dyn Call,
        context: &'c Context<'c>,
        failure: &'c Failure,
        number: usize,
    ) -> Self {
        Self { pool, call, context, failure, number, worker: None, seat: None, stillborn: 0 }
    }

    /// Drives until there are no more tasks, or another driver of the call has failed.
    ///
    /// # Errors
    /// No worker can be had; it cannot be prepared.
    pub(crate) fn run(mut self) -> Result<()> {
        let ran = self.run_all();
        if let Some(Prepared { mut worker, .. }) = self.worker {
            let mut maps = MapsWriter::default();
            worker.known.forget_call(&mut maps);
            // Whether the worker is still there is seen when it is needed.
            let _ = tell(maps, &mut worker);
            self.pool.keep(worker);
        }
        // Who waits for a worker finds it there.
        drop(self.seat);
        ran
    }

    fn run_all(&mut self) -> Result<()> {
        while !self.failure.has_come()
            && let Some(batch) = self.call.next_batch(self.number)
        {
            self.run_batch(batch)?;
            self.recycle();
        }
        Ok(())
    }

    fn run_batch(&mut self, mut batch: Batch<'_>) -> Result<()> {
        let mut left = Left::all(batch.len());
        while let Some(mut piece) = left.next_piece() {
            match self.run_piece(&mut batch, &mut piece, &mut left)? {
                Went::Well => self.stillborn = 0,
                Went::Over => break,
                Went::Nowhere(turn) => {
                    batch.give_back();
                    self.context.crew.wait(turn);
                    break;
                }
                Went::Dead(death, ended) => {
                    self.bury(&mut batch, &mut left, &piece, death, &ended)?
                }
            }
        }
        Ok(())
    }

    /// The worker, or a new one; or else how it went with the piece.
    fn have_worker(&mut self) -> Result<Result<Prepared, Went>> {
        if let Some(prepared) = self.worker.take() {
            return Ok(Ok(prepared));
        }
        let context = self.context;
        let mut seat = self.seat.take().unwrap_or_else(|| context.crew.sit());
        while !self.is_over() {
            let since = context.crew.left();
            match self.pool.take(context.threads) {
                Ok(worker) => {
                    self.seat = Some(seat);
                    return Ok(Ok(Prepared { worker, is_prepared: false }));
                }
                Err(NotStarted::Killed(ended)) => {
                    self.mourn(&ended, "workers end before they are ready")?;
                }
                Err(NotStarted::NoRoom(error)) => {
                    seat = match seat.give_up(since) {
                        GivenUp::NotYet(seat) => seat,
                        GivenUp::Nobody => return Err(error),
                        GivenUp::Until(turn) => {
                            if context.crew.note_shortage() {
                                tracing::warn!(target: "larder::parallel", %error, "no room for one more worker: fewer workers");
                            }
                            return Ok(Err(Went::Nowhere(turn)));
                        }
                    };
                }
                Err(NotStarted::Failed(error)) => return Err(error),
            }
        }
        Ok(Err(Went::Over))
    }

    /// Counts a worker that ended before it began a task.
    ///
    /// # Errors
    /// There were too many of them in a row.
    fn mourn(&mut self, ended: &Ended, what: &str) -> Result<()> {
        self.stillborn += 1;
        if self.stillborn < MAX_STILLBORN {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Task, format!("{what}: {ended}")))
    }

    fn is_over(&self) -> bool {
        self.call.is_cancelled() || self.failure.has_come()
    }

    /// Sends the tasks of a piece, and sets what becomes of them. Those that cannot be sent are taken out of it; those that
    /// would make it too large are put back.
    fn run_piece(
        &mut self,
        batch: &mut Batch<'_>,
        piece: &mut Vec<usize>,
        left: &mut Left,
    ) -> Result<Went> {
        let context = self.context;
        let mut prepared = match self.have_worker()? {
            Ok(prepared) => prepared,
            Err(went) => return Ok(went),
        };
        let worker = &mut prepared.worker;
        let is_known = worker.surroundings == context.surroundings;
        let room = mem::take(&mut worker.room);
        let mut maps = MapsWriter::default();
        worker.known.forget_old(&mut maps);
        let known = &mut worker.known;
        let mut writer = context.batch(is_known, prepared.is_prepared, room, known, &mut maps)?;
        let mut unsent = Vec::new();
        let fit = piece.iter().position(|&i| {
            let encoded = encode(batch, i, context.codec).and_then(|(function, encoded)| {
                let EncodedTask { payload, buffers, .. } = encoded;
                let place = |buffer| context.arrays.place(buffer, known, &mut maps);
                let buffers = each_buffer(buffers, place);
                writer.push(function, &payload, buffers.map_err(Outcome::Failed)?);
                Ok(())
            });
            unsent.extend(encoded.err().map(|outcome| (i, outcome)));
            known.fresh() > MAX_PIECE
        });
        left.put_back(&piece.split_off(fit.map_or(piece.len(), |last| last + 1)));
        piece.retain(|i| unsent.binary_search_by_key(i, |(unsent, _)| *unsent).is_err());
        // What the thread does that cancels is seen here as the worker's end.
        let stream = worker.sink.again();
        let guard = self.call.on_cancel(Box::new(move || {
            let _gone_already = stream.stream().shutdown(Shutdown::Both);
        }));
        let busy = self.failure.cuts(self.number, worker.sink.again());
        worker.progress.set(At::Nothing);
        let sent = tell(maps, worker).is_ok() && send(writer.finish(), worker, piece);
        for (i, outcome) in unsent {
            batch.set(i, outcome, "")?;
        }
        let heard = if sent { hear(context, worker, batch, piece)? } else { Heard::Only(0) };
        drop((guard, busy));
        if self.is_over() {
            // Whether its connection is cut, or is about to be: this worker is not the next call's.
            return Ok(Went::Over);
        }
        match heard {
            Heard::Only(done) => {
                let death = Death { done, at: worker.progress.get() };
                return Ok(Went::Dead(death, worker.end()));
            }
            Heard::Refusal(error) => {
                self.worker = Some(prepared);
                return Err(error);
            }
            Heard::Everything => {}
        }
        if !piece.is_empty() {
            prepared.is_prepared = true;
            if !is_known {
                worker.surroundings.clone_from(&context.surroundings);
            }
        }
        self.worker = Some(prepared);
        Ok(Went::Well)
    }

    /// Settles what becomes of the tasks of a piece whose worker is gone.
    fn bury(
        &mut self,
        batch: &mut Batch<'_>,
        left: &mut Left,
        piece: &[usize],
        death: Death,
        ended: &Ended,
    ) -> Result<()> {
        let fates = death.fates(piece.len());
        tracing::debug!(target: "larder::parallel", %ended, ?death, "a worker is gone");
        match (death.done, fates.blamed) {
            (0, None) => self.mourn(
                ended,
                match death.at {
                    At::Initializer => "the initializer takes its worker with it",
                    _ => "workers end before they begin a task",
                },
            )?,
            _ => self.stillborn = 0,
        }
        let died = || Outcome::WorkerDied(format!("its worker ended: {ended}"));
        if let Some(blamed) = fates.blamed.map(|blamed| piece[blamed]) {
            let attempts = self.pool.options().attempts;
            let is_over = self.context.blame.is_enough(batch.start() + blamed, attempts);
            if is_over || !batch.is_repeatable(blamed) {
                batch.set(blamed, died(), "")?;
            } else {
                left.put_back_last(blamed);
            }
        }
        left.put_back(&piece[fates.rest]);
        let (again, over): (Vec<_>, Vec<_>) =
            piece[fates.lost].iter().partition(|&&i| batch.is_repeatable(i));
        left.put_back(&again);
        over.into_iter().try_for_each(|i| batch.set(i, died(), ""))
    }

    /// Has a worker leave that takes too much memory.
    fn recycle(&mut self) {
        let Some(limit) = self.pool.options().max_worker_memory else { return };
        let too_large =
            |prepared: &mut Prepared| prepared.worker.memory().is_ok_and(|memory| memory > limit.0);
        if let Some(Prepared { worker, .. }) = self.worker.take_if(too_large) {
            tracing::debug!(target: "larder::parallel", pid = worker.pid(), "a worker grew too large");
            worker.dismiss();
            worker.leave();
        }
    }
}

/// Tells a worker what to map and to forget.
fn tell(maps: MapsWriter, worker: &mut Worker) -> io::Result<()> {
    maps.finish().map_or(Ok(()), |frame| frame.send(&mut worker.sink).map(drop))
}

/// Whether a piece was sent, if there is anything to send.
fn send(frame: Outgoing<'_>, worker: &mut Worker, piece: &[usize]) -> bool {
    if piece.is_empty() {
        return true;
    }
    let sent = frame.send(&mut worker.sink);
    sent.map(|room| worker.room = room).is_ok()
}

/// Sets the outcomes that come.
///
/// # Errors
/// An outcome that nobody can be told of.
fn hear(
    context: &Context<'_>,
    worker: &mut Worker,
    batch: &mut Batch<'_>,
    piece: &[usize],
) -> Result<Heard> {
    let pid = worker.pid();
    let mut done = 0;
    if piece.is_empty() {
        return Ok(Heard::Everything);
    }
    loop {
        let mut frame = match worker.frames.next_frame() {
            Ok(Some(frame)) => frame,
            Ok(None) => return Ok(Heard::Only(done)),
            Err(error) => {
                if error.kind() == io::ErrorKind::InvalidData {
                    context.lost_a_file();
                }
                return Ok(Heard::Only(done));
            }
        };
        match frame.kind {
            Kind::Results | Kind::Done => {
                for outcome in Results::of(&mut frame) {
                    let (Ok(outcome), Some(&i)) = (outcome, piece.get(done)) else {
                        return Ok(Heard::Only(done));
                    };
                    batch.set(i, outcome, "")?;
                    done += 1;
                }
                match frame.kind {
                    Kind::Results => {}
                    _ if done == piece.len() => return Ok(Heard::Everything),
                    _ => return Ok(Heard::Only(done)),
                }
            }
            Kind::Refused => return Ok(Heard::Refusal(refusal(&frame))),
            Kind::Warning => {
                tracing::warn!(target: "larder::parallel", pid, "{}", warning(&frame));
            }
            _ => return Ok(Heard::Only(done)),
        }
    }
}

/// A task as it is sent, or what becomes of it without that. What panics is its arguments' own `Serialize`.
fn encode<'t>(
    batch: &'t Batch<'_>,
    i: usize,
    codec: &dyn Codec,
) -> Result<((&'static str, u64), EncodedTask<'t>), Outcome> {
    let Some(task) = batch.portable(i) else {
        return Err(Outcome::Failed(Error::new(
            ErrorKind::Unsupported,
            "a closure cannot be run in another process: make it a #[task] function, or run it on threads",
        )));
    };
    match Panic::catch(|| task.encode(codec)) {
        Ok(Ok(encoded)) => Ok(((task.function(), task.version()), encoded)),
        Ok(Err(error)) => Err(Outcome::Failed(error)),
        Err(panic) => Err(Outcome::Panicked(panic)),
    }
}
