//! Where the store of one case keeps its entries.

use std::sync::Arc;

use larder_core::Result;
use larder_core::store::StoreBackend;

/// One location, empty at first, that can be opened again and again: a directory, a file, a bucket's prefix.
/// Dropping it removes what was kept there.
///
/// Every closure that opens a store is one; it owns what must outlive the store:
///
/// ```
/// # use larder_conformance::StorePlace;
/// # use larder_core::store::MemoryStore;
/// fn fresh() -> larder_core::Result<impl StorePlace> {
///     let memory = MemoryStore::new(); // for files: `let dir = tempfile::tempdir()?;`
///     Ok(move || Ok(memory.clone())) //   `Ok(move || LocalStore::open(dir.path()))`
/// }
/// assert!(fresh()?.open().is_ok());
/// # Ok::<(), larder_core::Error>(())
/// ```
pub trait StorePlace: Send + Sync + 'static {
    /// Opens the store that is kept here, anew, while others opened before may still be in use.
    ///
    /// # Errors
    /// Whatever the store reports; the case that needed it fails.
    fn open(&self) -> Result<Arc<dyn StoreBackend>>;
}

impl<F, S> StorePlace for F
where
    F: Fn() -> Result<S> + Send + Sync + 'static,
    S: StoreBackend,
{
    fn open(&self) -> Result<Arc<dyn StoreBackend>> {
        Ok(Arc::new(self()?))
    }
}
