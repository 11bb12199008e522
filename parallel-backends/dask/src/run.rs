//! One call: an event loop on the caller's thread.

mod answered;
mod parcel;
mod shares;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::task::{Wake, Waker};
use std::time::Duration;

use larder_core::parallel::{Batch, Call, Outcome, Pull};
use larder_core::{Error, ErrorKind, Result};
use larder_worker::Death;

use self::answered::{Answered, Trouble};
use self::parcel::{Packed, Packer};
use crate::bridge::{Answer, Bridge, Event, Failed, FailedKind};

/// So often in a row it may be in vain to send tasks: children end before they begin one, arrays are lost.
const MAX_FUTILE: u32 = 3;

/// A call under way.
pub(crate) struct Run<'c> {
    call: &'c dyn Call,
    bridge: &'c Bridge,
    attempts: u32,
    packer: Packer<'c>,
    tell: Sender<Event>,
    events: Receiver<Event>,
    waker: Waker,
    /// Batches of which not all is known yet, by number.
    open: HashMap<usize, Open<'c>>,
    opened: usize,
    /// What was submitted and is not answered.
    parcels: HashMap<u64, Parcel>,
    /// Batches under way, by the worker that they were pulled for.
    slots: Vec<usize>,
    drained: bool,
    /// Why the call cannot go on.
    failure: Option<Error>,
}

struct Open<'c> {
    batch: Batch<'c>,
    slot: usize,
    unknown: usize,
    took: Duration,
    /// How often each task has ended its child; empty while none has.
    deaths: HashMap<usize, u32>,
}

/// Some tasks of a batch on their way.
struct Parcel {
    batch: usize,
    tasks: Vec<usize>,
    /// The arrays they need.
    arrays: Vec<u64>,
    /// How often it was in vain, one time after the other: the child ended before it began a task, or arrays were lost.
    futile: u32,
}

impl<'c> Run<'c> {
    pub(crate) fn new(call: &'c dyn Call, bridge: &'c Bridge, attempts: u32) -> Result<Self> {
        let (tell, events) = mpsc::channel();
        Ok(Self {
            call,
            bridge,
            attempts,
            packer: Packer::new(call, bridge)?,
            waker: Waker::from(Arc::new(WakeUp(tell.clone()))),
            tell,
            events,
            open: HashMap::new(),
            opened: 0,
            parcels: HashMap::new(),
            slots: vec![0; call.workers()],
            drained: false,
            failure: None,
        })
    }

    pub(crate) fn run(mut self) -> Result<()> {
        let tell = self.tell.clone();
        let _guard = self.call.on_cancel(Box::new(move || {
            // A call that has ended does not listen.
            let _ = tell.send(Event::Cancel);
        }));
        loop {
            self.pull()?;
            if self.open.is_empty() && (self.drained || self.failure.is_some()) {
                return self.failure.map_or(Ok(()), Err);
            }
            match self.events.recv() {
                Ok(Event::Wake) => {}
                Ok(Event::Resized) => self.resize(),
                Ok(Event::Cancel) => self.cancel()?,
                Ok(Event::Answer(number, answer)) => self.answered(number, answer)?,
                Err(_) => unreachable!("this call holds a sender itself"),
            }
        }
    }

    /// Takes and sends as many batches as there is room for.
    fn pull(&mut self) -> Result<()> {
        while !self.drained && self.failure.is_none() && self.open.len() < self.room() {
            let (slot, _) =
                self.slots.iter().enumerate().min_by_key(|(_, open)| **open).unwrap_or((0, &0));
            match self.call.try_next_batch(slot, &self.waker) {
                Pull::Later => return Ok(()),
                Pull::Done => self.drained = true,
                Pull::Batch(batch) => self.begin(batch, slot)?,
            }
        }
        Ok(())
    }

    /// How many batches may be under way: where the whole cluster is wanted, each worker has one to go on with.
    fn room(&self) -> usize {
        let (wanted, threads) = (self.call.workers(), self.bridge.threads());
        if wanted < threads { wanted } else { 2 * threads.min(wanted) }
    }

