//! The one seam to the operating system: everything below one directory, by relative path.

#[cfg(any(not(unix), test))]
mod portable;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(crate) use self::portable::{Directory, Root, claim, is_orphan, read_at, read_into};
#[cfg(unix)]
pub(crate) use self::unix::{Directory, Root, claim, is_orphan, read_at, read_into};

/// What a listing of a directory says of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Directory,
    /// Links, sockets, pipes: never ours.
    Other,
}

/// Where temporary files are, below the root. Names with a dot in front are never part of a key.
pub(crate) const TEMP_DIR: &str = ".tmp";

#[cfg(test)]
mod tests;
