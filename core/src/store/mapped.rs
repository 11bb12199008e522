//! Which bytes are memory maps.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::sync::{Arc, PoisonError, RwLock, Weak};

use bytes::Bytes;

use crate::map::{MappedFile, PrivateMap};

/// The maps there are, by where they begin.
static MAPS: RwLock<BTreeMap<usize, Map>> = RwLock::new(BTreeMap::new());

#[derive(Debug)]
struct Map {
    len: usize,
    /// The handle of a map that its only owner may write to.
    private: Option<Weak<PrivateMap>>,
    /// What it is a map of, for other processes to map as well.
    file: Option<Arc<MappedFile>>,
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
    noted(map, None)
}

/// As [`mapped_bytes`], of a map of `file` from the offset `start` on. Where arrays in it are arguments of tasks, the
/// worker processes of this machine map the file, too, under whatever name it then has, or none: it is kept open for
/// that, unless many are.
pub fn mapped_bytes_of(map: impl AsRef<[u8]> + Send + 'static, file: &File, start: u64) -> Bytes {
    let file = MappedFile::keep(file, start, map.as_ref().len());
    noted(map, file)
}

fn noted(map: impl AsRef<[u8]> + Send + 'static, file: Option<MappedFile>) -> Bytes {
    let bytes = Bytes::from_owner(Known(map));
    note_map(&bytes, None, file);
    bytes
}

/// As [`mapped_bytes_of`], for memory that its only owner may write to.
pub(crate) fn note_private_map(memory: &[u8], map: &Arc<PrivateMap>, file: &File, start: u64) {
    let file = MappedFile::keep(file, start, memory.len());
    note_map(memory, Some(Arc::downgrade(map)), file);
}

fn note_map(memory: &[u8], private: Option<Weak<PrivateMap>>, file: Option<MappedFile>) {
    if !memory.is_empty() {
        let mut maps = MAPS.write().unwrap_or_else(PoisonError::into_inner);
        let map = Map { len: memory.len(), private, file: file.map(Arc::new) };
        maps.insert(memory.as_ptr().addr(), map);
    }
}

/// Before the map itself goes: its addresses may be another's right after.
pub(crate) fn forget_map(memory: &[u8]) {
    MAPS.write().unwrap_or_else(PoisonError::into_inner).remove(&memory.as_ptr().addr());
}

/// From now on nobody finds its handle, and it is not what the file is.
pub(crate) fn disown_map(memory: &[u8]) {
    let mut maps = MAPS.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(map) = maps.get_mut(&memory.as_ptr().addr()) {
        (map.private, map.file) = (None, None);
    }
}

/// Whether these bytes lie in a known map.
pub(crate) fn is_mapped(bytes: &Bytes) -> bool {
    in_map(bytes, |_, _| ()).is_some()
}

/// The same bytes, in memory of this process alone. Of a map whose file is known they are read, which no cutting of that
/// file can turn into a signal.
pub(crate) fn read_back(bytes: Bytes) -> io::Result<Bytes> {
    if !is_mapped(&bytes) {
        return Ok(bytes);
    }
    match file_of(&bytes) {
        Some((file, offset)) => {
            let mut read = vec![0; bytes.len()];
            read_exact_at(file.file(), &mut read, file.start() + offset as u64)?;
            Ok(read.into())
        }
        None => Ok(Bytes::copy_from_slice(&bytes)),
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, into: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, at)
}

#[cfg(not(unix))]
fn read_exact_at(file: &File, into: &mut [u8], at: u64) -> io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = file;
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(into)
}

/// The map of this process's own that these bytes lie in.
pub(crate) fn private_map(bytes: &Bytes) -> Option<Arc<PrivateMap>> {
    in_map(bytes, |map, _| map.private.as_ref()?.upgrade()).flatten()
}

/// The file these bytes are mapped from, and where in the map they are.
pub(crate) fn file_of(bytes: &[u8]) -> Option<(Arc<MappedFile>, usize)> {
    in_map(bytes, |map, offset| Some((map.file.clone()?, offset))).flatten()
}

fn in_map<R>(bytes: &[u8], found: impl FnOnce(&Map, usize) -> R) -> Option<R> {
    let (at, len) = (bytes.as_ptr().addr(), bytes.len());
    let maps = MAPS.read().unwrap_or_else(PoisonError::into_inner);
    let (start, map) = maps.range(..=at).next_back()?;
    let offset = at - start;
    (len > 0 && offset + len <= map.len).then(|| found(map, offset))
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
