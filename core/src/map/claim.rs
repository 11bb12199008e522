//! Which files this process has mapped, to read or to write: never both, so that no slice changes under its reader.

use std::collections::HashMap;
use std::fs::File;
use std::sync::{Mutex, PoisonError};

use crate::{Error, ErrorKind, Result};

/// A file, whatever its names: device and inode.
type FileId = (u64, u64);

static MAPPED: Mutex<Option<HashMap<FileId, Use>>> = Mutex::new(None);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Reading,
    Writing,
}

const WRITTEN: &str = "a `SharedArray` of this process writes to the file";

#[derive(Debug)]
struct Use {
    side: Side,
    /// At least one.
    count: usize,
}

/// The right to map a file, on one side, as long as it lives.
#[derive(Debug)]
pub(crate) struct Claim(FileId);

impl Claim {
    /// # Errors
    /// When this process has the file mapped to write to it.
    pub(crate) fn to_read(file: &File) -> Result<Self> {
        Self::new(file, Side::Reading)
    }

    /// # Errors
    /// When this process has the file mapped to read it; where files cannot be told from each other.
    pub(crate) fn to_write(file: &File) -> Result<Self> {
        if cfg!(not(unix)) {
            return Err(Error::unsupported("this platform", "mapping files to write to them"));
        }
        Self::new(file, Side::Writing)
    }

    fn new(file: &File, side: Side) -> Result<Self> {
        let id = id(file)?;
        let mut mapped = MAPPED.lock().unwrap_or_else(PoisonError::into_inner);
        let used = mapped.get_or_insert_default().entry(id).or_insert(Use { side, count: 0 });
        if used.side != side {
            return Err(Error::new(
                ErrorKind::Unavailable,
                match side {
                    Side::Reading => WRITTEN,
                    Side::Writing => "the file is mapped as an `Array` of this process",
                },
            ));
        }
        used.count += 1;
        Ok(Self(id))
    }
}

impl Claim {
    /// The one claim there is to write to a file, as one to read it.
    ///
    /// # Errors
    /// When there is another.
    pub(crate) fn into_reading(self) -> Result<Self> {
        let mut mapped = MAPPED.lock().unwrap_or_else(PoisonError::into_inner);
        match mapped.get_or_insert_default().get_mut(&self.0) {
            Some(used) if used.count == 1 => used.side = Side::Reading,
            _ => return Err(Error::new(ErrorKind::Unavailable, WRITTEN)),
        }
        drop(mapped);
        Ok(self)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut mapped = MAPPED.lock().unwrap_or_else(PoisonError::into_inner);
        let mapped = mapped.get_or_insert_default();
        if let Some(used) = mapped.get_mut(&self.0) {
            used.count -= 1;
            if used.count == 0 {
                mapped.remove(&self.0);
            }
        }
    }
}

#[cfg(unix)]
fn id(file: &File) -> Result<FileId> {
    use std::os::unix::fs::MetadataExt;
    let metadata = file.metadata()?;
    Ok((metadata.dev(), metadata.ino()))
}

/// Files are only ever read here.
#[cfg(not(unix))]
fn id(_: &File) -> Result<FileId> {
    Ok((0, 0))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_or_written_under_any_of_its_names() {
        let dir = tempfile::tempdir().unwrap();
        let (path, link) = (dir.path().join("file"), dir.path().join("link"));
        let file = File::create(&path).unwrap();
        std::fs::hard_link(&path, &link).unwrap();
        let link = File::open(&link).unwrap();
        let other = File::create(dir.path().join("other")).unwrap();

        let readers = [Claim::to_read(&file).unwrap(), Claim::to_read(&link).unwrap()];
        assert!(Claim::to_write(&link).unwrap_err().message().contains("mapped as an `Array`"));
        assert!(Claim::to_write(&other).is_ok());
        drop(readers);
        let writers = [Claim::to_write(&file).unwrap(), Claim::to_write(&link).unwrap()];
        assert!(Claim::to_read(&file).unwrap_err().message().contains("`SharedArray`"));
        drop(writers);
        assert!(Claim::to_read(&file).is_ok());
    }
}
