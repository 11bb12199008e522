//! A root as an open directory: short paths for the kernel to walk, and no way out of it.

use std::fs::{File, Metadata};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, RenameFlags, Stat, Timespec, Timestamps, UTIME_NOW,
    UTIME_OMIT,
};
use rustix::io::Errno;

use super::Kind;

const FILE_MODE: u32 = 0o600;
const DIR_MODE: u32 = 0o700;
/// A directory as a starting point: needs no right to list it.
#[cfg(any(target_os = "linux", target_os = "android"))]
const STEP: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const STEP: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);
const LISTING: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

#[derive(Debug)]
pub(crate) struct Root {
    dir: OwnedFd,
}

impl Root {
    /// The directory at `path`, which must be there.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let dir = rustix::fs::openat(CWD, path, STEP, Mode::empty())?;
        // Says "permission denied" now, not at the first entry.
        rustix::fs::accessat(
            &dir,
            ".",
            rustix::fs::Access::READ_OK | rustix::fs::Access::EXEC_OK,
            AtFlags::empty(),
        )?;
        Ok(Self { dir })
    }

    /// Whether the directory was removed since it was opened.
    pub(crate) fn is_removed(&self) -> bool {
        rustix::fs::fstat(&self.dir).is_ok_and(|stat| stat.st_nlink == 0)
    }

    /// Whether files here may be truncated behind this machine's back, so that a map of one is not safe.
    pub(crate) fn is_remote(&self) -> bool {
        larder_core::store::is_remote(&self.dir)
    }

    /// The file of an entry, to read. What is not a plain file is not an entry.
    #[inline]
    pub(crate) fn open_entry(&self, path: &str) -> io::Result<Option<(File, Metadata)>> {
        // NONBLOCK: a pipe that somebody put there must not hang the caller.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = match self.beneath(path, flags, Mode::empty()) {
            Ok(fd) => File::from(fd),
            Err(error) if is_absent(error) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let metadata = file.metadata()?;
        Ok(metadata.is_file().then_some((file, metadata)))
    }

    /// Opens a file that must not be there yet.
    pub(crate) fn create_new(&self, path: &str) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        Ok(self.beneath(path, flags, Mode::from_raw_mode(FILE_MODE as _))?.into())
    }

    /// Opens a file to read and write, and makes it where it is not.
    pub(crate) fn open_or_create(&self, path: &str) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
        Ok(self.beneath(path, flags, Mode::from_raw_mode(FILE_MODE as _))?.into())
    }

    /// Gives the file `temp` the name `name` in `dir`, in one step. With `replace` whatever was there is gone;
    /// without, `AlreadyExists` leaves both as they were.
    pub(crate) fn publish(
        &self,
        temp: &str,
        dir: &str,
        name: &str,
        replace: bool,
    ) -> io::Result<()> {
        let dir = self.beneath(dir, STEP, Mode::empty())?;
        if replace {
            return Ok(rustix::fs::renameat(&self.dir, temp, &dir, name)?);
        }
        match rename_to_free(&self.dir, temp, &dir, name) {
            // The file system cannot; a second name can do the same in two steps.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                rustix::fs::linkat(&self.dir, temp, &dir, name, AtFlags::empty())?;
                Ok(self.remove_file(temp).map(drop)?)
            }
            done => Ok(done?),
        }
    }

    /// Makes a directory and all that lead to it; `durable`: they are on the disk when this returns.
    pub(crate) fn make_dirs(&self, path: &str, durable: bool) -> io::Result<()> {
        let mut parent = self.beneath(".", STEP, Mode::empty())?;
        for name in path.split('/') {
            match rustix::fs::mkdirat(&parent, name, Mode::from_raw_mode(DIR_MODE as _)) {
                Ok(()) | Err(Errno::EXIST) if !durable => {}
                // Whoever made it may not have waited for it yet.
                Ok(()) | Err(Errno::EXIST) => sync(&parent)?,
                Err(error) => return Err(error.into()),
            }
            parent = rustix::fs::openat(&parent, name, STEP | OFlags::NOFOLLOW, Mode::empty())?;
        }
        Ok(())
    }

    /// Puts the names in a directory on the disk.
    pub(crate) fn sync_dir(&self, path: &str) -> io::Result<()> {
        Ok(sync(&self.beneath(path, STEP, Mode::empty())?)?)
    }

    /// Removes a plain file; says whether there was one.
    pub(crate) fn remove_file(&self, path: &str) -> io::Result<bool> {
        let (dir, name) = split(path);
        match self.beneath(dir, STEP, Mode::empty()) {
            Ok(dir) => remove_file(&dir, name),
            Err(error) if is_absent(error) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes a directory if it is empty.
    pub(crate) fn remove_empty_dir(&self, path: &str) -> io::Result<()> {
        let (dir, name) = split(path);
        let dir = self.beneath(dir, STEP, Mode::empty())?;
        Ok(rustix::fs::unlinkat(&dir, name, AtFlags::REMOVEDIR)?)
    }

    /// Sets a file's time of modification to now; says whether there is one.
    pub(crate) fn touch(&self, path: &str) -> io::Result<bool> {
        let (dir, name) = split(path);
        let at = |tv_nsec| Timespec { tv_sec: 0, tv_nsec };
        let times = Timestamps { last_access: at(UTIME_OMIT), last_modification: at(UTIME_NOW) };
        let touched = self
            .beneath(dir, STEP, Mode::empty())
            .and_then(|dir| rustix::fs::utimensat(&dir, name, &times, AtFlags::SYMLINK_NOFOLLOW));
        match touched {
            Ok(()) => Ok(true),
            Err(error) if is_absent(error) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Lists a directory; `None` where there is none.
    pub(crate) fn read_dir(&self, path: &str) -> io::Result<Option<Directory>> {
        let path = if path.is_empty() { "." } else { path };
        match self.beneath(path, LISTING, Mode::empty()) {
            Ok(dir) => Ok(Some(Directory(Dir::new(dir)?))),
            Err(error) if is_absent(error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens `path` without ever leaving the root: no step of it may be a symbolic link.
    #[inline]
    fn beneath(&self, path: &str, flags: OFlags, mode: Mode) -> rustix::io::Result<OwnedFd> {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        {
            use rustix::fs::ResolveFlags;
            // Old kernels lack the call, old sandboxes forbid it.
            static MISSING: AtomicBool = AtomicBool::new(false);
            if !MISSING.load(Ordering::Relaxed) {
                let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
                match rustix::fs::openat2(&self.dir, path, flags, mode, resolve) {
                    Err(Errno::NOSYS) => MISSING.store(true, Ordering::Relaxed),
                    // Or it is this file that is forbidden: then the plain call says the same.
                    Err(Errno::PERM) => {
                        let opened = self.step_by_step(path, flags, mode)?;
                        MISSING.store(true, Ordering::Relaxed);
                        return Ok(opened);
                    }
                    done => return done,
                }
            }
        }
        self.step_by_step(path, flags, mode)
    }

    /// As [`beneath`](Self::beneath), where the kernel has no call for it.
    pub(super) fn step_by_step(
        &self,
        path: &str,
        flags: OFlags,
        mode: Mode,
    ) -> rustix::io::Result<OwnedFd> {
        let (parents, name) = split(path);
        let mut dir = None;
        for parent in parents.split('/').filter(|parent| *parent != ".") {
            let from = dir.as_ref().unwrap_or(&self.dir);
            let next = rustix::fs::openat(from, parent, STEP | OFlags::NOFOLLOW, Mode::empty())?;
            dir = Some(next);
        }
        let from = dir.as_ref().unwrap_or(&self.dir);
        rustix::fs::openat(from, name, flags | OFlags::NOFOLLOW, mode)
    }
}

/// An open listing. Names that are not text are not ours, and are passed over.
#[derive(Debug)]
pub(crate) struct Directory(Dir);

impl Directory {
    pub(crate) fn next(&mut self) -> Option<io::Result<(String, Kind)>> {
        loop {
            let entry = match self.0.read()? {
                Ok(entry) => entry,
                Err(error) => return Some(Err(error.into())),
            };
            let Ok(name) = entry.file_name().to_str() else { continue };
            if matches!(name, "." | "..") {
                continue;
            }
            let kind = match entry.file_type() {
                // Some file systems do not say.
                FileType::Unknown => match self.stat(name) {
                    Ok(Some(stat)) => FileType::from_raw_mode(stat.st_mode),
                    Ok(None) => continue,
                    Err(error) => return Some(Err(error)),
                },
                known => known,
            };
            let kind = match kind {
                FileType::RegularFile => Kind::File,
                FileType::Directory => Kind::Directory,
                _ => Kind::Other,
            };
            return Some(Ok((name.to_owned(), kind)));
        }
    }

    /// Length and time of modification of a plain file in it.
    pub(crate) fn file_info(&self, name: &str) -> io::Result<Option<(u64, SystemTime)>> {
        let file = self
            .stat(name)?
            .filter(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile);
        Ok(file.map(|stat| {
            let since = Duration::new(stat.st_mtime.max(0) as u64, stat.st_mtime_nsec as u32);
            (stat.st_size.max(0) as u64, SystemTime::UNIX_EPOCH + since)
        }))
    }

    pub(crate) fn remove_file(&self, name: &str) -> io::Result<bool> {
        remove_file(self.0.fd()?, name)
    }

    fn stat(&self, name: &str) -> io::Result<Option<Stat>> {
        match rustix::fs::statat(self.0.fd()?, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(error) if is_absent(error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Reads up to `len` bytes from `offset` on; less where the file ends.
pub(crate) fn read_at(file: &File, offset: u64, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // A file may be said to be longer than memory.
    bytes.try_reserve_exact(len).map_err(|_| io::ErrorKind::OutOfMemory)?;
    while bytes.len() < len {
        let at = offset + bytes.len() as u64;
        match rustix::io::pread(file, rustix::buffer::spare_capacity(&mut bytes), at) {
            Ok(0) => break,
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    bytes.truncate(len);
    Ok(bytes)
}

/// Reads into `buffer` from `offset` on; says how many bytes there were.
pub(crate) fn read_into(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match rustix::io::pread(file, &mut buffer[read..], offset + read as u64) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(read)
}

/// Marks a temporary file as one whose writer lives; says whether it still has its name, which a sweep may have taken
/// just before. Where a file system has no locks, nothing is ever swept.
pub(crate) fn claim(file: &File) -> io::Result<bool> {
    if let Err(error) = file.lock() {
        tracing::debug!(%error, "cannot lock a temporary file");
    }
    Ok(file.metadata()?.nlink() > 0)
}

/// Whether the writer of a temporary file is gone.
pub(crate) fn is_orphan(file: &File) -> bool {
    file.try_lock().is_ok()
}

fn remove_file(dir: impl std::os::fd::AsFd, name: &str) -> io::Result<bool> {
    // A link or a directory of that name is somebody else's.
    let removed = rustix::fs::statat(&dir, name, AtFlags::SYMLINK_NOFOLLOW).and_then(|stat| {
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => rustix::fs::unlinkat(&dir, name, AtFlags::empty()),
            _ => Err(Errno::NOENT),
        }
    });
    match removed {
        Ok(()) => Ok(true),
        Err(Errno::NOENT) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn sync(dir: &OwnedFd) -> rustix::io::Result<()> {
    rustix::fs::fsync(rustix::fs::openat(dir, ".", LISTING, Mode::empty())?)
}

/// Nothing there, or something that a store never makes.
fn is_absent(error: Errno) -> bool {
    matches!(error, Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::NXIO | Errno::ISDIR)
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or((".", path))
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn rename_to_free(from: &OwnedFd, temp: &str, to: &OwnedFd, name: &str) -> rustix::io::Result<()> {
    rustix::fs::renameat_with(from, temp, to, name, RenameFlags::NOREPLACE)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn rename_to_free(_: &OwnedFd, _: &str, _: &OwnedFd, _: &str) -> rustix::io::Result<()> {
    Err(Errno::NOSYS)
}
