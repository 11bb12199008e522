//! Files before a bucket: what is near asks the bucket nothing.

use std::path::Path;
use std::sync::Arc;

use larder::local::LocalStore;
use larder::store::{FaultStore, Operation, TieredStore};
use larder::{Memory, memoize};

use crate::services;
use crate::support::over;
use crate::support::watchdog::watched;

#[memoize]
fn square(n: u64) -> u64 {
    n * n
}

/// A machine with its own files before the bucket, and what counts the calls to that.
fn machine(files: &Path, bucket: &str) -> (Memory, Arc<FaultStore>) {
    let bucket = larder::registry().open_store(&bucket.parse().unwrap()).unwrap();
    let far = Arc::new(FaultStore::new(bucket));
    let near = Arc::new(LocalStore::open(files).unwrap());
    (over(TieredStore::new(near, far.clone())), far)
}

#[test]
fn a_near_hit_leaves_no_trace_in_a_bucket() {
    watched(|| {
        let (dir, bucket) = (tempfile::tempdir().unwrap(), services::s3());
        let (one, far) = machine(&dir.path().join("one"), &bucket);
        assert_eq!(one.cache::<square>().call(3).unwrap(), 9);
        assert_eq!(one.stats().stored, 1);
        let before = far.total();
        for _ in 0..3 {
            assert_eq!(one.cache::<square>().call(3).unwrap(), 9);
        }
        assert!(one.close(std::time::Duration::from_secs(60)).unwrap());
        assert_eq!((one.stats().hits, far.total()), (3, before));

        // What another machine has put is fetched once.
        let (other, far) = machine(&dir.path().join("other"), &bucket);
        for _ in 0..3 {
            assert_eq!(other.cache::<square>().call(3).unwrap(), 9);
        }
        assert_eq!((other.stats().hits, other.stats().computed), (3, 0));
        assert_eq!(far.tally(Operation::Get).calls, 1);
    });
}
