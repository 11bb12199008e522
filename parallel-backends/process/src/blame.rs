//! How often the tasks of a call took their workers with them, whichever of its drivers had them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Deaths by the numbers of their tasks in the call.
#[derive(Debug, Default)]
pub(crate) struct Blame(Mutex<BTreeMap<usize, u32>>);

impl Blame {
    /// One more death is this task's. Says whether it has had as many attempts as it may, and is done with: should it come
    /// again, it begins anew.
    pub(crate) fn is_enough(&self, task: usize, attempts: u32) -> bool {
        let mut deaths = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let so_far = deaths.entry(task).or_default();
        *so_far += 1;
        let enough = *so_far >= attempts;
        if enough {
            deaths.remove(&task);
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_has_its_attempts_and_a_retried_one_has_them_again() {
        let blame = Blame::default();
        let enough = [1, 2, 1, 1, 1].map(|task| blame.is_enough(task, 3));
        assert_eq!(enough, [false, false, false, true, false]);
        assert!(blame.is_enough(7, 1));
    }
}
