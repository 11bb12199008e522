//! Workers come and go.

use larder_core::Parallel;
use larder_dask::Dask;
use rustix::process::Signal;

use crate::cluster::{Cluster, signal};
use crate::tasks::slow_square;

#[test]
fn workers_may_come_leave_and_be_killed_during_a_call() {
    let cluster = Cluster::new(2);
    // While tasks are taken, others are under way.
    let change = |n: &u64| match n {
        400 | 1200 => _ = cluster.add_worker(),
        800 => signal(cluster.worker(0), Signal::KILL),
        1600 => _ = cluster.ask("client.retire_workers(names=['worker-1'])"),
        _ => {}
    };
    let parallel =
        Parallel::new().backend(Dask::new(cluster.uploading()).unwrap()).n_jobs(4).batch_size(5);
    let results = parallel.run((0..2000).inspect(change).map(slow_square::delayed)).unwrap();
    assert!(results.into_iter().eq((0..2000).map(|n| n * n)));
}
