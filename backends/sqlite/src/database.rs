//! The database as the store sees it: opened, and opened again when its file was removed, or this process forked.

use std::io;
use std::mem;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use larder_core::{Error, Result};
use rusqlite::Connection;

use crate::connection::{open, open_first};
use crate::error::{at, explain};
use crate::inherited;
use crate::options::SqliteOptions;
use crate::place::{Identity, Place, identity};
use crate::shards::{Failure, Shards};

/// How long a found value stands for the file being the one that others see, in milliseconds.
const TRUSTED: u64 = 1000;
/// How often a write is done again because the file was replaced meanwhile.
const ATTEMPTS: usize = 8;

#[derive(Debug)]
pub(crate) struct Database {
    place: Place,
    options: SqliteOptions,
    start: Instant,
    opened: RwLock<Arc<Opened>>,
    /// Held by whoever opens the database anew.
    opening: Mutex<()>,
}

/// The connections to one file.
#[derive(Debug)]
struct Opened {
    process: u32,
    file: Identity,
    /// The memory that SQLite shares with other processes.
    shared_memory: Option<Identity>,
    /// One for all writers: they would only wait for each other in SQLite, asleep.
    writer: Shards,
    readers: Shards,
    /// When the file was last known to be in its place, in milliseconds since the start.
    seen: AtomicU64,
}

impl Database {
    pub(crate) fn open(path: &Path, options: SqliteOptions) -> Result<Self> {
        options.check()?;
        let place = Place::new(path)?;
        let opened = Opened::open(&place, &options)?;
        Ok(Self {
            place,
            options,
            start: Instant::now(),
            opened: RwLock::new(Arc::new(opened)),
            opening: Mutex::new(()),
        })
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn options(&self) -> &SqliteOptions {
        &self.options
    }

    /// Reads; asks whether the file is still in its place once a second, and before it says that there is nothing.
    pub(crate) fn find<T>(
        &self,
        find: impl Fn(&Connection) -> rusqlite::Result<Option<T>>,
    ) -> Result<Option<T>> {
        let opened = self.current()?;
        if self.now().saturating_sub(opened.seen.load(Ordering::Relaxed)) < TRUSTED {
            let done = self.run(&opened.readers, &find);
            if matches!(done, Ok(Some(_))) || self.is_in_place(&opened)? {
                return done;
            }
        }
        self.look(find)
    }

    /// Reads what is in its place now; where nothing is, there is nothing to read.
    pub(crate) fn look<T: Default>(
        &self,
        look: impl Fn(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T> {
        match self.live()? {
            Some(live) => {
                live.seen.store(self.now(), Ordering::Relaxed);
                self.run(&live.readers, look)
            }
            None => Ok(T::default()),
        }
    }

    /// Writes, again where the file was removed or replaced meanwhile: what is written is where others look.
    pub(crate) fn write<T>(&self, write: impl Fn(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let mut last = None;
        for _ in 0..ATTEMPTS {
            let opened = self.current()?;
            let done = self.run(&opened.writer, &write);
            if self.is_in_place(&opened)? {
                return done;
            }
            last = Some(done);
            self.reopen(&opened)?;
        }
        last.expect("there is at least one attempt")
    }

    /// Writes, where there is a database; otherwise there is nothing to change.
    pub(crate) fn change<T: Default>(
        &self,
        change: impl Fn(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T> {
        match self.live()? {
            Some(_) => self.write(change),
            None => Ok(T::default()),
        }
    }

    /// Milliseconds since the start.
    fn now(&self) -> u64 {
        self.start.elapsed().as_millis() as u64
    }

    fn run<T>(
        &self,
        shards: &Shards,
        run: impl Fn(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T> {
        let path = self.place.path();
        shards.with(|| open(path, &self.options), run).map_err(|failure| match failure {
            Failure::Sqlite(error) => explain(error, path),
            Failure::StillBusy => explain(busy(), path),
        })
    }

    /// The connections of this process.
    fn current(&self) -> Result<Arc<Opened>> {
        let opened = Arc::clone(&self.opened.read().unwrap_or_else(PoisonError::into_inner));
        if opened.process == std::process::id() {
            return Ok(opened);
        }
        self.reopen(&opened)
    }

    /// The connections to the file that is there now; `None` where there is none.
    fn live(&self) -> Result<Option<Arc<Opened>>> {
        let opened = self.current()?;
        match self.place.identity() {
            Ok(Some(file)) if file == opened.file => Ok(Some(opened)),
            Ok(Some(_)) => self.reopen(&opened).map(Some),
            Ok(None) => Ok(None),
            Err(error) => Err(at(error, self.place.path())),
        }
    }

    fn is_in_place(&self, opened: &Opened) -> Result<bool> {
        let found = self.place.identity().map_err(|error| at(error, self.place.path()))?;
        Ok(found == Some(opened.file))
    }

    /// Opens the database anew, unless somebody else has in the place of `stale`.
    fn reopen(&self, stale: &Arc<Opened>) -> Result<Arc<Opened>> {
        let _alone = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        let current = Arc::clone(&self.opened.read().unwrap_or_else(PoisonError::into_inner));
        if !Arc::ptr_eq(&current, stale) {
            return Ok(current);
        }
        if stale.process != std::process::id() {
            stale.leave_to_parent(&self.place)?;
            // SQLite's connections belong to the process that opened them: not even closing them is allowed.
            mem::forget(current);
        }
        let opened = Arc::new(Opened::open(&self.place, &self.options)?);
        *self.opened.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&opened);
        Ok(opened)
    }
}

impl Opened {
    fn open(place: &Place, options: &SqliteOptions) -> Result<Self> {
        loop {
            let first = open_first(place, options)?;
            // What was opened is what is there, if it is what is there still, as `write` makes sure.
            let Some(file) = place.identity().map_err(|error| at(error, place.path()))? else {
                continue;
            };
            let shared_memory =
                identity(&place.shared_memory()).map_err(|error| at(error, place.path()))?;
            return Ok(Self {
                process: std::process::id(),
                file,
                shared_memory,
                writer: Shards::new(1, Some(first)),
                readers: Shards::new(options.connections, None),
                seen: AtomicU64::new(0),
            });
        }
    }

    /// In a forked child: makes sure that the parent's connections, which cannot be closed here, do no harm.
    fn leave_to_parent(&self, place: &Place) -> Result<()> {
        if place.identity().map_err(|error| at(error, place.path()))? != Some(self.file) {
            return Ok(());
        }
        match inherited::keep_alive(place, self.file, self.shared_memory) {
            Ok(true) => Ok(()),
            Ok(false) => Err(io::Error::other("its parent has closed the database since")),
            Err(error) => Err(error),
        }
        .map_err(|error| {
            let message = "a forked process cannot use the database that its parent opened: open it after the fork";
            at(Error::new(larder_core::ErrorKind::Unavailable, message).with_source(error), place.path())
        })
    }
}

fn busy() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY), None)
}
