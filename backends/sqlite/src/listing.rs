//! Entries under a prefix, a page at a time: no view of the database is held while a caller thinks about an entry.

use std::time::{Duration, UNIX_EPOCH};
use std::vec;

use larder_core::store::EntryInfo;
use larder_core::{Key, Prefix, Result};
use rusqlite::{Connection, Row};

use crate::database::Database;

const PAGE: usize = 1000;

/// Keys strictly between these two are under the prefix.
pub(crate) fn bounds(prefix: &Prefix) -> (String, String) {
    match prefix.as_str() {
        // Above everything that a key is made of.
        "" => (String::new(), "\u{7f}".to_owned()),
        // '0' comes right after '/'.
        path => (format!("{path}/"), format!("{path}0")),
    }
}

/// What the table says of an entry. A key that is none was not written by larder.
pub(crate) fn info(row: &Row<'_>) -> rusqlite::Result<Option<EntryInfo>> {
    let Ok(key) = Key::new(row.get_ref(0)?.as_str()?) else { return Ok(None) };
    let used = UNIX_EPOCH + Duration::from_millis(row.get::<_, i64>(2)?.max(0) as u64);
    Ok(Some(EntryInfo::new(key, row.get::<_, i64>(1)?.max(0) as u64).last_used(used)))
}

pub(crate) struct Pages<'d> {
    database: &'d Database,
    page: vec::IntoIter<EntryInfo>,
    /// Everything up to this key was told.
    after: String,
    end: String,
    is_last: bool,
}

impl<'d> Pages<'d> {
    pub(crate) fn new(database: &'d Database, prefix: &Prefix) -> Self {
        let (after, end) = bounds(prefix);
        Self { database, page: Vec::new().into_iter(), after, end, is_last: false }
    }

    fn turn(&mut self) -> Result<()> {
        let look = |connection: &Connection| page(connection, &self.after, &self.end);
        let (entries, after) = self.database.look(look)?;
        match after {
            Some(after) => self.after = after,
            None => self.is_last = true,
        }
        self.page = entries.into_iter();
        Ok(())
    }
}

/// The entries of one page, and the key it ends with if it is full.
type Page = (Vec<EntryInfo>, Option<String>);

fn page(connection: &Connection, after: &str, end: &str) -> rusqlite::Result<Page> {
    let mut select = connection.prepare_cached(
        "SELECT key, size, used FROM entries WHERE key > ?1 AND key < ?2 ORDER BY key LIMIT ?3",
    )?;
    let mut rows = select.query((after, end, PAGE as i64))?;
    let (mut entries, mut seen, mut last) = (Vec::new(), 0, None);
    while let Some(row) = rows.next()? {
        seen += 1;
        if seen == PAGE {
            last = Some(row.get(0)?);
        }
        entries.extend(info(row)?);
    }
    Ok((entries, last))
}

/// Ends after its first error.
impl Iterator for Pages<'_> {
    type Item = Result<EntryInfo>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.page.next() {
                return Some(Ok(entry));
            }
            if self.is_last {
                return None;
            }
            if let Err(error) = self.turn() {
                self.is_last = true;
                return Some(Err(error));
            }
        }
    }
}
