//! A table of things by name: what there is, what is nearest to a name that there is not.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{Error, Result, ShortName, suggest};

/// Codecs, or compressors.
#[derive(Debug)]
pub(crate) struct Table<T: ?Sized> {
    what: &'static str,
    rows: BTreeMap<ShortName, Arc<T>>,
}

impl<T: ?Sized> Clone for Table<T> {
    fn clone(&self) -> Self {
        Self { what: self.what, rows: self.rows.clone() }
    }
}

impl<T: ?Sized> Table<T> {
    pub(crate) fn new(what: &'static str) -> Self {
        Self { what, rows: BTreeMap::new() }
    }

    /// # Errors
    /// For a name that cannot be one, or that is taken.
    pub(crate) fn insert(&mut self, name: &str, row: Arc<T>) -> Result<()> {
        let key = ShortName::new(name)?;
        if self.rows.contains_key(&key) {
            let what = self.what;
            return Err(Error::invalid(format!(
                "there is a {what} named {name:?} already; `replace` replaces it on purpose"
            )));
        }
        self.rows.insert(key, row);
        Ok(())
    }

    /// Says whether there was one of this name.
    ///
    /// # Errors
    /// For a name that cannot be one.
    pub(crate) fn replace(&mut self, name: &str, row: Arc<T>) -> Result<bool> {
        Ok(self.rows.insert(ShortName::new(name)?, row).is_some())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<T>> {
        self.rows.get(&ShortName::new(name).ok()?)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.rows.keys().map(ShortName::as_str)
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &Arc<T>> {
        self.rows.values()
    }

    /// "unknown codec `postcart` (did you mean `postcard`?), known: `cbor`, `postcard`"
    pub(crate) fn unknown(&self, name: &str) -> Error {
        Error::invalid(suggest::unknown(self.what, name, &self.names().collect::<Vec<_>>()))
    }
}
