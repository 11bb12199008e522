//! The drivers of a call that have workers: where the system has no room for more, the others wait for theirs.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Who has a worker, or is about to.
#[derive(Debug, Default)]
pub(crate) struct Crew {
    state: Mutex<State>,
    left: Condvar,
}

#[derive(Debug, Default)]
struct State {
    seats: usize,
    /// Counts those who left.
    left: u64,
    is_short: bool,
}

/// A driver's place among those with a worker, until dropped.
#[derive(Debug)]
pub(crate) struct Seat<'c>(&'c Crew);

/// Somebody's leaving, yet to come.
#[derive(Debug)]
pub(crate) struct Turn(u64);

impl Crew {
    pub(crate) fn sit(&self) -> Seat<'_> {
        self.state().seats += 1;
        Seat(self)
    }

    /// Notes that there are fewer workers than drivers. Says whether this is news.
    pub(crate) fn note_shortage(&self) -> bool {
        !std::mem::replace(&mut self.state().is_short, true)
    }

    /// Waits until somebody has left who was there when the turn was given.
    pub(crate) fn wait(&self, turn: Turn) {
        let state = self.state();
        let waits = |state: &mut State| state.left == turn.0;
        drop(self.left.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner));
    }

    fn leave(&self) -> Option<Turn> {
        let mut state = self.state();
        state.seats -= 1;
        state.left += 1;
        self.left.notify_all();
        (state.seats > 0).then_some(Turn(state.left))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat<'_> {
    /// Leaves without a worker: whose turn it is to leave one behind; `None` where nobody has any.
    pub(crate) fn give_up(self) -> Option<Turn> {
        let turn = self.0.leave();
        std::mem::forget(self);
        turn
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_gets_no_worker_waits_for_who_has_one() {
        let crew = Crew::default();
        let (first, second, third) = (crew.sit(), crew.sit(), crew.sit());
        let turn = second.give_up().expect("two others sit there");
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| crew.wait(turn));
            assert!(!waits.is_finished());
            drop(first);
            waits.join().unwrap();
        });
        assert!(third.give_up().is_none(), "nobody is left to wait for");
        assert!(crew.note_shortage() && !crew.note_shortage(), "said once");
    }
}
