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

/// What is left to who found no worker.
#[derive(Debug)]
pub(crate) enum GivenUp<S> {
    /// To wait: another one has a worker, or is about to.
    Until(Turn),
    /// To look again: it is alone now, and others were in its way or have left something since.
    NotYet(S),
    /// Nothing: nobody has any.
    Nobody,
}

impl Crew {
    pub(crate) fn sit(&self) -> Seat<'_> {
        self.state().seats += 1;
        Seat(self)
    }

    /// How many have left so far.
    pub(crate) fn left(&self) -> u64 {
        self.state().left
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

    fn leave(mut state: MutexGuard<'_, State>, left: &Condvar) -> Turn {
        state.seats -= 1;
        state.left += 1;
        left.notify_all();
        Turn(state.left)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat<'_> {
    /// Leaves without a worker, having looked for one since so many had [left](Crew::left).
    pub(crate) fn give_up(self, since: u64) -> GivenUp<Self> {
        let state = self.0.state();
        let is_alone = state.seats == 1;
        if is_alone && state.left > since {
            drop(state);
            return GivenUp::NotYet(self);
        }
        let turn = Crew::leave(state, &self.0.left);
        std::mem::forget(self);
        if is_alone { GivenUp::Nobody } else { GivenUp::Until(turn) }
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        Crew::leave(self.0.state(), &self.0.left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_gets_no_worker_waits_for_who_has_one() {
        let crew = Crew::default();
        let (first, second) = (crew.sit(), crew.sit());
        let GivenUp::Until(turn) = second.give_up(crew.left()) else {
            panic!("another one sits there");
        };
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| crew.wait(turn));
            assert!(!waits.is_finished());
            drop(first);
            waits.join().unwrap();
        });
        let last = crew.sit();
        assert!(matches!(last.give_up(crew.left()), GivenUp::Nobody));
        assert!(crew.note_shortage() && !crew.note_shortage(), "said once");
    }

    #[test]
    fn who_had_others_in_the_way_looks_again_alone() {
        let crew = Crew::default();
        let (first, second) = (crew.sit(), crew.sit());
        let since = crew.left();
        drop(first);
        let GivenUp::NotYet(second) = second.give_up(since) else {
            panic!("something may have been left");
        };
        assert!(matches!(second.give_up(crew.left()), GivenUp::Nobody));
    }
}
