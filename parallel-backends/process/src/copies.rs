//! Copies of arrays in files, found by where the originals are in memory.

use std::any::Any;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use larder_core::Result;
use larder_core::parallel::tasks::MappedFile;

/// Alive as long as an array's elements are what they are and where they are.
type Life = Weak<dyn Any + Send + Sync>;

/// As many files are open at most: where there are more arrays, those that were not asked for the longest are copied
/// again when they are.
const MOST: usize = 64;

/// The copies. No two are of the same bytes, so together they take no more memory than the originals, however slices of
/// those may overlap.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    by_start: BTreeMap<usize, Copy>,
    /// How often something was asked for.
    clock: u64,
}

#[derive(Debug)]
struct Copy {
    file: Arc<MappedFile>,
    /// Where the file is, if it had to be somewhere.
    folder: Option<PathBuf>,
    /// Of the original, if it can end before the copy does.
    life: Option<Life>,
    asked: u64,
}

impl Copies {
    /// The file with a copy of these bytes, and where in it they are; if there is none, a new one where `make` is asked
    /// for.
    ///
    /// # Errors
    /// No copy can be made.
    pub(crate) fn find(
        &mut self,
        bytes: &[u8],
        life: Option<&Life>,
        folder: Option<&Path>,
        make: bool,
    ) -> Result<Option<(Arc<MappedFile>, usize)>> {
        let start = bytes.as_ptr().addr();
        self.clock += 1;
        if let Some((&at, copy)) = self.by_start.range_mut(..=start).next_back()
            && start - at + bytes.len() <= copy.file.len()
            && copy.is_of(life)
            && copy.folder.as_deref() == folder
        {
            copy.asked = self.clock;
            return Ok(Some((copy.file.clone(), start - at)));
        }
        if !make {
            return Ok(None);
        }
        self.make_room(start, bytes.len());
        let file = Arc::new(MappedFile::copy_of(bytes, folder)?);
        let (folder, life, asked) = (folder.map(Path::to_owned), life.cloned(), self.clock);
        self.by_start.insert(start, Copy { file: file.clone(), folder, life, asked });
        Ok(Some((file, 0)))
    }

    /// Removes the copies of what is not there any more.
    pub(crate) fn sweep(&mut self) {
        self.by_start
            .retain(|_, copy| copy.life.as_ref().is_none_or(|life| life.strong_count() > 0));
    }

    /// Removes all. Who maps one has it still.
    pub(crate) fn clear(&mut self) {
        self.by_start.clear();
    }

    fn make_room(&mut self, start: usize, len: usize) {
        self.sweep();
        self.by_start.retain(|at, copy| *at >= start + len || at + copy.file.len() <= start);
        if self.by_start.len() >= MOST
            && let Some(oldest) = self.by_start.iter().min_by_key(|(_, copy)| copy.asked)
        {
            let oldest = *oldest.0;
            self.by_start.remove(&oldest);
        }
    }
}

impl Copy {
    fn is_of(&self, life: Option<&Life>) -> bool {
        match (&self.life, life) {
            (None, None) => true,
            (Some(own), Some(life)) => own.ptr_eq(life) && own.strong_count() > 0,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(found: &(Arc<MappedFile>, usize)) -> (u64, usize) {
        (found.0.number(), found.1)
    }

    #[test]
    fn a_part_of_what_is_there_is_found_and_copies_never_overlap() {
        let bytes = vec![7u8; 10_000];
        let mut copies = Copies::default();
        let mut find = |range: std::ops::Range<usize>, make| {
            let found = copies.find(&bytes[range], None, None, make).unwrap();
            (found.as_ref().map(number), copies.by_start.len())
        };
        assert_eq!(find(0..5000, false), (None, 0));
        let (first, _) = find(0..5000, true);
        let (number, _) = first.unwrap();
        assert_eq!(find(0..5000, false), (first, 1));
        assert_eq!(find(100..200, false), (Some((number, 100)), 1));
        assert_eq!(find(4999..5001, false), (None, 1));
        let (tail, count) = find(5000..10_000, true);
        assert!(tail.unwrap().0 != number && count == 2);
        // In the place of both: it overlaps them.
        assert_eq!(find(4000..6000, true).1, 1);
        assert_eq!(find(0..5000, false).0, None);
    }

    #[test]
    fn the_copy_of_what_is_gone_or_elsewhere_is_not_found() {
        let bytes = vec![7u8; 100];
        let mut copies = Copies::default();
        let life: Arc<dyn Any + Send + Sync> = Arc::new(());
        let (alive, other) = (Arc::downgrade(&life), Arc::downgrade(&(Arc::new(1) as Arc<_>)));
        let first = copies.find(&bytes, Some(&alive), None, true).unwrap().unwrap();
        let folder = std::env::temp_dir();
        assert!(copies.find(&bytes, Some(&alive), None, false).unwrap().is_some());
        assert!(copies.find(&bytes, Some(&other), None, false).unwrap().is_none());
        assert!(copies.find(&bytes, None, None, false).unwrap().is_none());
        assert!(copies.find(&bytes, Some(&alive), Some(&folder), false).unwrap().is_none());
        drop(life);
        assert!(copies.find(&bytes, Some(&alive), None, false).unwrap().is_none());
        copies.sweep();
        assert!(copies.by_start.is_empty());
        assert_eq!(Arc::strong_count(&first.0), 1);
    }

    #[test]
    fn of_too_many_the_one_asked_for_least_recently_goes() {
        let bytes = vec![7u8; 10 * (MOST + 1)];
        let mut copies = Copies::default();
        for piece in bytes.chunks(10).take(MOST) {
            copies.find(piece, None, None, true).unwrap();
        }
        copies.find(&bytes[..10], None, None, false).unwrap();
        copies.find(&bytes[10 * MOST..], None, None, true).unwrap();
        assert_eq!(copies.by_start.len(), MOST);
        assert!(copies.find(&bytes[..10], None, None, false).unwrap().is_some());
        assert!(copies.find(&bytes[10..20], None, None, false).unwrap().is_none());
    }
}
