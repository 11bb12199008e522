//! Who is to blame for a worker's death, and what it means for the others.

use std::ops::Range;

/// What a worker is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// No task: none has begun, or all have ended.
    Nothing,
    /// What comes before the first task.
    Initializer,
    /// The task of this number within its batch.
    Task(usize),
}

/// A worker ended in the middle of a piece.
#[derive(Debug, Clone, Copy)]
pub struct Death {
    /// How many outcomes of the piece had arrived.
    pub done: usize,
    /// What the worker was doing.
    pub at: At,
}

/// The tasks of a piece after a death, by their places in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Fates {
    /// They ran to their ends, but what became of them is lost.
    pub lost: Range<usize>,
    /// It was running.
    pub blamed: Option<usize>,
    /// They had not begun.
    pub rest: Range<usize>,
}

const NOTHING: u64 = u64::MAX;
const INITIALIZER: u64 = u64::MAX - 1;

impl At {
    /// As the word that a worker and its driver share.
    #[inline]
    #[cfg_attr(not(unix), expect(dead_code, reason = "there are no workers on this system"))]
    pub(crate) fn word(self) -> u64 {
        match self {
            Self::Nothing => NOTHING,
            Self::Initializer => INITIALIZER,
            Self::Task(index) => index as u64,
        }
    }

    /// What the word says.
    pub fn of_word(word: u64) -> Self {
        match word {
            NOTHING => Self::Nothing,
            INITIALIZER => Self::Initializer,
            index => Self::Task(index.try_into().unwrap_or(usize::MAX)),
        }
    }
}

impl Death {
    /// What it means for a piece of so many tasks.
    pub fn fates(self, tasks: usize) -> Fates {
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
}
