//! Many threads at one thing.

use std::sync::Barrier;
use std::thread;

use crate::failure::{Checked, Failure};

/// Runs `work(0)` to `work(count - 1)`, each on a thread of its own, all starting together; gives what they gave.
pub(crate) fn together<T: Send>(
    count: u64,
    work: impl Fn(u64) -> Checked<T> + Sync,
) -> Checked<Vec<T>> {
    let start = Barrier::new(usize::try_from(count).unwrap_or(usize::MAX));
    thread::scope(|scope| {
        let (start, work) = (&start, &work);
        let spawn = |n| {
            scope.spawn(move || {
                start.wait();
                work(n)
            })
        };
        let threads: Vec<_> = (0..count).map(spawn).collect();
        let panicked = |_| Failure("a call panicked on one of many threads".into());
        threads.into_iter().map(|thread| thread.join().map_err(panicked)?).collect()
    })
}
