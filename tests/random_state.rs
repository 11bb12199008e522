//! Seeded tasks have the same results wherever they run.

#[path = "../examples/random_state.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "an example is a program: its main is not called here"
)]
mod random_state;

use std::collections::HashSet;

use self::random_state::seeded;

larder::test_worker!();

#[test]
fn seeded_tasks_give_the_same_on_every_backend() {
    let expected = seeded("sequential", 1, 7).unwrap();
    let different: HashSet<_> = expected.iter().collect();
    assert_eq!(different.len(), expected.len(), "each task has a seed of its own: {expected:?}");
    for backend in ["sequential", "threading", "process"] {
        for n_jobs in [1, 2, 4, -1] {
            assert_eq!(seeded(backend, n_jobs, 7).unwrap(), expected, "{backend} × {n_jobs}");
        }
    }
    assert_ne!(seeded("threading", 2, 8).unwrap(), expected);
}
