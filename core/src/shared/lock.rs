//! Locks on ranges of a file, of an open file description: they exclude every other opening of the file, in this process
//! and in others, and end with this one, however that happens.

use std::fs::File;
use std::io;
use std::ops::{Deref, Range};

/// What a lock excludes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Everybody else.
    Alone,
    /// Those who want it alone.
    Shared,
}

/// All of a file, however long it becomes.
pub(super) const ALL: Range<u64> = 0..u64::MAX;

/// A file that gives its locks back when it is dropped. Closing it would not do: for a moment, a child process that
/// another thread is just starting has it open as well.
#[derive(Debug)]
pub(super) struct LockedFile(pub(super) File);

impl Deref for LockedFile {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

impl Drop for LockedFile {
    fn drop(&mut self) {
        // Where this fails, closing the file is all there is.
        let _ = unlock(&self.0, &ALL);
    }
}

/// Whether the range is locked now; `false` while somebody else has a part of it.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn try_lock(file: &File, range: &Range<u64>, kind: Kind) -> io::Result<bool> {
    use nix::errno::Errno;
    use nix::fcntl::{FcntlArg, fcntl};
    use nix::libc;
    let kind = match kind {
        Kind::Alone => libc::F_WRLCK,
        Kind::Shared => libc::F_RDLCK,
    };
    if range.is_empty() {
        return Ok(true);
    }
    match fcntl(file, FcntlArg::F_OFD_SETLK(&flock(kind, range))) {
        Ok(_) => Ok(true),
        Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Lets others lock the range.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn unlock(file: &File, range: &Range<u64>) -> io::Result<()> {
    use nix::fcntl::{FcntlArg, fcntl};
    if !range.is_empty() {
        fcntl(file, FcntlArg::F_OFD_SETLK(&flock(nix::libc::F_UNLCK, range)))?;
    }
    Ok(())
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn flock(kind: nix::libc::c_int, range: &Range<u64>) -> nix::libc::flock {
    let len = if range.end == u64::MAX { 0 } else { range.end - range.start };
    crate::record_lock::range(kind, range.start, len)
}

/// Elsewhere only a whole file can be locked this way.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn try_lock(file: &File, range: &Range<u64>, kind: Kind) -> io::Result<bool> {
    use std::fs::TryLockError;
    if *range != ALL {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let locked = match kind {
        Kind::Alone => file.try_lock(),
        Kind::Shared => file.try_lock_shared(),
    };
    match locked {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn unlock(file: &File, range: &Range<u64>) -> io::Result<()> {
    if *range != ALL {
        return Err(io::ErrorKind::Unsupported.into());
    }
    file.unlock()
}
