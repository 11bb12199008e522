//! Connections, opened the way this store needs them.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use larder_core::{Error, Result};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::error::{at, explain};
use crate::options::SqliteOptions;
use crate::place::Place;
use crate::schema::{self, Header};

/// From how many bytes on the log is brought home into the database. That waits for the disk, and what changed often
/// meanwhile goes home once: at SQLite's own 4 MB, it is most of what many small puts cost.
const LOG_SIZE: u64 = 32 << 20;
/// The size of pages, which is SQLite's own.
const PAGE_SIZE: u64 = 4096;

/// One opening at a time: a file that is being made must not be opened by others.
static OPENING: Mutex<()> = Mutex::new(());

/// The first connection to a database: which is made where it is not, and refused where it is not larder's.
pub(crate) fn open_first(place: &Place, options: &SqliteOptions) -> Result<Connection> {
    let path = place.path();
    {
        let _alone = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
        place.make().map_err(|error| unmade(error, path))?;
    }
    refuse_foreign(place)?;
    let connection = open(path, options).map_err(|error| explain(error, path))?;
    schema::prepare(&connection, |error| explain(error, path)).map_err(|error| at(error, path))?;
    use_log(&connection, options).map_err(|error| explain(error, path))?;
    Ok(connection)
}

/// A further connection.
pub(crate) fn open(path: &Path, options: &SqliteOptions) -> rusqlite::Result<Connection> {
    // Whoever uses a connection has it for itself.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = {
        let _alone = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
        Connection::open_with_flags(path, flags)?
    };
    connection.busy_timeout(options.busy_timeout.0)?;
    // Otherwise SQLite plans a statement anew for each value that is looked for, at several times the cost of looking.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(32);
    connection.execute_batch(&format!(
        "PRAGMA synchronous = {}; PRAGMA cache_size = -{}; PRAGMA journal_size_limit = {LOG_SIZE};
         PRAGMA wal_autocheckpoint = {}; PRAGMA trusted_schema = OFF;",
        options.synchronous.as_str(),
        options.cache_size.0.div_ceil(1024),
        LOG_SIZE / PAGE_SIZE,
    ))?;
    Ok(connection)
}

/// Readers and a writer do not wait for each other: a property of the file, which stays.
fn use_log(connection: &Connection, options: &SqliteOptions) -> rusqlite::Result<()> {
    let start = Instant::now();
    loop {
        // Where others do the same, SQLite does not always wait for them by itself.
        match connection
            .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0))
        {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && start.elapsed() < options.busy_timeout.0 =>
            {
                std::thread::yield_now();
            }
            done => break done.map(drop)?,
        }
    }
    // The log and the memory shared with other processes are opened with the first look into the file.
    connection.pragma_query_value(None, "user_version", |_| Ok(()))
}

/// Looks into the file without a lock, a log or any other trace, and refuses what is surely not larder's. A look without
/// a lock may see anything of a file that another process is just making; by a second one that has become larder's.
fn refuse_foreign(place: &Place) -> Result<()> {
    peek(place).or_else(|_| peek(place))
}

fn peek(place: &Place) -> Result<()> {
    let path = place.path();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let found = Connection::open_with_flags(format!("file:{}?immutable=1", escape(path)), flags)
        .and_then(|connection| schema::header(&connection));
    let has = |path: &Path| path.metadata().is_ok_and(|metadata| metadata.len() > 0);
    match found {
        Ok(Header::Foreign) => Err(at(schema::foreign(), path)),
        // Everything is in the log yet. Ours says whose it is before there is a log.
        Ok(Header::Empty) if has(path) && has(&place.log()) => Err(at(schema::foreign(), path)),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
            Err(explain(error, path))
        }
        // Another process may be making it: who has locked it will see.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// A path as SQLite's URIs want it.
fn escape(path: &Path) -> String {
    let byte = |byte: &u8| match byte {
        b'/' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => {
            char::from(*byte).to_string()
        }
        other => format!("%{other:02x}"),
    };
    path.as_os_str().as_encoded_bytes().iter().map(byte).collect()
}

fn unmade(error: std::io::Error, path: &Path) -> Error {
    use std::io::ErrorKind::{AlreadyExists, NotADirectory};
    let error = match error.kind() {
        NotADirectory | AlreadyExists => {
            Error::invalid("no database can be made: a part of the path is a file")
                .with_source(error)
        }
        _ => error.into(),
    };
    at(error, path)
}
