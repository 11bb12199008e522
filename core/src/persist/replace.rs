//! A file that takes the place of another at once, or not at all.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::ErrorKind::{AlreadyExists, NotFound};
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// A new file beside its place. Dropped before it is published, it is gone.
#[derive(Debug)]
pub(crate) struct Replacement {
    place: PathBuf,
    temporary: PathBuf,
    file: File,
    published: bool,
}

impl Replacement {
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let place = match fs::canonicalize(path) {
            Ok(place) => place,
            Err(error) if error.kind() == NotFound => path.to_owned(),
            Err(error) => return Err(error.into()),
        };
        let old = match fs::metadata(&place) {
            Ok(old) if old.is_file() => Some(old),
            Ok(_) => {
                return Err(Error::invalid(
                    "there is something else than a file, which is not replaced; `dump_to` writes to anything",
                ));
            }
            Err(error) if error.kind() == NotFound => None,
            Err(error) => return Err(error.into()),
        };
        let dir = directory(&place);
        let (temporary, file) = loop {
            let random = RandomState::new().hash_one(&place);
            let temporary = dir.join(format!(".larder-{random:016x}.tmp"));
            match OpenOptions::new().read(true).write(true).create_new(true).open(&temporary) {
                Ok(file) => break (temporary, file),
                Err(error) if error.kind() == AlreadyExists => {}
                Err(error) => return Err(error.into()),
            }
        };
        let replacement = Self { place, temporary, file, published: false };
        if let Some(old) = old {
            replacement.file.set_permissions(old.permissions())?;
        }
        Ok(replacement)
    }

    pub(crate) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    pub(crate) fn publish(mut self, sync: bool) -> Result<()> {
        if sync {
            self.file.sync_all()?;
        }
        fs::rename(&self.temporary, &self.place)?;
        self.published = true;
        if sync { sync_directory(directory(&self.place)) } else { Ok(()) }
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if !self.published
            && let Err(error) = fs::remove_file(&self.temporary)
        {
            let file = self.temporary.display();
            tracing::warn!(target: "larder::persist", %file, %error, "a temporary file is left behind");
        }
    }
}

fn directory(place: &Path) -> &Path {
    match place.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    }
}

/// So that the new name survives a power failure, too. Only on Unix can a directory be opened for it.
fn sync_directory(dir: &Path) -> Result<()> {
    if cfg!(unix) {
        File::open(dir)?.sync_all()?;
    }
    Ok(())
}
