//! A root as a path, with nothing but the standard library: for systems that are not Unix.

use std::fs::{self, File, Metadata, OpenOptions, ReadDir};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Kind;

/// Without locks that tell, age must: no writer takes this long.
const ORPHAN_AGE: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug)]
pub(crate) struct Root {
    path: PathBuf,
}

impl Root {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        fs::read_dir(path)?;
        Ok(Self { path: path.to_owned() })
    }

    pub(crate) fn is_removed(&self) -> bool {
        !self.path.is_dir()
    }

    /// A mapped file cannot be replaced on every system, so none is mapped unasked.
    pub(crate) fn is_remote(&self) -> bool {
        true
    }

    pub(crate) fn open_entry(&self, path: &str) -> io::Result<Option<(File, Metadata)>> {
        let path = self.path.join(path);
        let plain = present(fs::symlink_metadata(&path))?.filter(Metadata::is_file);
        let Some(file) = plain.map(|_| present(File::open(path))).transpose()?.flatten() else {
            return Ok(None);
        };
        let metadata = file.metadata()?;
        Ok(Some((file, metadata)))
    }

    pub(crate) fn create_new(&self, path: &str) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create_new(true).open(self.path.join(path))
    }

    pub(crate) fn open_or_create(&self, path: &str) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).open(self.path.join(path))
    }

    pub(crate) fn publish(
        &self,
        temp: &str,
        dir: &str,
        name: &str,
        replace: bool,
    ) -> io::Result<()> {
        let temp = self.path.join(temp);
        let place = self.path.join(dir).join(name);
        if replace {
            return fs::rename(temp, place);
        }
        fs::hard_link(&temp, place)?;
        fs::remove_file(temp)
    }

    pub(crate) fn make_dirs(&self, path: &str, _durable: bool) -> io::Result<()> {
        if self.is_removed() {
            return Err(ErrorKind::NotFound.into());
        }
        fs::create_dir_all(self.path.join(path))
    }

    /// There is no portable way to ask for more than the file system does by itself.
    pub(crate) fn sync_dir(&self, _path: &str) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn remove_file(&self, path: &str) -> io::Result<bool> {
        remove_file(&self.path.join(path))
    }

    pub(crate) fn remove_empty_dir(&self, path: &str) -> io::Result<()> {
        fs::remove_dir(self.path.join(path))
    }

    pub(crate) fn touch(&self, path: &str) -> io::Result<bool> {
        let file = present(OpenOptions::new().write(true).open(self.path.join(path)))?;
        file.map(|file| file.set_modified(SystemTime::now())).transpose().map(|done| done.is_some())
    }

    pub(crate) fn read_dir(&self, path: &str) -> io::Result<Option<Directory>> {
        let path = self.path.join(path);
        let real = present(fs::symlink_metadata(&path))?.filter(Metadata::is_dir);
        let entries = real.map(|_| present(fs::read_dir(&path))).transpose()?.flatten();
        Ok(entries.map(|entries| Directory { path, entries }))
    }
}

#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    entries: ReadDir,
}

impl Directory {
    pub(crate) fn next(&mut self) -> Option<io::Result<(String, Kind)>> {
        loop {
            let found = self.entries.next()?.and_then(|entry| {
                let kind = match entry.file_type()? {
                    kind if kind.is_file() => Kind::File,
                    kind if kind.is_dir() => Kind::Directory,
                    _ => Kind::Other,
                };
                Ok((entry.file_name().into_string(), kind))
            });
            match found {
                Ok((Ok(name), kind)) => return Some(Ok((name, kind))),
                Ok((Err(_not_text), _)) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }

    pub(crate) fn file_info(&self, name: &str) -> io::Result<Option<(u64, SystemTime)>> {
        let file = present(fs::symlink_metadata(self.path.join(name)))?.filter(Metadata::is_file);
        file.map(|file| Ok((file.len(), file.modified()?))).transpose()
    }

    pub(crate) fn remove_file(&self, name: &str) -> io::Result<bool> {
        remove_file(&self.path.join(name))
    }
}

pub(crate) fn read_at(mut file: &File, offset: u64, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).map_err(|_| ErrorKind::OutOfMemory)?;
    file.seek(SeekFrom::Start(offset))?;
    file.take(len as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub(crate) fn read_into(mut file: &File, offset: u64, mut buffer: &mut [u8]) -> io::Result<usize> {
    file.seek(SeekFrom::Start(offset))?;
    Ok(io::copy(&mut file.take(buffer.len() as u64), &mut buffer)? as usize)
}

/// Nothing to do: a lock would keep readers out on some systems.
pub(crate) fn claim(_file: &File) -> io::Result<bool> {
    Ok(true)
}

pub(crate) fn is_orphan(file: &File) -> bool {
    file.metadata()
        .and_then(|metadata| metadata.modified())
        .is_ok_and(|at| at.elapsed().is_ok_and(|age| age > ORPHAN_AGE))
}

fn remove_file(path: &Path) -> io::Result<bool> {
    if present(fs::symlink_metadata(path))?.is_none_or(|metadata| !metadata.is_file()) {
        return Ok(false);
    }
    present(fs::remove_file(path)).map(|removed| removed.is_some())
}

fn present<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
