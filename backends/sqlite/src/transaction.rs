//! All or nothing.

use rusqlite::Connection;

/// A transaction by prepared statements; undone unless it is committed.
pub(crate) struct Transaction<'c>(&'c Connection);

impl<'c> Transaction<'c> {
    /// One view of the database, for several reads.
    pub(crate) fn reading(connection: &'c Connection) -> rusqlite::Result<Self> {
        Self::begin(connection, "BEGIN")
    }

    /// The only one who writes. (A reader that turned writer would have to fail where somebody else was faster.)
    pub(crate) fn writing(connection: &'c Connection) -> rusqlite::Result<Self> {
        Self::begin(connection, "BEGIN IMMEDIATE")
    }

    fn begin(connection: &'c Connection, how: &str) -> rusqlite::Result<Self> {
        connection.prepare_cached(how)?.execute([])?;
        Ok(Self(connection))
    }

    pub(crate) fn commit(self) -> rusqlite::Result<()> {
        self.0.prepare_cached("COMMIT")?.execute([]).map(drop)
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        // After some errors SQLite has undone it already.
        if !self.0.is_autocommit()
            && let Err(error) = self.0.execute_batch("ROLLBACK")
        {
            tracing::warn!(%error, "cannot undo a transaction");
        }
    }
}
