//! Results on their way to a consumer who takes them one by one, while the call runs on a thread of larder's.

use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::attempt::Rules;
use super::dispatch::{Dispatch, GoOn, Sink};
use super::flow::Flow;
use super::plan::Plan;
use super::run::cancelled;
use super::task_error::TaskError;
use super::{Call, Delayed};
use crate::{Error, ErrorKind};

/// A result, and the number of its task.
pub(super) type Numbered<R> = (usize, Result<R, TaskError>);

/// Where results wait to be taken.
#[derive(Debug)]
pub(super) struct Channel<R> {
    queue: Mutex<Queue<R>>,
    arrived: Condvar,
}

#[derive(Debug)]
struct Queue<R> {
    ready: VecDeque<Piece<R>>,
    end: Option<End>,
    /// Whether nothing of the call runs any more.
    ended: bool,
    waker: Option<Waker>,
}

/// Results of consecutive tasks.
#[derive(Debug)]
struct Piece<R> {
    /// The number of the next one.
    next: usize,
    results: std::vec::IntoIter<Result<R, TaskError>>,
}

/// How the call ended.
#[derive(Debug)]
enum End {
    /// All results are there, or taken.
    Done,
    /// With an error of the call itself.
    Failed(Error),
    /// The iterator of tasks panicked.
    Panicked(Box<dyn Any + Send>),
}

/// The producing end.
struct Deliver<R> {
    channel: Arc<Channel<R>>,
    delivered: AtomicUsize,
}

impl<R: Send> Sink<R> for Deliver<R> {
    fn deliver(&self, start: usize, results: Vec<Result<R, TaskError>>) -> GoOn {
        self.delivered.fetch_add(results.len(), Relaxed);
        let piece = Piece { next: start, results: results.into_iter() };
        self.channel.change(|queue| queue.ready.push_back(piece));
        GoOn::Yes
    }
}

