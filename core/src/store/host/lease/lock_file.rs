//! One lock file for all keys: a byte-range lock of an open file description at an offset that the key gives.
//!
//! The kernel drops such a lock with its holder, however that dies: no clock, no heartbeat, nothing left behind.
//! The first 256 KiB hold 2^16 marks that change when a lease ends without a value; a waiter compares its key's mark
//! before and after. (Keys share marks: at worst a waiter computes what another is about to.)

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, MetadataExt};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use crate::record_lock::range;

/// Locks begin behind everything the file holds.
const FIRST: u64 = 1 << 20;
const MARKS: u64 = 1 << 16;

/// A key's place in the lock file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Offset(u64);

impl Offset {
    /// 62 bits of the hash: every file system takes them, and two keys never meet.
    pub(super) fn of(hash: u64) -> Self {
        Self((hash >> 2 | FIRST) & libc::off_t::MAX as u64)
    }

    /// Where the key's mark is.
    fn mark(self) -> u64 {
        self.0 % MARKS * 4
    }
}

/// What came of trying to lock.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tried {
    Locked,
    Held,
    /// Nobody holds it, but one who waited for it is just finding that out.
    Passing,
}

/// The lock file, opened on its own: locks taken through it exclude those taken through any other.
#[derive(Debug)]
pub(super) struct LockFile(File);

impl LockFile {
    pub(super) fn new(file: File) -> Self {
        Self(file)
    }

    /// Whether the file has lost its name, so that others lock another one.
    pub(super) fn is_removed(&self) -> io::Result<bool> {
        Ok(self.0.metadata()?.nlink() == 0)
    }

    pub(super) fn try_lock(&self, at: Offset) -> io::Result<Tried> {
        match fcntl(&self.0, FcntlArg::F_OFD_SETLK(&range(libc::F_WRLCK, at.0, 1))) {
            Ok(_) => Ok(Tried::Locked),
            Err(Errno::EAGAIN | Errno::EACCES) => {
                Ok(if self.is_held(at)? { Tried::Held } else { Tried::Passing })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether somebody else holds the lock; takes nothing.
    pub(super) fn is_held(&self, at: Offset) -> io::Result<bool> {
        // Who waits takes a shared lock for a moment: asking for a shared one overlooks those.
        let mut found = range(libc::F_RDLCK, at.0, 1);
        fcntl(&self.0, FcntlArg::F_OFD_GETLK(&mut found))?;
        Ok(i32::from(found.l_type) != libc::F_UNLCK)
    }

    pub(super) fn unlock(&self, at: Offset) {
        self.unlock_range(at.0, 1);
    }

    /// Blocks until nobody holds the lock. Takes it shared, so that all who wait are through at once.
    pub(super) fn wait(&self, at: Offset) -> io::Result<()> {
        self.block_on(range(libc::F_RDLCK, at.0, 1))?;
        self.unlock(at);
        Ok(())
    }

    /// The mark that changes when a lease on one of its keys ends without a value.
    pub(super) fn abandoned(&self, at: Offset) -> io::Result<u32> {
        let mut mark = [0; 4];
        match self.0.read_exact_at(&mut mark, at.mark()) {
            Ok(()) => Ok(u32::from_le_bytes(mark)),
            // Nobody has marked so far out yet.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Tells that a lease ends without a value.
    pub(super) fn mark_abandoned(&self, at: Offset) -> io::Result<()> {
        // Any other number will do: nobody need wait for others who mark at the same time.
        let random = RandomState::new().hash_one(std::process::id()) as u32;
        let mark = if random == self.abandoned(at)? { !random } else { random };
        self.0.write_all_at(&mark.to_le_bytes(), at.mark())
    }

    fn block_on(&self, range: libc::flock) -> io::Result<()> {
        loop {
            match fcntl(&self.0, FcntlArg::F_OFD_SETLKW(&range)) {
                Err(Errno::EINTR) => {}
                done => return Ok(done.map(drop)?),
            }
        }
    }

    fn unlock_range(&self, start: u64, len: u64) {
        if let Err(error) = fcntl(&self.0, FcntlArg::F_OFD_SETLK(&range(libc::F_UNLCK, start, len)))
        {
            tracing::warn!(%error, "cannot unlock a lease; it ends with this process");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_never_touch_marks() {
        for hash in [0, 1, u64::MAX, 0x0123_4567_89ab_cdef] {
            let at = Offset::of(hash);
            assert!(at.0 >= FIRST && at.mark() + 4 <= MARKS * 4);
            assert!(i64::try_from(at.0).is_ok());
        }
    }

    #[test]
    fn a_lock_excludes_other_openings_and_waiters_pass_together() {
        let dir = tempfile::tempdir().unwrap();
        let open = || {
            let options =
                File::options().read(true).write(true).create(true).truncate(false).clone();
            LockFile::new(options.open(dir.path().join("lock")).unwrap())
        };
        let (a, b, c) = (open(), open(), open());
        let (at, other) = (Offset::of(7 << 40), Offset::of(9 << 2));
        assert_eq!(a.try_lock(at).unwrap(), Tried::Locked);
        assert_eq!(b.try_lock(at).unwrap(), Tried::Held);
        assert_eq!(b.try_lock(other).unwrap(), Tried::Locked);
        a.mark_abandoned(at).unwrap();
        let mark = b.abandoned(at).unwrap();
        a.mark_abandoned(at).unwrap();
        assert_ne!(b.abandoned(at).unwrap(), mark);
        assert_eq!(b.abandoned(other).unwrap(), 0);
        drop(a);
        assert!(!b.is_held(at).unwrap());
        b.block_on(range(libc::F_RDLCK, at.0, 1)).unwrap();
        c.wait(at).unwrap();
        assert_eq!(c.try_lock(at).unwrap(), Tried::Passing);
    }
}
