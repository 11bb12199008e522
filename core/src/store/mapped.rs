//! Which bytes are memory maps.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, Weak};

use bytes::Bytes;

use crate::map::PrivateMap;

/// The maps there are, by where they begin.
static MAPS: RwLock<BTreeMap<usize, Map>> = RwLock::new(BTreeMap::new());

#[derive(Debug)]
struct Map {
    len: usize,
    /// The handle of a map that its only owner may write to.
    private: Option<Weak<PrivateMap>>,
}

/// A memory map as bytes, which larder then knows to be one, whole or in parts: arrays in them say that they are
/// [mapped](crate::Array::is_mapped), and their pages are not read before somebody asks for the elements.
///
/// For stores. The bytes of a map made without this are right as well, and taken for memory like any other.
///
/// ```
/// let map = vec![1, 2, 3]; // stands for a memory map
/// let bytes = larder_core::store::mapped_bytes(map);
/// assert_eq!(bytes.slice(1..), [2, 3][..]);
/// ```
pub fn mapped_bytes(map: impl AsRef<[u8]> + Send + 'static) -> Bytes {
    let bytes = Bytes::from_owner(Known(map));
    note_map(&bytes, None);
    bytes
}

/// As [`mapped_bytes`], for memory that its only owner may write to.
pub(crate) fn note_private_map(memory: &[u8], map: &Arc<PrivateMap>) {
    note_map(memory, Some(Arc::downgrade(map)));
}

fn note_map(memory: &[u8], private: Option<Weak<PrivateMap>>) {
    if !memory.is_empty() {
        let mut maps = MAPS.write().unwrap_or_else(PoisonError::into_inner);
        maps.insert(memory.as_ptr().addr(), Map { len: memory.len(), private });
    }
}

/// Before the map itself goes: its addresses may be another's right after.
pub(crate) fn forget_map(memory: &[u8]) {
    MAPS.write().unwrap_or_else(PoisonError::into_inner).remove(&memory.as_ptr().addr());
}

/// From now on it is a map like any other: nobody finds its handle.
pub(crate) fn disown_map(memory: &[u8]) {
    let mut maps = MAPS.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(map) = maps.get_mut(&memory.as_ptr().addr()) {
        map.private = None;
    }
}

/// Whether these bytes lie in a known map.
pub(crate) fn is_mapped(bytes: &Bytes) -> bool {
    in_map(bytes, |_| ()).is_some()
}

/// The map of this process's own that these bytes lie in.
pub(crate) fn private_map(bytes: &Bytes) -> Option<Arc<PrivateMap>> {
    in_map(bytes, |map| map.private.as_ref()?.upgrade()).flatten()
}

fn in_map<R>(bytes: &Bytes, found: impl FnOnce(&Map) -> R) -> Option<R> {
    let (at, len) = (bytes.as_ptr().addr(), bytes.len());
    let maps = MAPS.read().unwrap_or_else(PoisonError::into_inner);
    let (start, map) = maps.range(..=at).next_back()?;
    (len > 0 && at - start + len <= map.len).then(|| found(map))
}

/// A map that is forgotten when it ends.
struct Known<M: AsRef<[u8]>>(M);

impl<M: AsRef<[u8]>> AsRef<[u8]> for Known<M> {
    fn as_ref(&self) -> &[u8] {
        self.0.as_ref()
    }
}

impl<M: AsRef<[u8]>> Drop for Known<M> {
    fn drop(&mut self) {
        forget_map(self.0.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_map_are_mapped_as_long_as_it_lives() {
        let bytes = mapped_bytes(vec![7u8; 100]);
        let (start, end) = (bytes.slice(..1), bytes.slice(99..));
        drop(bytes);
        assert!(is_mapped(&start) && is_mapped(&end));
        assert!(!is_mapped(&Bytes::from(vec![7u8; 100])));
        let at = start.as_ptr().addr();
        drop((start, end));
        assert!(!MAPS.read().unwrap().contains_key(&at));
        assert!(!is_mapped(&mapped_bytes(Vec::new())));
        assert!(is_mapped(&mapped_bytes([7u8; 100])), "where it is in the end");
    }
}
