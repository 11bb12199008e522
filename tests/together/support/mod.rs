//! What the tests share.

pub(crate) mod children;
pub(crate) mod stepped;
pub(crate) mod waits;
pub(crate) mod watchdog;

use std::sync::Arc;

use larder::Memory;
use larder::store::StoreBackend;

/// The stores that several processes may share.
pub(crate) const STORES: &[&str] =
    if cfg!(feature = "sqlite") { &["local", "sqlite"] } else { &["local"] };

/// A memory over local files that go with the directory.
pub(crate) fn local() -> (tempfile::TempDir, Memory) {
    let dir = tempfile::tempdir().unwrap();
    let memory = Memory::open(dir.path()).unwrap();
    (dir, memory)
}

pub(crate) fn over(store: impl StoreBackend) -> Memory {
    Memory::over(Arc::new(store)).open().unwrap()
}