    /// There may be room for more.
    fn resize(&mut self) {
        self.call.grown(self.bridge.threads());
        self.slots.resize(self.call.workers(), 0);
    }

    fn begin(&mut self, batch: Batch<'c>, slot: usize) -> Result<()> {
        let tasks: Vec<usize> = (0..batch.len()).collect();
        let open = Open {
            unknown: batch.len(),
            batch,
            slot,
            took: Duration::ZERO,
            deaths: HashMap::new(),
        };
        self.slots[slot] += 1;
        self.opened += 1;
        self.open.insert(self.opened, open);
        self.send(self.opened, tasks, 0)
    }

    /// Sends these tasks. What cannot be sent has failed.
    fn send(&mut self, batch: usize, tasks: Vec<usize>, futile: u32) -> Result<()> {
        if tasks.is_empty() {
            return Ok(());
        }
        let Some(open) = self.open.get_mut(&batch) else { return Ok(()) };
        let packed = self.packer.pack(self.call, &open.batch, tasks)?;
        for (task, error) in packed.refused {
            open.set(task, Outcome::Failed(error), "");
        }
        if packed.tasks.is_empty() {
            self.close_if_known(batch);
            return Ok(());
        }
        let first = open.batch.portable(packed.tasks[0]);
        let name = first.map_or("tasks", |task| task.function());
        let payload = [&packed.head[..], &packed.frame];
        let number = self.bridge.submit(name, &packed.arrays, &payload, &self.tell)?;
        let Packed { tasks, arrays, .. } = packed;
        self.parcels.insert(number, Parcel { batch, tasks, arrays, futile });
        Ok(())
    }

    fn answered(&mut self, number: u64, answer: Answer) -> Result<()> {
        let Some(parcel) = self.parcels.remove(&number) else { return Ok(()) };
        match answer {
            Answer::Lost(loss) => return Err(loss.into()),
            Answer::Cancelled => self.leave(&parcel),
            Answer::Failed(failed) => self.failed(parcel, failed)?,
            Answer::Done(bytes) => self.done(parcel, &bytes)?,
        }
        Ok(())
    }

    /// Of these tasks nothing is known, and nothing will be.
    fn leave(&mut self, parcel: &Parcel) {
        if let Some(open) = self.open.get_mut(&parcel.batch) {
            open.unknown -= parcel.tasks.len();
        }
        self.close_if_known(parcel.batch);
    }

    /// Dask could not run it.
    fn failed(&mut self, parcel: Parcel, Failed { kind, message }: Failed) -> Result<()> {
        if kind == FailedKind::Killed && parcel.tasks.len() > 1 && !self.is_ending() {
            // One of them is to blame.
            let alone = |task| self.send(parcel.batch, vec![task], 0);
            return parcel.tasks.into_iter().try_for_each(alone);
        }
        if kind == FailedKind::Missing && !self.is_ending() {
            return self.missing(parcel, &message);
        }
        let Some(open) = self.open.get_mut(&parcel.batch) else { return Ok(()) };
        for task in parcel.tasks {
            let outcome = match kind {
                FailedKind::Killed => Outcome::WorkerDied(message.clone()),
                FailedKind::Error | FailedKind::Missing => {
                    Outcome::Failed(Error::new(ErrorKind::Unavailable, message.clone()))
                }
            };
            open.set(task, outcome, "");
        }
        self.close_if_known(parcel.batch);
        Ok(())
    }

