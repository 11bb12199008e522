//! The file of the database: where it may be, made for its owner only, and told apart from another of the same name.

use std::ffi::OsString;
use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use larder_core::{Error, Result};

use crate::error::at;

/// The path of a database, absolute.
#[derive(Debug)]
pub(crate) struct Place {
    path: PathBuf,
    lock_file: PathBuf,
}

/// Which file a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity(u64, u64);

impl Place {
    /// Refuses what cannot be the path of a database; makes nothing.
    pub(crate) fn new(path: &Path) -> Result<Self> {
        Self::checked(path, is_remote)
    }

    /// `is_remote` says so of directories.
    fn checked(path: &Path, is_remote: impl Fn(&Path) -> bool) -> Result<Self> {
        let refused = |why: &str| Err(at(Error::invalid(why), path));
        match path.file_name() {
            Some(name) if name == ":memory:" => {
                return refused(
                    "SQLite in memory is not offered: `memory:` keeps results in this process",
                );
            }
            None => return refused("want the path of a database file"),
            Some(_) => {}
        }
        let path = std::path::absolute(path)?;
        if path.is_dir() {
            return refused("a directory is there: want the path of a database file");
        }
        if path.ancestors().skip(1).find(|it| it.exists()).is_some_and(is_remote) {
            return refused(
                "SQLite shares memory among processes, which network and FUSE file systems cannot: \
                 want a local disk, or the backend `local`",
            );
        }
        Ok(Self { lock_file: beside(&path, "-lock"), path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The file whose locks are the leases.
    pub(crate) fn lock_file(&self) -> &Path {
        &self.lock_file
    }

    /// What was written last.
    pub(crate) fn log(&self) -> PathBuf {
        beside(&self.path, "-wal")
    }

    /// The memory that SQLite shares among processes.
    pub(crate) fn shared_memory(&self) -> PathBuf {
        beside(&self.path, "-shm")
    }

    /// Makes an empty file, where there is none; and its directory.
    ///
    /// SQLite may have the file open elsewhere in this process, and would lose its locks if it were opened and closed
    /// here: so only a file that is new is ever opened, and only while nobody else opens it.
    pub(crate) fn make(&self) -> io::Result<()> {
        if self.path.exists() {
            return Ok(());
        }
        if let Some(dir) = self.path.parent() {
            let mut builder = DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.create(dir)?;
        }
        match private(OpenOptions::new().write(true).create_new(true)).open(&self.path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }

    /// Opens the lock file, and makes it where it is not.
    pub(crate) fn open_lock_file(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        private(&mut options).open(&self.lock_file)
    }

    /// What the database takes on the disk, what was written last included.
    pub(crate) fn size(&self) -> u64 {
        let size = |path: &Path| path.metadata().map_or(0, |metadata| metadata.len());
        size(&self.path) + size(&self.log())
    }

    /// Which file is there now.
    pub(crate) fn identity(&self) -> io::Result<Option<Identity>> {
        identity(&self.path)
    }
}

/// Which file is at `path`, if there is one.
pub(crate) fn identity(path: &Path) -> io::Result<Option<Identity>> {
    match path.metadata() {
        Ok(metadata) => Ok(Some(Identity::of(&metadata))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl Identity {
    #[cfg(unix)]
    pub(crate) fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self(metadata.dev(), metadata.ino())
    }

    /// There is nothing to tell by; nor can a file be removed here while it is open.
    #[cfg(not(unix))]
    pub(crate) fn of(_: &Metadata) -> Self {
        Self(0, 0)
    }
}

/// Whether a directory is on a file system that does not share memory among processes, where the system tells.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_remote(dir: &Path) -> bool {
    File::open(dir).is_ok_and(larder_core::store::is_remote)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn is_remote(_: &Path) -> bool {
    false
}

/// Files are their owner's alone.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn a_network_file_system_is_refused_before_anything_is_made() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("not/yet/a.db");
        let asked = RefCell::new(Vec::new());
        let checked = |is_remote| {
            Place::checked(&path, |dir| {
                asked.borrow_mut().push(dir.to_owned());
                is_remote
            })
        };
        let error = checked(true).unwrap_err();
        assert!(error.is_invalid(), "{error:?}");
        assert_eq!(error.get("path"), path.to_str());
        assert!(error.message().contains("local disk, or the backend `local`"), "{error}");
        assert!(checked(false).is_ok());
        // Of what is there, the directory that will hold it.
        assert_eq!(*asked.borrow(), [dir.path(), dir.path()]);
        assert_eq!(dir.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn a_disk_of_this_machine_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Place::new(&dir.path().join("a.db")).is_ok());
    }
}
