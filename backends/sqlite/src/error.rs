//! SQLite's errors in larder's words.

use std::path::Path;

use larder_core::{Error, ErrorKind};
use rusqlite::ErrorCode;
use rusqlite::ffi::{SQLITE_IOERR_SHMSIZE, SQLITE_IOERR_WRITE};

/// What SQLite says of the database at `path`.
pub(crate) fn explain(error: rusqlite::Error, path: &Path) -> Error {
    let (kind, message) = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            ErrorKind::Unavailable,
            "the database is locked by another program, for longer than the `busy_timeout`",
        ),
        Some(ErrorCode::DiskFull) => (ErrorKind::StorageFull, "no room is left for the database"),
        // SQLite does not tell a quota from a limit to the size of files, nor either from a broken disk.
        Some(ErrorCode::SystemIoFailure)
            if matches!(
                error.sqlite_extended_error_code(),
                Some(SQLITE_IOERR_WRITE | SQLITE_IOERR_SHMSIZE)
            ) =>
        {
            (ErrorKind::StorageFull, "the database cannot be written: most likely no room is left")
        }
        Some(ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
            (ErrorKind::PermissionDenied, "the database may only be read")
        }
        Some(ErrorCode::CannotOpen) if !is_accessible(path) => (
            ErrorKind::PermissionDenied,
            "the database cannot be opened: want the right to write to it, and to make files beside it",
        ),
        Some(ErrorCode::CannotOpen) => (ErrorKind::Io, "the database cannot be opened"),
        Some(ErrorCode::NotADatabase) => (
            ErrorKind::Corrupt,
            "the file is not an SQLite database, or its first page is damaged; \
             move it away, and a new one is made",
        ),
        Some(ErrorCode::DatabaseCorrupt) => {
            (ErrorKind::Corrupt, "the database is damaged; move it away, and a new one is made")
        }
        _ => (ErrorKind::Io, "SQLite failed"),
    };
    at(Error::new(kind, message).with_source(error), path)
}

/// The error, and where it happened.
pub(crate) fn at(error: impl Into<Error>, path: &Path) -> Error {
    error.into().with("path", path.display()).with("backend", "sqlite")
}

/// Whether this process may do with the database and its directory what SQLite needs to.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_accessible(path: &Path) -> bool {
    use nix::unistd::{AccessFlags, eaccess};
    let may = |path, flags| eaccess(path, flags).is_ok();
    may(path, AccessFlags::R_OK | AccessFlags::W_OK)
        && path.parent().is_none_or(|dir| may(dir, AccessFlags::W_OK | AccessFlags::X_OK))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn is_accessible(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| !metadata.permissions().readonly())
}
