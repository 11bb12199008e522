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
    for (n_jobs, before) in [(2, 1), (-1, 2)] {
        let (folder, later) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (path, later) = (folder.path(), later.path());
        // Those that are sent before it joins, whoever runs them, and as many as there are workers then.
        let (first, tasks) = (2 * before, 3 * before + 1);
        let results = thread::scope(|scope| {
            let backend = backend.clone();
            let call = scope.spawn(move || {
                let place = |n| if n < first { path } else { later };
                let parallel = Parallel::new().backend(backend).n_jobs(n_jobs).batch_size(1);
                parallel.run((0..tasks).map(|n| holds::delayed(place(n).into(), n)))
            });
            wait_until_began(path, 0, 1);
            cluster.add_worker();
            go(path);
            // All at once: none ends before.
            (first..tasks).for_each(|n| _ = wait_until_began(later, n, 1));
            go(later);
            call.join().unwrap()
        });
        assert!(results.unwrap().into_iter().eq(0..tasks));
    }
}
