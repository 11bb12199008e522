//! What of a batch is still to be done, and who is to blame for a worker's death.

use std::collections::BTreeMap;
use std::ops::Range;

use larder_worker::At;

/// Tasks by their numbers in the batch, in pieces that are sent together.
#[derive(Debug)]
pub(crate) struct Left {
    /// The next one last.
    pieces: Vec<Vec<usize>>,
    /// How often a task took its worker with it.
    deaths: BTreeMap<usize, u32>,
}

/// A worker ended in the middle of a piece.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Death {
    /// How many outcomes of the piece had arrived.
    pub(crate) done: usize,
    /// What the worker was doing.
    pub(crate) at: At,
}

/// The tasks of a piece after a death, by their places in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fates {
    /// They ran to their ends, but what became of them is lost.
    pub(crate) lost: Range<usize>,
    /// It was running.
    pub(crate) blamed: Option<usize>,
    /// They had not begun.
    pub(crate) rest: Range<usize>,
}

impl Left {
    pub(crate) fn all(tasks: usize) -> Self {
        Self { pieces: vec![(0..tasks).collect()], deaths: BTreeMap::new() }
    }

    pub(crate) fn next_piece(&mut self) -> Option<Vec<usize>> {
        self.pieces.pop()
    }

    /// These are to be sent, before all that is left.
    pub(crate) fn put_back(&mut self, tasks: &[usize]) {
        if !tasks.is_empty() {
            self.pieces.push(tasks.to_vec());
        }
    }

    /// As [`put_back`](Self::put_back), alone and after all that is left: it took a worker with it.
    pub(crate) fn put_back_last(&mut self, task: usize) {
        self.pieces.insert(0, vec![task]);
    }

    /// How often this task took its worker with it by now.
    pub(crate) fn blame(&mut self, task: usize) -> u32 {
        let deaths = self.deaths.entry(task).or_default();
        *deaths += 1;
        *deaths
    }
}

impl Death {
    /// What it means for a piece of so many tasks.
    pub(crate) fn fates(self, tasks: usize) -> Fates {
        match self.at {
            At::Task(running) if (self.done..tasks).contains(&running) => {
                Fates { lost: self.done..running, blamed: Some(running), rest: running + 1..tasks }
            }
            // The last word was of a task whose outcome has arrived: the next one had not begun.
            At::Task(_) | At::Initializer => {
                Fates { lost: self.done..self.done, blamed: None, rest: self.done..tasks }
            }
            // Before the first task, or after the last.
            At::Nothing if self.done == 0 => Fates { lost: 0..0, blamed: None, rest: 0..tasks },
            At::Nothing => Fates { lost: self.done..tasks, blamed: None, rest: tasks..tasks },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_task_that_ran_is_blamed() {
        let fates = Death { done: 3, at: At::Task(5) }.fates(9);
        assert_eq!(fates, Fates { lost: 3..5, blamed: Some(5), rest: 6..9 });
        let last = Death { done: 8, at: At::Task(8) }.fates(9);
        assert_eq!(last, Fates { lost: 8..8, blamed: Some(8), rest: 9..9 });
    }

    #[test]
    fn between_tasks_nobody_is() {
        let between = Death { done: 3, at: At::Task(2) }.fates(9);
        assert_eq!(between, Fates { lost: 3..3, blamed: None, rest: 3..9 });
        let before = Death { done: 0, at: At::Nothing }.fates(9);
        assert_eq!(before, Fates { lost: 0..0, blamed: None, rest: 0..9 });
        let after = Death { done: 3, at: At::Nothing }.fates(9);
        assert_eq!(after, Fates { lost: 3..9, blamed: None, rest: 9..9 });
        assert_eq!(Death { done: 0, at: At::Task(usize::MAX) }.fates(9).blamed, None);
    }

    #[test]
    fn who_is_blamed_waits_for_all_others() {
        let mut left = Left::all(4);
        assert_eq!(left.next_piece().unwrap(), [0, 1, 2, 3]);
        left.put_back_last(1);
        left.put_back(&[2, 3]);
        left.put_back(&[0]);
        left.put_back(&[]);
        assert_eq!([left.blame(1), left.blame(2), left.blame(1)], [1, 1, 2]);
        let pieces: Vec<_> = std::iter::from_fn(|| left.next_piece()).collect();
        assert_eq!(pieces, [vec![0], vec![2, 3], vec![1]]);
    }
}
