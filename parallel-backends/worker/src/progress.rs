//! A word that a worker and its driver share: which task runs. It is there when the worker is not any more.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Release};

use memmap2::{MmapOptions, MmapRaw};

use crate::death::At;

/// The word, on one of its two sides.
#[derive(Debug)]
pub struct Progress {
    page: MmapRaw,
}

impl Progress {
    /// A new word, and the descriptor by which the other side [opens](Self::open) it.
    ///
    /// # Errors
    /// No memory, or no descriptor, is left.
    pub fn new() -> io::Result<(Self, OwnedFd)> {
        let file = anonymous_file()?;
        file.set_len(8)?;
        let progress = Self::map(&file)?;
        progress.set(At::Nothing);
        Ok((progress, file.into()))
    }

    /// The other side's.
    ///
    /// # Errors
    /// It is no such file, or cannot be mapped.
    pub fn open(descriptor: OwnedFd) -> io::Result<Self> {
        let file = File::from(descriptor);
        if file.metadata()?.len() < 8 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Self::map(&file)
    }

    fn map(file: &impl AsFd) -> io::Result<Self> {
        use std::os::fd::AsRawFd;
        let page = MmapOptions::new().len(8).map_raw(file.as_fd().as_raw_fd())?;
        Ok(Self { page })
    }

    /// Says what the worker is doing.
    #[inline]
    pub fn set(&self, at: At) {
        self.word().store(at.word(), Release);
    }

    /// What the worker is doing, or was when it ended.
    pub fn get(&self) -> At {
        At::of_word(self.word().load(Acquire))
    }

    fn word(&self) -> &AtomicU64 {
        let word = self.page.as_mut_ptr().cast();
        // SAFETY: the map is a page, aligned to itself, of at least 8 bytes that live as long as `self`; both sides use
        // them as nothing but this atomic.
        unsafe { AtomicU64::from_ptr(word) }
    }
}

/// A file that has no name, gone with the last who has it open.
#[cfg(target_os = "linux")]
fn anonymous_file() -> io::Result<File> {
    use rustix::fs::{MemfdFlags, memfd_create};

    Ok(File::from(memfd_create("larder-progress", MemfdFlags::CLOEXEC)?))
}

/// A file that has no name, gone with the last who has it open.
#[cfg(not(target_os = "linux"))]
fn anonymous_file() -> io::Result<File> {
    tempfile::tempfile()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_see_the_same_word() {
        let (here, descriptor) = Progress::new().unwrap();
        let there = Progress::open(descriptor).unwrap();
        assert_eq!(there.get(), At::Nothing);
        for at in [At::Task(0), At::Task(7), At::Initializer, At::Nothing] {
            there.set(at);
            assert_eq!(here.get(), at);
        }
    }

    #[test]
    fn a_file_that_is_too_short_is_refused() {
        assert!(Progress::open(anonymous_file().unwrap().into()).is_err());
    }
}
