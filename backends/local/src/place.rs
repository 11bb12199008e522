//! The directory of a store: opened, and opened again when it was removed and came back.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use larder_core::{Error, Result};

use crate::root_dir::Root;

#[derive(Debug)]
pub(crate) struct Place {
    path: PathBuf,
    /// Whether the directory's own name is to be on the disk before anything is in it.
    durable: bool,
    root: RwLock<Arc<Root>>,
}

impl Place {
    /// Opens the directory, and makes it where it is not.
    pub(crate) fn open(path: &Path, durable: bool) -> Result<Self> {
        Self::opened(path, durable, |path| make_root(path, durable))
    }

    /// Opens the directory, which must be there.
    pub(crate) fn open_existing(path: &Path, durable: bool) -> Result<Self> {
        Self::opened(path, durable, Root::open)
    }

    fn opened(
        path: &Path,
        durable: bool,
        open: impl FnOnce(&Path) -> io::Result<Root>,
    ) -> Result<Self> {
        if path.as_os_str().is_empty() {
            return Err(Error::invalid("the path is empty: want that of a directory"));
        }
        let path = std::path::absolute(path)?;
        match open(&path) {
            Ok(root) => Ok(Self { root: RwLock::new(Arc::new(root)), durable, path }),
            Err(error) => Err(explain(error, &path)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The root as it was last seen.
    #[inline]
    pub(crate) fn root(&self) -> Arc<Root> {
        Arc::clone(&self.root.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The root, opened again if the directory was removed and is there once more.
    pub(crate) fn live_root(&self) -> Arc<Root> {
        self.reopened().unwrap_or_else(|| self.root())
    }

    /// The new root, if the directory was removed and is there once more.
    pub(crate) fn reopened(&self) -> Option<Arc<Root>> {
        if !self.root().is_removed() {
            return None;
        }
        Root::open(&self.path).ok().map(|root| self.set(root))
    }

    /// Runs what needs the directory; makes it again, and runs once more, where it was removed.
    pub(crate) fn with_root<T>(&self, run: impl Fn(&Arc<Root>) -> io::Result<T>) -> io::Result<T> {
        let root = self.root();
        match run(&root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && root.is_removed() => {
                run(&self.set(make_root(&self.path, self.durable)?))
            }
            done => done,
        }
    }

    fn set(&self, root: Root) -> Arc<Root> {
        let root = Arc::new(root);
        *self.root.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&root);
        root
    }
}

fn make_root(path: &Path, durable: bool) -> io::Result<Root> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let root = match Root::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let made = path.ancestors().take_while(|it| !it.exists()).count();
            builder.create(path)?;
            if durable {
                path.ancestors().skip(1).take(made).try_for_each(sync_dir)?;
            }
            Root::open(path)?
        }
        opened => opened?,
    };
    // Only in a directory that is all ours: a user's own project is not to become invisible to git.
    if let Some(mut listing) = root.read_dir("")?
        && listing.next().is_none()
    {
        let written = root.create_new(".gitignore").and_then(|mut file| file.write_all(b"*\n"));
        if let Err(error) = written {
            tracing::debug!(%error, path = %path.display(), "no .gitignore");
        }
    }
    Ok(root)
}

/// Puts the names in a directory on the disk.
#[cfg(unix)]
fn sync_dir(path: &Path) -> io::Result<()> {
    std::fs::File::open(path)?.sync_all()
}

/// Directories cannot be opened here.
#[cfg(not(unix))]
fn sync_dir(_: &Path) -> io::Result<()> {
    Ok(())
}

fn explain(error: io::Error, path: &Path) -> Error {
    use io::ErrorKind::{AlreadyExists, NotADirectory, PermissionDenied};
    let place = path.display();
    let error = match error.kind() {
        NotADirectory | AlreadyExists => Error::invalid(format!(
            "{place} cannot hold a store: want a directory, or a path where one can be made; \
             it, or a part of it, is a file"
        ))
        .with_source(error),
        PermissionDenied => Error::new(
            larder_core::ErrorKind::PermissionDenied,
            format!(
                "{place} cannot hold a store: want the right to list, and to write for new entries"
            ),
        )
        .with_source(error),
        _ => error.into(),
    };
    error.with("path", place).with("backend", "local").with("operation", "open")
}
