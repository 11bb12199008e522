//! What a layer opens its inner stores with.

use std::sync::{Arc, Mutex, PoisonError};

use super::Registry;
use crate::options::OptionValue;
use crate::store::StoreBackend;
use crate::store_config::StoreConfig;
use crate::{Error, Result};

/// How many layers may lie on one another: more is a mistake, or an attack on the stack.
const MAX_DEPTH: usize = 16;

/// Opens the stores a layer is made of, by the registry that the layer itself is opened by: see
/// [`StoreFactory::layer`](super::StoreFactory::layer).
#[derive(Debug)]
pub struct InnerStores<'r> {
    registry: &'r Registry,
    must_exist: bool,
    /// How many layers are around the stores that are opened here.
    depth: usize,
    opened: Mutex<Vec<(String, StoreConfig)>>,
}

impl<'r> InnerStores<'r> {
    /// Of a store that `depth` layers are around.
    pub(super) fn new(registry: &'r Registry, must_exist: bool, depth: usize) -> Self {
        Self { registry, must_exist, depth: depth + 1, opened: Mutex::default() }
    }

    /// Opens the store that `config`, the value of `option`, describes.
    ///
    /// # Errors
    /// Those of [`Registry::open_store`], naming the option; and when layers lie on one another more than 16 deep.
    pub fn open(&self, option: &str, config: &StoreConfig) -> Result<Arc<dyn StoreBackend>> {
        if self.depth > MAX_DEPTH {
            return Err(Error::invalid(format!("more than {MAX_DEPTH} layers on one another")));
        }
        let opened = self.registry.open_at(config, self.must_exist, self.depth);
        let (store, anywhere) = opened.map_err(|error| error.with("option", option))?;
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.push((option.to_owned(), anywhere));
        Ok(store)
    }

    /// What was opened, by option, as it holds from any directory.
    pub(super) fn described(self) -> impl Iterator<Item = (String, OptionValue)> {
        let opened = self.opened.into_inner().unwrap_or_else(PoisonError::into_inner);
        opened.into_iter().map(|(option, config)| (option, config.with_secrets().into()))
    }
}
