//! Memoized functions in tasks: one store, whichever worker they run on.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use larder_core::{Builtin, Memory, Parallel, StoreConfig, memoize, task};
use larder_dask::Dask;

use crate::cluster::{Cluster, variable};

// What the facade does: workers of this program have the store too.
inventory::submit!(Builtin(|registry| {
    larder_object_store::factories().into_iter().try_for_each(|factory| registry.register(factory))
}));

fn mark(folder: &Path, name: &str) {
    let file = OpenOptions::new().create(true).append(true).open(folder.join(name));
    file.unwrap().write_all(b"x").unwrap();
}

#[task(crate = larder_core)]
#[memoize(crate = larder_core)]
fn cell(folder: PathBuf, n: u64) -> u64 {
    mark(&folder, &format!("cell-{n}"));
    n * n
}

/// Rows overlap: most of their cells are those of others too.
#[task(crate = larder_core)]
#[memoize(crate = larder_core)]
fn row(folder: PathBuf, n: u64) -> Result<u64, String> {
    mark(&folder, &format!("row-{n}"));
    let cells =
        Parallel::new().n_jobs(2).run((n..n + 5).map(|n| cell::delayed(folder.clone(), n % 8)));
    cells.map(|cells| cells.iter().sum()).map_err(|error| error.to_string())
}

#[test]
fn what_tasks_ask_for_is_computed_once_in_the_cluster() {
    let (cluster, folder) = (Cluster::new(2), tempfile::tempdir().unwrap());
    let s3 = |name: &str| variable(&format!("LARDER_TEST_S3_{name}"));
    // Secrets do not travel with the memory: workers have them from their environment.
    let options = cluster
        .options()
        .environment("AWS_ACCESS_KEY_ID", s3("ACCESS_KEY_ID"))
        .environment("AWS_SECRET_ACCESS_KEY", s3("SECRET_ACCESS_KEY"));
    let store = StoreConfig::new("s3")
        .at(format!("s3://{}/dask-{:016x}", s3("BUCKET"), fastrand::u64(..)))
        .option("endpoint", s3("ENDPOINT"))
        .option("access_key_id", s3("ACCESS_KEY_ID"))
        .option("secret_access_key", s3("SECRET_ACCESS_KEY"));
    let memory = Memory::open(store).unwrap();
    let parallel = Parallel::new().backend(Dask::new(options).unwrap()).n_jobs(-1).batch_size(2);
    let expected: Vec<u64> = (0..20).map(|n| (n..n + 5).map(|n| (n % 8) * (n % 8)).sum()).collect();
    for round in 0..2 {
        let tasks = (0..20).map(|n| row::delayed(folder.path().into(), n));
        let rows = memory.scope(|| parallel.try_run(tasks)).unwrap();
        assert_eq!(rows, expected, "round {round}");
    }
    let computed: Vec<(String, u64)> = fs::read_dir(&folder)
        .unwrap()
        .map(Result::unwrap)
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len()))
        .collect();
    assert_eq!(computed.len(), 20 + 8, "{computed:?}");
    assert!(computed.iter().all(|(_, times)| *times == 1), "more than once: {computed:?}");
}
