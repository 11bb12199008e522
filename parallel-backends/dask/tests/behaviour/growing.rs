//! Workers come and go.

use std::thread;

use larder_core::Parallel;
use larder_dask::Dask;
use rustix::process::Signal;

use crate::cluster::{Cluster, signal};
use crate::tasks::{go, holds, slow_square, wait_until_began};

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

#[test]
fn a_call_grows_into_the_workers_that_join() {
    let cluster = Cluster::new(1);
    let backend = cluster.shared();
    // One that asked for more than there were, and one that asked for all there are.
    for (n_jobs, tasks) in [(2, 2), (-1, 3)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let results = thread::scope(|scope| {
            let backend = backend.clone();
            let call = scope.spawn(move || {
                let parallel = Parallel::new().backend(backend).n_jobs(n_jobs).batch_size(1);
                parallel.run((0..tasks).map(|n| holds::delayed(path.into(), n)))
            });
            wait_until_began(path, 0, 1);
            cluster.add_worker();
            // All at once: none ends before.
            (0..tasks).for_each(|n| _ = wait_until_began(path, n, 1));
            go(path);
            call.join().unwrap()
        });
        assert!(results.unwrap().into_iter().eq(0..tasks));
    }
}