impl<R> Channel<R> {
    fn change(&self, change: impl FnOnce(&mut Queue<R>)) {
        let mut queue = self.queue();
        change(&mut queue);
        let waker = queue.waker.take();
        drop(queue);
        self.arrived.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue<R>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Both ends of a channel: what drives the call, and what takes its results.
pub(super) fn channel<'a, R, I>(
    tasks: I,
    plan: Plan,
    rules: Rules<R>,
    flow: Arc<Flow>,
) -> (impl FnOnce() + Send + use<'a, R, I>, Consumer<R>)
where
    R: Send,
    I: Iterator<Item = Delayed<'a, R>> + Send,
{
    let queue = Mutex::new(Queue { ready: VecDeque::new(), end: None, ended: false, waker: None });
    let channel = Arc::new(Channel { queue, arrived: Condvar::new() });
    let consumer = Consumer {
        channel: channel.clone(),
        flow: flow.clone(),
        current: Piece { next: 0, results: Vec::new().into_iter() },
        early: BTreeMap::new(),
        taken: 0,
        over: false,
    };
    let sink = Deliver { channel: channel.clone(), delivered: AtomicUsize::new(0) };
    // Made here, where what is around the caller is still around.
    let call = Dispatch::new(tasks, sink, plan, rules, flow);
    let drive = move || {
        // With the call in it: its tasks may own what the consumer is to find released, and panic when they are dropped.
        let run = catch_unwind(AssertUnwindSafe(move || {
            let count = call.run()?;
            if call.is_cancelled() {
                return Err(cancelled());
            }
            lost_none(count, call.sink.delivered.load(Relaxed))
        }));
        let end = match run {
            Ok(Ok(())) => End::Done,
            Ok(Err(error)) => End::Failed(error),
            Err(panic) => End::Panicked(panic),
        };
        channel.change(|queue| {
            queue.end = Some(end);
            queue.ended = true;
        });
    };
    (drive, consumer)
}

/// The taking end. Dropped, the call is cancelled.
#[derive(Debug)]
pub(super) struct Consumer<R> {
    channel: Arc<Channel<R>>,
    flow: Arc<Flow>,
    current: Piece<R>,
    /// Pieces whose turn has not come, by their first number.
    early: BTreeMap<usize, Piece<R>>,
    /// Results handed over since the call was last told.
    taken: usize,
    over: bool,
}

impl<R> Consumer<R> {
    /// The next result: `in_order` of the tasks, or as they come; waits for it. `None` when there are no more.
    pub(super) fn take(&mut self, in_order: bool) -> Option<Numbered<R>> {
        if let Some(found) = self.current() {
            return Some(found);
        }
        let channel = self.channel.clone();
        let mut queue = channel.queue();
        loop {
            match self.look(&mut queue, in_order) {
                Some(found) => {
                    drop(queue);
                    return self.hand_over(found);
                }
                None if self.flow.call().is_around() => {
                    drop(queue);
                    return self.refuse();
                }
                None => {}
            }
            queue = channel.arrived.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// As [`take`](Self::take), without waiting.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        in_order: bool,
    ) -> Poll<Option<Numbered<R>>> {
        if let Some(found) = self.current() {
            return Poll::Ready(Some(found));
        }
        let channel = self.channel.clone();
        let mut queue = channel.queue();
        match self.look(&mut queue, in_order) {
            Some(found) => {
                drop(queue);
                Poll::Ready(self.hand_over(found))
            }
            None => {
                queue.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// The next result of the piece at hand. At its end the call is told what was taken of it.
    fn current(&mut self) -> Option<Numbered<R>> {
        match self.current.results.next() {
            Some(result) => {
                self.taken += 1;
                self.current.next += 1;
                Some((self.current.next - 1, result))
            }
            None => {
                if self.taken > 0 {
                    self.flow.take(std::mem::take(&mut self.taken));
                }
                None
            }
        }
    }

    /// What there is to take now.
    fn look(&mut self, queue: &mut Queue<R>, in_order: bool) -> Option<Found<R>> {
        if self.over {
            return Some(Found::End(End::Done));
        }
        if in_order {
            let early = queue.ready.drain(..).map(|piece| (piece.next, piece));
            self.early.extend(early);
            if let Some(piece) = self.early.remove(&self.current.next) {
                return Some(Found::Piece(piece));
            }
        } else if let Some(first) = queue.ready.pop_front() {
            return Some(Found::Piece(first));
        }
        queue.end.take().map(Found::End)
    }

    fn hand_over(&mut self, found: Found<R>) -> Option<Numbered<R>> {
        match found {
            Found::Piece(piece) => {
                self.current = piece;
                self.current()
            }
            Found::End(end) => {
                self.over = true;
                match end {
                    End::Done => None,
                    End::Failed(error) => Some(self.failure(error)),
                    End::Panicked(panic) => resume_unwind(panic),
                }
            }
        }
    }

    /// The call waits for who asks: to wait for it would be for ever.
    fn refuse(&mut self) -> Option<Numbered<R>> {
        self.over = true;
        self.flow.cancel();
        Some(self.failure(Error::invalid(
            "the results of a parallel call were asked for by one of its own tasks, or by what produces them: they would wait for each other",
        )))
    }

    /// An error of the call itself, in the place of the next result.
    fn failure(&self, error: Error) -> Numbered<R> {
        let next = self.current.next;
        (next, Err(TaskError::of_call(next, error)))
    }

    /// Waits until nothing of the call runs any more.
    pub(super) fn join(&mut self) {
        self.flow.cancel();
        let mut queue = self.channel.queue();
        while !queue.ended && !self.flow.call().is_around() {
            queue = self.channel.arrived.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// # Errors
/// Fewer results were delivered than there were tasks.
fn lost_none(tasks: usize, delivered: usize) -> crate::Result<()> {
    if delivered == tasks {
        return Ok(());
    }
    let message = format!("a parallel backend lost the results of {} tasks", tasks - delivered);
    Err(Error::new(ErrorKind::Bug, message))
}

enum Found<R> {
    Piece(Piece<R>),
    End(End),
}

impl<R> Drop for Consumer<R> {
    fn drop(&mut self) {
        self.flow.cancel();
    }
}