    /// A worker had it.
    fn done(&mut self, mut parcel: Parcel, bytes: &[u8]) -> Result<()> {
        let Answered { outcomes, took, host, trouble } = match Answered::of(bytes) {
            Ok(answered) => answered,
            Err(error) => return self.fail(error, &parcel),
        };
        let Some(open) = self.open.get_mut(&parcel.batch) else { return Ok(()) };
        open.took += took;
        let done = outcomes.len().min(parcel.tasks.len());
        for (&task, outcome) in parcel.tasks.iter().zip(outcomes) {
            open.set(task, outcome, &host);
        }
        match trouble {
            _ if done == parcel.tasks.len() => self.close_if_known(parcel.batch),
            Trouble::Died { at, how } if !self.is_ending() => {
                self.died(parcel, Death { done, at }, &how, &host)?;
            }
            trouble => {
                parcel.tasks.drain(..done);
                match trouble {
                    Trouble::Fatal(error) if !self.is_ending() => self.fail(error, &parcel)?,
                    Trouble::Missing(what) if !self.is_ending() => self.missing(parcel, &what)?,
                    _ => self.leave(&parcel),
                }
            }
        }
        Ok(())
    }

    /// The workers that had its arrays are gone.
    fn missing(&mut self, parcel: Parcel, what: &str) -> Result<()> {
        let futile = parcel.futile + 1;
        if futile == MAX_FUTILE {
            let message = format!("arrays of the arguments are lost time and again: {what}");
            return self.fail(Error::new(ErrorKind::Unavailable, message), &parcel);
        }
        self.packer.lose(self.call, &parcel.arrays)?;
        self.send(parcel.batch, parcel.tasks, futile)
    }

    /// A child has ended before it was done with its tasks.
    fn died(&mut self, parcel: Parcel, death: Death, how: &str, host: &str) -> Result<()> {
        let Parcel { batch, ref tasks, futile, .. } = parcel;
        let fates = death.fates(tasks.len());
        let futile = if (death.done, fates.blamed) == (0, None) { futile + 1 } else { 0 };
        if futile == MAX_FUTILE {
            let message = format!("the processes that run tasks end before they begin one: {how}");
            let error = Error::new(ErrorKind::Task, message).with("host", host);
            return self.fail(error, &parcel);
        }
        let Some(open) = self.open.get_mut(&batch) else { return Ok(()) };
        let (mut again, mut alone) = (tasks[fates.rest].to_vec(), None);
        if let Some(blamed) = fates.blamed.map(|blamed| tasks[blamed]) {
            let deaths = open.deaths.entry(blamed).or_default();
            *deaths += 1;
            if *deaths < self.attempts && open.batch.is_repeatable(blamed) {
                alone = Some(blamed);
            } else {
                open.set(blamed, Outcome::WorkerDied(how.to_owned()), host);
            }
        }
        for &lost in &tasks[fates.lost] {
            match open.batch.is_repeatable(lost) {
                true => again.push(lost),
                false => open.set(lost, Outcome::WorkerDied(how.to_owned()), host),
            }
        }
        for tasks in [again, alone.into_iter().collect()] {
            self.send(batch, tasks, futile)?;
        }
        self.close_if_known(batch);
        Ok(())
    }

    /// The call cannot go on: what is under way is ended first.
    fn fail(&mut self, error: Error, parcel: &Parcel) -> Result<()> {
        self.failure.get_or_insert(error);
        self.leave(parcel);
        self.cancel()
    }

    fn cancel(&mut self) -> Result<()> {
        if self.parcels.is_empty() {
            Ok(())
        } else {
            self.bridge.cancel(self.parcels.keys().copied())
        }
    }

    fn is_ending(&self) -> bool {
        self.failure.is_some() || self.call.is_cancelled()
    }

    fn close_if_known(&mut self, batch: usize) {
        if self.open.get(&batch).is_some_and(|open| open.unknown == 0)
            && let Some(mut open) = self.open.remove(&batch)
        {
            self.slots[open.slot] -= 1;
            open.batch.took(open.took);
        }
    }
}

impl Open<'_> {
    fn set(&mut self, task: usize, outcome: Outcome, host: &str) {
        self.unknown -= 1;
        // That it was known already would be noted by the call, and end it.
        let _ = self.batch.set(task, outcome, host);
    }
}

/// Makes the call ask for tasks again.
struct WakeUp(Sender<Event>);

impl Wake for WakeUp {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // A call that has ended does not listen.
        let _ = self.0.send(Event::Wake);
    }
}
