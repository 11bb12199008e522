//! How many tasks may be under way, and who waits for a change.

use std::sync::Arc;
use std::task::Waker;

use super::cancel::{CancelGuard, CancelToken};
use super::place::CallId;
use crate::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How many tasks may be taken from the caller's iterator and not be done with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// As many as a backend takes.
    None,
    /// So many.
    Tasks(usize),
    /// Two batches a worker.
    Batches,
    /// Two batches a worker, but no more than the consumer of results has taken so far: who takes 10 of a million does
    /// not have thousands made.
    Taken,
}

/// What the caller's side, the workers and a consumer of results know of each other's progress.
#[derive(Debug)]
pub(super) struct Flow {
    limit: Limit,
    call: CallId,
    cancel: CancelToken,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Tasks handed out and not yet [retired](Flow::retire).
    open: usize,
    /// Batches out of which tasks may come back.
    returnable: usize,
    /// Results a consumer has taken.
    taken: usize,
    /// Counts changes, so that none is missed between looking and waiting.
    changes: u64,
    asleep: usize,
    turned_away: bool,
    wakers: Vec<Waker>,
}

impl Flow {
    pub(super) fn new(limit: Limit) -> Self {
        let (state, changed) = Default::default();
        Self { limit, call: CallId::next(), cancel: CancelToken::new(), state, changed }
    }

    /// The call this is of.
    pub(super) fn call(&self) -> CallId {
        self.call
    }

    /// Room for up to `want` tasks, where so many `workers` run batches of `size`; 0 when there is none.
    pub(super) fn admit(&self, want: usize, size: usize, workers: usize) -> usize {
        let mut state = self.state();
        let least = 2 * workers;
        let limit = match self.limit {
            Limit::None => usize::MAX,
            Limit::Tasks(limit) => limit,
            Limit::Batches => least.saturating_mul(size),
            Limit::Taken => least.saturating_mul(size).min(state.taken).max(least),
        };
        // A share for every worker, or the first takes it all.
        let share = (limit / workers).max(1);
        let admitted = want.min(share).min(limit.saturating_sub(state.open));
        state.open += admitted;
        admitted
    }

    /// `count` of those admitted are no longer under way.
    pub(super) fn retire(&self, count: usize) {
        self.change(|state| state.open -= count);
    }

    /// As [`retire`](Self::retire), by a consumer.
    pub(super) fn take(&self, count: usize) {
        self.change(|state| {
            state.open -= count;
            state.taken += count;
        });
    }

    /// A batch is out of which tasks may come back.
    pub(super) fn lend(&self) {
        self.state().returnable += 1;
    }

    /// Such a batch is back.
    pub(super) fn give_back(&self) {
        self.change(|state| state.returnable -= 1);
    }

    /// Whether tasks may still come back.
    pub(super) fn may_return(&self) -> bool {
        self.state().returnable > 0
    }

    /// How many changes there were.
    pub(super) fn changes(&self) -> u64 {
        self.state().changes
    }

    /// Waits until there were others than the `seen` ones.
    pub(super) fn wait(&self, seen: u64) {
        let mut state = self.state();
        while state.changes == seen {
            state.asleep += 1;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.asleep -= 1;
        }
    }

    /// Wakes `waker` at the next change; at once, if there were others than the `seen` ones.
    pub(super) fn wake_later(&self, seen: u64, waker: &Waker) {
        let mut state = self.state();
        if state.changes != seen {
            drop(state);
            waker.wake_by_ref();
        } else if !state.wakers.iter().any(|waiting| waiting.will_wake(waker)) {
            state.wakers.push(waker.clone());
        }
    }

    /// Somebody found the iterator of tasks taken, and will not wait for it.
    pub(super) fn turned_away(&self) {
        self.state().turned_away = true;
    }

    /// The iterator of tasks is free again: who found it taken is told.
    pub(super) fn left_feed(&self) {
        if std::mem::take(&mut self.state().turned_away) {
            self.stir();
        }
    }

    /// Everybody who waits looks again.
    pub(super) fn stir(&self) {
        self.change(|_| {});
    }

    pub(super) fn cancel(&self) {
        self.cancel.cancel();
        self.stir();
    }

    /// Cancels this call when `token` is cancelled, until the guard is dropped.
    pub(super) fn follow(self: &Arc<Self>, token: &CancelToken) -> CancelGuard {
        let flow = self.clone();
        token.on_cancel(Box::new(move || flow.cancel()))
    }

    #[inline]
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    pub(super) fn token(&self) -> &CancelToken {
        &self.cancel
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        state.changes += 1;
        let wakers = std::mem::take(&mut state.wakers);
        let asleep = state.asleep > 0;
        drop(state);
        if asleep {
            self.changed.notify_all();
        }
        wakers.into_iter().for_each(Waker::wake);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
