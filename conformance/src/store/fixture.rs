//! What a case is given.

use std::sync::Arc;

use larder_core::Result;
use larder_core::store::StoreCapabilities;

use super::place::StorePlace;
use super::subject::Subject;
use crate::failure::{Checked, Failure};

/// What makes empty places.
pub(super) type Fresh = Arc<dyn Fn() -> Result<Arc<dyn StorePlace>> + Send + Sync>;

/// An empty place of the store under test, and what the store must declare.
pub(super) struct Fixture {
    pub(super) fresh: Fresh,
    pub(super) place: Arc<dyn StorePlace>,
    pub(super) declares: StoreCapabilities,
    pub(super) throttles_touch: bool,
    /// The most callers that race for one entry.
    pub(super) crowd: u64,
    pub(super) longest_key: usize,
}

impl Fixture {
    /// Opens the store: at first, and again.
    pub(super) fn open(&self) -> Checked<Subject> {
        self.open_at(&*self.place)
    }

    /// Opens a store at another empty place; the place must outlive it.
    pub(super) fn elsewhere(&self) -> Checked<(Arc<dyn StorePlace>, Subject)> {
        let place = (self.fresh)().map_err(|e| Failure(format!("no second place: {e:?}")))?;
        let store = self.open_at(&*place)?;
        Ok((place, store))
    }

    fn open_at(&self, place: &dyn StorePlace) -> Checked<Subject> {
        let store = place.open();
        let store = store.map_err(|e| Failure(format!("the store cannot be opened: {e:?}")))?;
        // What is pinned, not what is declared: a store cannot choose how it is checked.
        Ok(Subject::new(store, self.declares.execution))
    }
}
