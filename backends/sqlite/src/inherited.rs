//! What a forked child must do before it opens a database that its parent has open.
//!
//! SQLite keeps account of its locks in the process, and a child inherits that account, but not the locks: it believes to
//! hold those that say "somebody uses this database" and never takes them. Once the parent is gone, the next process
//! would take itself for the first, and clear the log and the shared memory that the child still uses. So the child takes
//! both locks itself, in the way that SQLite does not undo: on open files of its own, for as long as it lives.

use std::io;

use crate::place::{Identity, Place};

/// Takes the locks; says whether the files are still those that the parent had open.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn keep_alive(
    place: &Place,
    file: Identity,
    shared_memory: Option<Identity>,
) -> io::Result<bool> {
    /// The bytes of a database whose shared lock says that it is in use.
    const IN_USE: (i64, i64) = (0x4000_0002, 510);
    /// The byte of the shared memory whose shared lock says the same.
    const MAPPED: (i64, i64) = (128, 1);

    let database = hold(place.path(), IN_USE)?;
    let memory = hold(&place.shared_memory(), MAPPED)?;
    Ok(database == file && Some(memory) == shared_memory)
}

/// Locks a range of a file, shared, until this process ends; says which file it is.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn hold(path: &std::path::Path, (start, len): (i64, i64)) -> io::Result<Identity> {
    use nix::fcntl::{FcntlArg, fcntl};
    use nix::libc;

    let file = std::fs::File::options().read(true).write(true).open(path)?;
    let range = libc::flock {
        l_type: libc::F_RDLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: start as libc::off_t,
        l_len: len as libc::off_t,
        l_pid: 0,
    };
    let locked = fcntl(&file, FcntlArg::F_OFD_SETLK(&range));
    let metadata = file.metadata();
    // Closing it would undo every other lock of this process on the file.
    std::mem::forget(file);
    locked?;
    Ok(Identity::of(&metadata?))
}

/// Elsewhere there are no such locks.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn keep_alive(_: &Place, _: Identity, _: Option<Identity>) -> io::Result<bool> {
    Err(io::ErrorKind::Unsupported.into())
}
