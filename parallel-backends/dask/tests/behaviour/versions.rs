//! Dask in several versions, on both sides.

use std::sync::Arc;
use std::thread;

use larder_core::Parallel;
use larder_core::parallel::{CancelToken, ParallelBackend};
use larder_dask::Dask;

use crate::cluster::{Cluster, is_alive, python, variable};
use crate::tasks::{ends_its_process, holds, square, wait_until_began};

/// What takes most of the bridge and the shim: results, a death, a call that is cancelled.
fn works(cluster: &Cluster, client: &str) {
    let backend: Arc<dyn ParallelBackend> =
        Arc::new(Dask::new(cluster.uploading().python(client)).unwrap());
    let parallel = || Parallel::new().backend(backend.clone()).n_jobs(-1);
    let squares = parallel().run((0..500).map(square::delayed)).unwrap();
    assert!(squares.into_iter().eq((0..500).map(|n| n * n)));
    let each = parallel().run_each((0..6).map(|n| ends_its_process::delayed(n, n == 2))).unwrap();
    assert_eq!(each.iter().filter(|result| result.is_ok()).count(), 5);

    let (folder, token) = (tempfile::tempdir().unwrap(), CancelToken::new());
    let path = folder.path();
    thread::scope(|scope| {
        let parallel = parallel().cancel_token(&token);
        let call = scope.spawn(move || parallel.run([holds::delayed(path.into(), 0)]));
        let child = wait_until_began(path, 0, 1);
        token.cancel();
        assert!(call.join().unwrap().unwrap_err().is_cancelled());
        assert!(!is_alive(child));
    });
    assert_eq!(parallel().run([square::delayed(5)]).unwrap(), [25]);
}

#[test]
fn the_oldest_works_and_takes_no_other() {
    let oldest = variable("LARDER_TEST_DASK_2024_PYTHON");
    let cluster = Cluster::with_python(&oldest, 1);
    let refused = Dask::new(cluster.uploading().python(python())).unwrap().connect().unwrap_err();
    assert!(refused.is_invalid());
    assert!(refused.to_string().contains("install distributed==2024.5.2"), "{refused}");
    works(&cluster, &oldest);
}

#[test]
fn newer_ones_work_with_each_other() {
    let earlier = variable("LARDER_TEST_DASK_2025_PYTHON");
    thread::scope(|scope| {
        scope.spawn(|| works(&Cluster::with_python(&earlier, 1), &python()));
        works(&Cluster::new(1), &earlier);
    });
}

#[test]
fn a_cluster_with_tls() {
    let cluster = Cluster::with_tls(1);
    works(&cluster, &python());
}
