//! The tables, and how those of older versions become those of this one.
//!
//! A lookup walks two trees: from the key to a row of `entries`, from there to the bytes. What `list`, `head` and `touch`
//! need is in the first, so they never come near a value; and a value is in a table with row ids, which is what makes
//! it readable in parts and fast when it is large.

use larder_core::{Error, Result};
use rusqlite::Connection;

/// `SQLite format 3` files say in their header whose they are: "lrdr".
pub(crate) const APPLICATION_ID: i32 = 0x6c72_6472;

/// One step for each version, in order: the first makes the tables, each later one changes what the one before left.
const STEPS: &[&str] = &["
    CREATE TABLE entries (
        key TEXT PRIMARY KEY NOT NULL,
        first INTEGER NOT NULL,  -- the row in blobs where the value begins
        count INTEGER NOT NULL,  -- how many rows it has there, one after another
        size INTEGER NOT NULL,   -- bytes in all
        used INTEGER NOT NULL    -- the last use, in milliseconds since 1970
    ) WITHOUT ROWID;
    CREATE TABLE blobs (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
    CREATE TRIGGER entry_deleted AFTER DELETE ON entries BEGIN
        DELETE FROM blobs WHERE id >= old.first AND id < old.first + old.count;
    END;
"];

/// What the header of a database says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Header {
    /// Nothing is in it yet.
    Empty,
    /// A store of larder's, whose tables are of this version.
    Ours(usize),
    /// Somebody else's database.
    Foreign,
}

/// One statement sees one state: between two, somebody else may make the tables.
const HEADER: &str = "
    SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master)
    FROM pragma_application_id, pragma_user_version
";

pub(crate) fn header(connection: &Connection) -> rusqlite::Result<Header> {
    let found: (i32, i32, i64) =
        connection.query_row(HEADER, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(match found {
        (APPLICATION_ID, version, _) => Header::Ours(usize::try_from(version).unwrap_or(0)),
        (0, 0, 0) => Header::Empty,
        _ => Header::Foreign,
    })
}

/// Makes the tables, or brings them up to date. Others may do the same at the same time.
pub(crate) fn prepare(
    connection: &Connection,
    explain: impl Fn(rusqlite::Error) -> Error,
) -> Result<()> {
    bring_to(connection, STEPS, explain)
}

fn bring_to(
    connection: &Connection,
    steps: &[&str],
    explain: impl Fn(rusqlite::Error) -> Error,
) -> Result<()> {
    if is_current(header(connection).map_err(&explain)?, steps.len())? {
        return Ok(());
    }
    let all = || -> rusqlite::Result<Result<()>> {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        // Somebody else may have been faster.
        let found = header(connection)?;
        match is_current(found, steps.len()) {
            Ok(false) => {}
            done => return Ok(done.map(drop)),
        }
        let done = if let Header::Ours(version) = found { version } else { 0 };
        steps[done..].iter().try_for_each(|step| connection.execute_batch(step))?;
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.pragma_update(None, "user_version", steps.len() as i64)?;
        Ok(Ok(()))
    };
    let done = all();
    let end = if matches!(done, Ok(Ok(()))) { "COMMIT" } else { "ROLLBACK" };
    let ended = if connection.is_autocommit() { Ok(()) } else { connection.execute_batch(end) };
    done.map_err(&explain)??;
    ended.map_err(explain)
}

/// Whether there is nothing to do.
fn is_current(header: Header, latest: usize) -> Result<bool> {
    match header {
        Header::Ours(version) if version > latest => Err(Error::invalid(format!(
            "the database is of version {version}, made by a newer larder, and this one knows versions up to {latest}: \
             use the newer one, or another file"
        ))),
        Header::Ours(version) => Ok(version == latest),
        Header::Empty => Ok(false),
        Header::Foreign => Err(foreign()),
    }
}

/// Somebody else's database.
pub(crate) fn foreign() -> Error {
    Error::invalid(
        "the database is another program's, and stays as it is: want a file of larder's own",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(error: rusqlite::Error) -> Error {
        Error::invalid("SQLite").with_source(error)
    }

    #[test]
    fn tables_of_an_older_version_are_brought_up_to_date() {
        let connection = Connection::open_in_memory().unwrap();
        prepare(&connection, failed).unwrap();
        let entry = "INSERT INTO entries VALUES ('a', 1, 1, 1, 1)";
        connection.execute_batch(entry).unwrap();
        let newer = [STEPS[0], "ALTER TABLE entries ADD COLUMN cost INTEGER DEFAULT 7"];
        for _first_and_again in 0..2 {
            bring_to(&connection, &newer, failed).unwrap();
            assert_eq!(header(&connection).unwrap(), Header::Ours(2));
        }
        let cost = connection.query_row("SELECT cost FROM entries", [], |row| row.get(0));
        assert_eq!(cost, Ok(7));

        let error = prepare(&connection, failed).unwrap_err();
        assert!(error.to_string().contains("version 2, made by a newer larder"), "{error}");
    }

    #[test]
    fn a_step_that_fails_leaves_everything_as_it_was() {
        let connection = Connection::open_in_memory().unwrap();
        prepare(&connection, failed).unwrap();
        let broken = [STEPS[0], "CREATE TABLE more (a); CREATE TABLE more (a)"];
        assert!(bring_to(&connection, &broken, failed).is_err());
        assert!(connection.is_autocommit());
        assert_eq!(header(&connection).unwrap(), Header::Ours(1));
        assert!(connection.query_row("SELECT * FROM more", [], |_| Ok(())).is_err());
    }
}
