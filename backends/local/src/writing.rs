//! A value into a file, and the file into its place: all or nothing.

use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, IoSlice, Write};
use std::sync::Arc;

use larder_core::{Payload, Segment};

use crate::layout::EntryPath;
use crate::options::Durability;
use crate::root_dir::{Root, TEMP_DIR, claim};

/// How often directories that vanish under a put are made again: others may prune them at the same time.
const ATTEMPTS: usize = 64;

/// Writes the entry; without `replace`, `AlreadyExists` where there is one.
pub(crate) fn write(
    root: &Arc<Root>,
    path: &EntryPath,
    value: &Payload,
    replace: bool,
    durability: Durability,
) -> io::Result<()> {
    // Somebody may be removing everything there is: once is bad luck, so try again.
    retry(2, || {
        let mut temp = TempFile::new(root)?;
        write_all(&mut temp.file, value)?;
        if durability != Durability::None {
            temp.file.sync_all()?;
        }
        temp.publish(path, replace, durability == Durability::Full)
    })
}

/// A file without a place yet. Dropped, it is gone.
struct TempFile<'r> {
    root: &'r Arc<Root>,
    name: String,
    file: std::fs::File,
    published: bool,
}

impl<'r> TempFile<'r> {
    fn new(root: &'r Arc<Root>) -> io::Result<Self> {
        loop {
            // Seeded by the system, and another each time. Should a forked twin draw the same, one of them draws again.
            let random = RandomState::new().hash_one(());
            let name = format!("{TEMP_DIR}/{random:016x}");
            match root.create_new(&name) {
                Ok(file) if claim(&file)? => {
                    return Ok(Self { root, name, file, published: false });
                }
                // A sweep met it before it was claimed.
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    root.make_dirs(TEMP_DIR, false)?;
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn publish(mut self, path: &EntryPath, replace: bool, durable: bool) -> io::Result<()> {
        let (dir, name) = (path.dir(), &path.as_str()[path.dir().len() + 1..]);
        let publish = || self.root.publish(&self.name, dir, name, replace);
        // Where the directory is there already, as it mostly is, nothing is asked first.
        let mut published = publish();
        if matches!(&published, Err(error) if error.kind() == ErrorKind::NotFound) {
            published = retry(ATTEMPTS, || {
                self.root.make_dirs(dir, durable)?;
                publish()
            });
        }
        published?;
        self.published = true;
        if durable { self.root.sync_dir(dir) } else { Ok(()) }
    }
}

impl Drop for TempFile<'_> {
    fn drop(&mut self) {
        if !self.published
            && let Err(error) = self.root.remove_file(&self.name)
        {
            tracing::debug!(%error, file = self.name, "a temporary file is left for the next sweep");
        }
    }
}

/// Again while something vanishes underneath, unless it is the root itself.
fn retry(attempts: usize, mut run: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    let mut last = run();
    for _ in 1..attempts {
        match last {
            Err(error) if error.kind() == ErrorKind::NotFound => last = run(),
            done => return done,
        }
    }
    last
}

/// All pieces in as few system calls as there can be.
fn write_all(file: &mut std::fs::File, value: &Payload) -> io::Result<()> {
    let in_memory = value.segments().iter().map(|segment| match segment {
        Segment::Bytes(bytes) => Some(IoSlice::new(bytes)),
        _ => None,
    });
    let Some(mut slices) = in_memory.collect::<Option<Vec<_>>>() else {
        return value.write_to(file);
    };
    let mut rest = &mut slices[..];
    while !rest.is_empty() {
        match file.write_vectored(rest) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut rest, written),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
