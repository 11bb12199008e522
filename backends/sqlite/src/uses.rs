//! Notes of last uses, written down many at a time.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use larder_core::{Key, Result};
use rusqlite::{Connection, OptionalExtension};

use crate::database::Database;
use crate::transaction::Transaction;
use crate::writing::millis;

/// How many notes wait at most.
const MOST: usize = 64;
/// How long a note waits while there is anything to do.
const LONGEST: Duration = Duration::from_secs(1);

/// Notes that wait to be written.
#[derive(Debug, Default)]
pub(crate) struct Uses(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    /// Whose they are: a forked child leaves its parent's to it.
    process: u32,
    since: Option<Instant>,
    notes: Vec<(Key, i64)>,
}

/// When the entry was last used; `None` where there is none.
pub(crate) fn last(connection: &Connection, key: &Key) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT used FROM entries WHERE key = ?1")?
        .query_row([key.as_str()], |row| row.get(0))
        .optional()
}

impl Uses {
    /// Notes that the entry is used now.
    pub(crate) fn note(&self, key: &Key) {
        let now = millis(SystemTime::now());
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.process != std::process::id() {
            *waiting = Waiting { process: std::process::id(), ..Waiting::default() };
        }
        waiting.since.get_or_insert_with(Instant::now);
        waiting.notes.push((key.clone(), now));
    }

    /// Writes them down, should they be many or old.
    pub(crate) fn write_if_due(&self, database: &Database) -> Result<()> {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = waiting.notes.len() >= MOST
            || waiting.since.is_some_and(|since| since.elapsed() >= LONGEST);
        drop(waiting);
        if due { self.write(database) } else { Ok(()) }
    }

    /// Writes them down. Where that fails they are lost: they are advice.
    pub(crate) fn write(&self, database: &Database) -> Result<()> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Waiting { process, notes, .. } = std::mem::take(&mut *waiting);
        drop(waiting);
        if notes.is_empty() || process != std::process::id() {
            return Ok(());
        }
        database.change(|connection| {
            let transaction = Transaction::writing(connection)?;
            let mut update = connection
                .prepare_cached("UPDATE entries SET used = ?2 WHERE key = ?1 AND used < ?2")?;
            for (key, used) in &notes {
                update.execute((key.as_str(), used))?;
            }
            transaction.commit()
        })
    }
}
